package catalog

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"gsql/exec"
	"gsql/exec/types"
)

// Source is the database that a snapshot shows.
type Source interface {
	// Relations returns the tables, views and composite types but those of this package. It opens no files.
	Relations(ctx context.Context) ([]*Relation, error)
	// Types returns the types that statements made.
	Types() []*UserType
	// Schemas returns the names of schemas, also of those that have no relations. Those of PostgreSQL may be missing.
	Schemas() []string
	// Comments returns what comments say of other things than relations.
	Comments() []Comment
	// Settings returns the run-time parameters of the session.
	Settings() []Setting
	// Activity returns the sessions that are known.
	Activity() []Activity
	// Prepared and Cursors return the session's own.
	Prepared() []Prepared
	Cursors() []Cursor
	// Set changes a setting, as set_config does.
	Set(name, value string, local bool) (string, error)
	// Peer returns the client's address and port, "" for one on the server's machine.
	Peer() (string, int32)
	// Cancel ends the running query of a session, as pg_cancel_backend does; with terminate, the session itself.
	Cancel(pid int64, terminate bool) bool
	// Notify sends a notification when the transaction commits, Channels lists what the session listens to, and
	// QueueUsage tells how full the queue of notifications is, 1 being full.
	Notify(channel, payload string) error
	Channels() []string
	QueueUsage() float64
}

// Relation is a table or a view.
type Relation struct {
	Schema, Name string
	View         bool
	Temporary    bool
	Writable     bool   // rows can be added
	Definition   string // of a view, its query
	// Columns returns the columns, which may take opening files; it is called once, when they are asked for.
	Columns func(ctx context.Context) (exec.Schema, error)
	// Size returns the bytes of the files or of the memory, which may take looking at each file; nil: none.
	Size func(ctx context.Context) (int64, error)
	// Rows returns the number of rows where it is known; nil: it is not.
	Rows func() float64
	// Details has more about the columns, in their order; nil: nothing.
	Details []Detail
	// Keys and Checks are a table's constraints.
	Keys   []Key
	Checks []Check
	// Sequence is what a sequence is; nil: it is none.
	Sequence *Sequence
	Comment  string // "" if none
	// Composite is the type that a relation without rows is; nil: it is none.
	Composite *types.Named
	// ColumnComments are the comments on columns by their names.
	ColumnComments map[string]string

	index                  *index // what an index is; nil: it is none
	oid, rowType, rowArray uint32
	system                 *relation // of this package
	columns                func() exec.Schema
	size                   func() int64
}

// Detail is what a table has declared of a column.
type Detail struct {
	NotNull  bool
	Default  string // an expression; "" for none
	Sequence string // the sequence that the default takes numbers from; "" for none
	Identity string // pg_attribute.attidentity
}

// detail returns what is declared of column i.
func (r *Relation) detail(i int) Detail {
	switch {
	case r.system != nil:
		return Detail{NotNull: r.system.notNull[i]}
	case i < len(r.Details):
		return r.Details[i]
	}
	return Detail{}
}

// Prepared is a prepared statement of the session.
type Prepared struct {
	Name, Statement string
	Parameters      []types.Type
}

// Cursor is a cursor of the session.
type Cursor struct {
	Name                         string
	Holdable, Binary, Scrollable bool
}

// Setting is a run-time parameter as pg_settings shows it. What PostgreSQL says of it besides comes from its own list.
type Setting struct {
	Name, Value, Reset string
	Changed            bool // in the session
	Internal           bool // cannot be changed
}

// Activity is a session as pg_stat_activity shows it.
type Activity struct {
	PID                         int64
	Database, User, Application string
	Client                      string // address, empty for a local one
	Port                        int32
	Started, TransactionStarted time.Time // zero: not known, or none
	QueryStarted, Changed       time.Time
	State, Query                string
}

// active reports whether a query runs.
func (a Activity) active() bool { return a.State == "active" }

// Session is what a snapshot has to know of the session it is made for.
type Session struct {
	User, Database string
	PID            int64
	Started        time.Time // of the server
	SearchPath     string    // as the setting has it
	// Sequences has the numbers of sequences; nil: there are none.
	Sequences Sequences
}

// Snapshot is the catalog as one statement sees it. It is safe for concurrent use.
type Snapshot struct {
	Session
	ctx    context.Context
	source Source

	loading, splitting sync.Once
	found              *objects
	path               []string // schemas in which names are looked up, in order

	describe  sync.Once
	described []description
	comments  map[described]string
}

// objects are the relations by what they are found by.
type objects struct {
	err       error
	relations []*Relation // those of the database first
	user      []*Relation // those of the database
	types     []*UserType
	typesBy   map[typeKey]*UserType
	byOID     map[uint32]*Relation
	byRowType map[uint32]*Relation
	byName    map[qualified]*Relation
	schemas   []*Schema
}

