package gsql

import (
	"context"
	"maps"
	"slices"

	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql"
	"gsql/storage/memory"
)

// relation is what a name stands for that is not one of a file in the DB's folder: a view, a table in memory, an external table
// or a sequence. It is immutable, but for the number of a sequence.
type relation struct {
	view     *sql.View
	table    *memory.Table
	external *externalTable
	sequence *sequence
	uses     []relationKey // what the view's query was made of
	// usesTypes are the types that the view's query names.
	usesTypes []*types.Named
}

// relationKey is the place of a relation: its schema, as that is called, and its name.
type relationKey struct{ schema, name string }

// temporary reports whether the relation is one of the session.
func (k relationKey) temporary() bool { return k.schema == temporarySchema }

// String is how messages write the key: with the schema where it is not the usual one.
func (k relationKey) String() string {
	if k.schema == sharedSchema || k.temporary() {
		return k.name
	}
	return k.schema + "." + k.name
}

// kind is the word of messages for the kind of a relation.
func (r *relation) kind() string {
	switch {
	case r.view != nil:
		return "view"
	case r.sequence != nil:
		return "sequence"
	}
	return "table"
}

// relations are the relations of a session (the temporary ones) or of a DB at one moment, with the DB's schemas and what
// comments say of all of them. They are immutable: who changes them makes others.
type relations struct {
	byKey    map[relationKey]*relation
	schemas  map[string]bool       // made by CREATE SCHEMA
	comments map[commentKey]string // also on what is not one of the relations
	types    map[relationKey]*userType
}

func noRelations() *relations { return &relations{byKey: map[relationKey]*relation{}} }

// noTemporary are the temporary relations of a session without any.
var noTemporary = noRelations()

func (r *relations) isEmpty() bool {
	return len(r.byKey) == 0 && len(r.schemas) == 0 && len(r.comments) == 0 && len(r.types) == 0
}

// with returns the relations with another one at a place, or with none, which has no comments.
func (r *relations) with(key relationKey, rel *relation) *relations {
	out := *r
	out.byKey = maps.Clone(r.byKey)
	if rel == nil {
		gone := []relationKey{key}
		if old := r.byKey[key]; old != nil && old.table != nil {
			for _, k := range old.table.Keys {
				gone = append(gone, relationKey{key.schema, k.Name})
			}
		}
		delete(out.byKey, key)
		return out.withoutComments(gone)
	}
	out.byKey[key] = rel
	return &out
}

// state is what the statements of a session see.
type state struct{ temporary, shared *relations }

func (s state) of(temporary bool) *relations {
	if temporary {
		return s.temporary
	}
	return s.shared
}

// get returns the relation at a place, nil if there is none.
func (s state) get(k relationKey) *relation { return s.of(k.temporary()).byKey[k] }

// dependents returns the views that use a relation, directly or through others.
func (s state) dependents(k relationKey) (out []relationKey) {
	for _, temporary := range []bool{true, false} {
		for key, r := range s.of(temporary).byKey {
			if slices.Contains(r.uses, k) {
				out = append(out, key)
			}
		}
	}
	return out
}

// owner names the column that a sequence goes with, "" if there is none.
func (s state) owner(k relationKey) string {
	for table, r := range s.of(k.temporary()).byKey {
		if r.table == nil || table.schema != k.schema {
			continue
		}
		for _, c := range r.table.Columns {
			if c.Sequence == k.name {
				return "column " + c.Name + " of table " + table.String()
			}
		}
	}
	return ""
}

// The schemas that relations can be in.
const (
	sharedSchema    = "public"
	temporarySchema = "pg_temp"
)

// change is a change of relations. It is made when it is known, so that the statements that follow see it, and once more
// when the transaction commits, if others have changed the DB's relations meanwhile.
type change struct {
	key       relationKey // of what newReplace replaces
	temporary bool
	apply     func(*relations) (*relations, error)
	tables    []*memory.Identity // whose rows it changes
	held      *mem.Reservation   // of rows that become the last table's; nil: none
	created   *memory.Identity   // that it makes; nil: none
	appended  *appended          // what it does, if that is no more than adding rows
	schema    string             // made by CREATE SCHEMA that must be there; "" for none
	typ       *userType          // that it makes, or makes of another; nil: none
	needs     []*types.Named     // types that must be there
}

// appended is the adding of rows to a table.
type appended struct {
	key    relationKey
	chunks []*memory.Chunk
}

// newAppend returns the change that adds rows to a table, which held has memory for.
func newAppend(key relationKey, t *memory.Table, chunks []*memory.Chunk, held *mem.Reservation) *change {
	c := &change{temporary: key.temporary(), tables: []*memory.Identity{t.Identity}, held: held, appended: &appended{key, chunks}}
	c.apply = func(r *relations) (*relations, error) {
		now, err := sameTable(r, key, t)
		if err != nil {
			return nil, err
		}
		next := now.Append(c.appended.chunks...)
		if err := next.Check(context.Background(), now, false); err != nil {
			return nil, err
		}
		return r.with(key, &relation{table: next}), nil
	}
	return c
}

// sameTable returns what a table has become, unless it is gone or has other columns.
func sameTable(r *relations, key relationKey, t *memory.Table) (*memory.Table, error) {
	rel := r.byKey[key]
	if rel == nil || rel.table == nil || rel.table.Identity != t.Identity || len(rel.table.Columns) != len(t.Columns) ||
		len(t.Columns) > 0 && &rel.table.Columns[0] != &t.Columns[0] {
		return nil, sqlstate.New(sqlstate.SerializationFailure, "could not serialize access due to concurrent update").
			WithDetail("Table \"%s\" was dropped or altered by another session.", t.Name).WithHint("Run the transaction again.")
	}
	return rel.table, nil
}

// newUpdate returns the change that makes another table of one.
func newUpdate(key relationKey, t *memory.Table, held *mem.Reservation, update func(*memory.Table) (*memory.Table, error)) *change {
	return &change{temporary: key.temporary(), tables: []*memory.Identity{t.Identity}, held: held, apply: func(r *relations) (*relations, error) {
		now, err := sameTable(r, key, t)
		if err != nil {
			return nil, err
		}
		next, err := update(now)
		if err != nil {
			return nil, err
		}
		if err := next.Check(context.Background(), now, false); err != nil {
			return nil, err
		}
		return r.with(key, &relation{table: next}), nil
	}}
}

// newReplace returns the change that puts a relation, or none, in the place of the one that is there.
func newReplace(key relationKey, before, after *relation) *change {
	c := &change{key: key, temporary: key.temporary()}
	if after != nil {
		c.schema = key.schema
	}
	c.apply = func(r *relations) (*relations, error) {
		if now := r.byKey[key]; now != before && !sameIdentity(now, before) {
			if before == nil {
				return nil, duplicateRelation(key.name)
			}
			return nil, sqlstate.New(sqlstate.SerializationFailure, "could not serialize access due to concurrent update").
				WithDetail("\"%s\" was changed by another session.", key.name).WithHint("Run the transaction again.")
		}
		if before != nil && before.view == nil { // a table in the place of another one
			r = r.with(key, nil)
		}
		return r.with(key, after), nil
	}
	if before != nil && before.table != nil {
		c.tables = append(c.tables, before.table.Identity)
	}
	if after != nil && after.table != nil {
		c.needs = typesOfColumns(after.table.Columns)
		c.tables = append(c.tables, after.table.Identity)
	}
	return c
}

// sameIdentity reports whether two relations are states of one table.
func sameIdentity(a, b *relation) bool {
	return a != nil && b != nil && a.table != nil && b.table != nil && a.table.Identity == b.table.Identity
}

func duplicateRelation(name string) *sqlstate.Error {
	return sqlstate.New(sqlstate.DuplicateTable, "relation \"%s\" already exists", name)
}

// seen returns what the session's statements see now: what is committed, with the transaction's own changes. The
// session's lock is held.
func (s *Session) seen() (state, error) {
	base := state{s.temporary, s.committed()}
	tx := &s.tx
	if len(tx.changes) == 0 {
		return base, nil
	}
	if tx.base != base || tx.applied > len(tx.changes) {
		tx.base, tx.now, tx.applied = base, base, 0
	}
	for ; tx.applied < len(tx.changes); tx.applied++ {
		next, err := tx.changes[tx.applied].in(tx.now)
		if err != nil {
			return state{}, err
		}
		tx.now = next
	}
	return tx.now, nil
}

// in makes the change.
func (c *change) in(s state) (state, error) {
	if c.schema != "" && !s.shared.schemas[c.schema] {
		return state{}, sqlstate.New(sqlstate.InvalidSchemaName, "schema \"%s\" does not exist", c.schema)
	}
	if err := s.haveTypes(c.needs); err != nil {
		return state{}, err
	}
	r, err := c.apply(s.of(c.temporary))
	if err != nil {
		return state{}, err
	}
	if c.temporary {
		s.temporary = r
	} else {
		s.shared = r
	}
	return s, nil
}

// state returns what a statement of the session sees.
func (s *Session) state() (state, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen()
}