type qualified struct{ schema, name string }

// New returns the snapshot of a source for a statement of a session. It reads nothing yet.
func New(ctx context.Context, source Source, session Session) *Snapshot {
	return &Snapshot{Session: session, ctx: ctx, source: source}
}

func (s *Snapshot) objects() *objects {
	s.loading.Do(func() { s.found = s.load() })
	return s.found
}

// load lists the relations and numbers them.
func (s *Snapshot) load() *objects {
	o := &objects{byOID: map[uint32]*Relation{}, byRowType: map[uint32]*Relation{}, byName: map[qualified]*Relation{}}
	for _, r := range systemRelations() {
		o.add(r)
	}
	list, err := s.source.Relations(s.ctx)
	if err != nil {
		o.err = err
		return o
	}
	made := s.source.Types()
	slices.SortFunc(made, func(a, b *UserType) int {
		return cmp.Or(cmp.Compare(a.State.Schema, b.State.Schema), cmp.Compare(a.State.Name, b.State.Name))
	})
	o.addTypes(made)
	slices.SortStableFunc(list, func(a, b *Relation) int {
		return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Name, b.Name))
	})
	numbers := newNumbers()
	for _, u := range o.types {
		n := u.named()
		numbers.taken[n.OID], numbers.taken[n.Array], numbers.taken[n.Class] = true, true, true
	}
	for _, r := range list {
		if o.byName[qualified{r.Schema, r.Name}] != nil {
			continue // two files of one name, of which neither can be said without its ending
		}
		if c := r.Composite; c != nil {
			r.oid, r.rowType, r.rowArray = c.Class, c.OID, c.Array
		} else {
			r.oid = numbers.next("relation", r.Schema, r.Name)
			r.rowType = numbers.next("type", r.Schema, r.Name)
			r.rowArray = numbers.next("type", r.Schema, "_"+r.Name)
		}
		r.columns = sync.OnceValue(func() exec.Schema {
			cols, err := r.Columns(s.ctx)
			if err != nil {
				return nil // a file that cannot be read has no columns; the others are to be seen still
			}
			return cols
		})
		r.size = sync.OnceValue(func() int64 {
			if r.Size == nil {
				return 0
			}
			n, err := r.Size(s.ctx)
			if err != nil {
				return 0
			}
			return n
		})
		if r.Sequence != nil {
			r.rowType, r.rowArray = 0, 0
		}
		o.add(r)
		o.user = append(o.user, r)
		for _, x := range r.indexes(numbers) {
			o.add(x)
			o.user = append(o.user, x)
		}
	}
	names := s.source.Schemas()
	for _, u := range o.types {
		names = append(names, u.State.Schema)
	}
	o.schemas = schemasOf(names, o.user, numbers)
	o.relations = slices.Concat(o.user, systemRelations())
	return o
}

func (o *objects) add(r *Relation) {
	o.byOID[r.oid] = r
	if r.rowType != 0 {
		o.byRowType[r.rowType] = r
	}
	o.byName[qualified{r.Schema, r.Name}] = r
}

// Schema is a namespace.
type Schema struct {
	oid  uint32
	name string
}

// The schemas that are always there, by PostgreSQL's OIDs.
const (
	pgCatalogOID         = 11
	pgToastOID           = 99
	publicOID            = 2200
	informationSchemaOID = 13207
)

func schemasOf(names []string, relations []*Relation, numbers *numbers) []*Schema {
	list := []*Schema{{pgCatalogOID, "pg_catalog"}, {pgToastOID, "pg_toast"}, {publicOID, "public"}, {informationSchemaOID, "information_schema"}}
	known := map[string]bool{}
	for _, s := range list {
		known[s.name] = true
	}
	for _, r := range relations {
		names = append(names, r.Schema)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if !known[name] {
			list = append(list, &Schema{numbers.next("schema", name, ""), name})
		}
	}
	return list
}

func (o *objects) schema(name string) *Schema {
	for _, s := range o.schemas {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (o *objects) schemaOID(name string) uint32 {
	if s := o.schema(name); s != nil {
		return s.oid
	}
	return 0
}

// bytes returns the size of a relation's files.
func (r *Relation) bytes() int64 {
	if r.size == nil {
		return 0
	}
	return r.size()
}

// kind is pg_class.relkind.
func (r *Relation) kind() string {
	switch {
	case r.View:
		return "v"
	case r.Sequence != nil:
		return "S"
	case r.index != nil:
		return "i"
	case r.Composite != nil:
		return "c"
	}
	return "r"
}

// isTable reports whether a relation is a table with rows.
func (r *Relation) isTable() bool { return r.kind() == "r" }

// inSchema reports whether information_schema has a relation among its tables.
func (r *Relation) inSchema() bool { return r.isTable() || r.View }