// change makes changes, all or none: at once outside of a transaction, else when it commits.
func (s *Session) change(changes ...*change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.tx.changes)
	now, err := s.seen()
	if err != nil {
		return err
	}
	for _, c := range changes {
		if !now.shared.schemas[c.schema] {
			c.schema = "" // it is one that does not go
		}
		if !s.joinAppend(c) {
			s.tx.changes = append(s.tx.changes, c)
		}
	}
	_, err = s.seen()
	if err == nil && len(s.tx.points) == 0 {
		err = s.commit()
	}
	if err != nil {
		s.undo(n)
	}
	return err
}

// joinAppend adds the rows that c adds to those that the last change adds, if there is no savepoint between them: a
// transaction may insert many rows one by one.
func (s *Session) joinAppend(c *change) bool {
	n := len(s.tx.changes)
	if c.appended == nil || n == 0 || len(s.tx.points) == 0 || n <= s.tx.points[len(s.tx.points)-1].changes {
		return false
	}
	last := s.tx.changes[n-1]
	if last.appended == nil || last.tables[0] != c.tables[0] || last.appended.key != c.appended.key {
		return false
	}
	seen, err := s.seen()
	if err != nil {
		return false
	}
	next, err := c.in(seen)
	if err != nil {
		return false
	}
	c.held.Move(c.held.Bytes(), last.held)
	c.held.Release()
	last.appended.chunks = memory.Merge(append(last.appended.chunks, c.appended.chunks...))
	s.tx.now = next
	return true
}

// commit makes the transaction's changes everybody's, and sends its notifications. The session's lock is held.
func (s *Session) commit() error {
	if len(s.tx.listening) == 0 && len(s.tx.notes.list) == 0 {
		return s.commitRelations()
	}
	return s.db.channels.commit(s, s.commitRelations)
}

// commitRelations makes the changes of tables and views everybody's.
func (s *Session) commitRelations() error {
	if len(s.tx.changes) == 0 {
		return nil
	}
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	if err := s.mayCommit(); err != nil {
		return err
	}
	s.tx.snapshot = nil
	for _, c := range s.tx.changes {
		if c.appended != nil && s.lockedByOther(c.tables[0]) {
			s.tx.base = state{} // somebody relies on chunks that may have been put together with the new ones since
		}
	}
	now, err := s.seen()
	if err != nil {
		return err
	}
	if err := s.checkDeferred(now); err != nil {
		return err
	}
	if s.temporary = now.temporary; s.temporary.isEmpty() {
		s.temporary = noTemporary
	}
	if s.db.shared.Swap(now.shared) != now.shared {
		s.db.statements.forgetBound()
	}
	for _, c := range s.tx.changes {
		c.settle(now)
		if c.typ != nil {
			c.typ.typ.Def.Named.Change(c.typ.state)
		}
	}
	s.tx.changes = nil
	s.tx.base, s.tx.now = state{}, state{}
	return nil
}

// checkDeferred checks the keys of changed tables that are to be checked when a transaction commits.
func (s *Session) checkDeferred(now state) error {
	for _, both := range [][2]*relations{{s.temporary, now.temporary}, {s.db.shared.Load(), now.shared}} {
		for key, r := range both[1].byKey {
			if r.table == nil || !r.table.HasDeferred() || both[0].byKey[key] == r {
				continue
			}
			var before *memory.Table
			if sameIdentity(both[0].byKey[key], r) {
				before = both[0].byKey[key].table
			}
			if err := r.table.Check(context.Background(), before, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle gives the memory that a committed change has reserved to its table, and back what the table does not need.
func (c *change) settle(now state) {
	if c.held != nil {
		c.held.Move(c.held.Bytes(), c.tables[len(c.tables)-1].Memory)
		c.held.Release()
	}
	for _, t := range c.tables {
		settleTable(t, now.of(c.temporary))
	}
}

func settleTable(t *memory.Identity, now *relations) {
	for _, r := range now.byKey {
		if r.table != nil && r.table.Identity == t {
			_ = t.Memory.Resize(r.table.Bytes()) // which is not more, but for what putting chunks together rounds
			return
		}
	}
	t.Memory.Release()
}

// undo forgets the changes from the n-th on. The session's lock is held.
func (s *Session) undo(n int) {
	for _, c := range s.tx.changes[min(n, len(s.tx.changes)):] {
		c.held.Release()
		if c.created != nil {
			c.created.Memory.Release()
		}
	}
	s.tx.changes = s.tx.changes[:min(n, len(s.tx.changes))]
	s.tx.base, s.tx.now = state{}, state{}
}
