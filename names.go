package gsql

import (
	"context"
	"slices"
	"strings"

	"gsql/catalog"
	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage"
)

// tables finds what names stand for: the tables of pg_catalog and information_schema, views, tables in memory and external
// ones, those in files and, where there is none of a name, the tables that tell of the DB itself. Names without a schema are
// looked up in search_path. It serves one statement.
type tables struct {
	*storage.Catalog
	db      *DB
	state   state
	schemas []string      // of search_path
	user    string        // whose name is one of schemas, mostly, and mostly that of no schema
	used    []relationKey // that were asked for and are there
	direct  []relationKey // those of used that the statement names itself, not in a view
	outside bool          // what is not in state was asked for, such as a file
	// usedTypes are the types that the statement names itself, not in a view.
	usedTypes []*types.Named

	views  []*viewScope            // around the names that are looked up now, the innermost last
	places map[string]*schemaPlace // by the name that was asked for; nil: there is none
	opened map[string]exec.Table   // tables in files, by where they were found
	own    *bool                   // see ownSchema
}

// viewScope is what names in a view mean: what they meant when the view was made. Those without a schema are of the relations
// that it used then, or of files.
type viewScope struct{ uses []relationKey }

// schemaPlace is where the tables of a schema are.
type schemaPlace struct {
	name   string // as relations have it
	files  bool   // there are tables in files
	folder string // that has them; "" for the DB's own
}

// meaning is what a name was found to stand for: at most one of its fields is set.
type meaning struct {
	system   exec.Table // of the catalog
	relation *relation
	key      relationKey    // of relation, or of entry
	entry    *storage.Entry // a table in files
	last     *schemaPlace   // a schema in which a table in files may be, if anywhere
}

// namesIn finds what names stand for in a state, for statements that are no queries.
func (s *Session) namesIn(st state) *tables {
	path, _ := s.Setting("search_path")
	s.mu.Lock()
	user := s.user
	s.mu.Unlock()
	return newTables(s.db, st, catalog.SearchPath(path, user), user)
}

func newTables(db *DB, st state, path []string, user string) *tables {
	return &tables{Catalog: db.catalog, db: db, state: st, schemas: path, user: user, places: map[string]*schemaPlace{}, opened: map[string]exec.Table{}}
}

// uses notes that a relation was asked for.
func (c *tables) uses(key relationKey) {
	if !slices.Contains(c.used, key) {
		c.used = append(c.used, key)
	}
	if len(c.views) == 0 && !slices.Contains(c.direct, key) {
		c.direct = append(c.direct, key)
	}
}

// schema finds a schema that relations and files can be in, nil if there is none of the name.
func (c *tables) schema(name string) (*schemaPlace, error) {
	if p, ok := c.places[name]; ok {
		return p, nil
	}
	p, err := c.findSchema(name)
	if err == nil {
		c.places[name] = p
	}
	return p, err
}

func (c *tables) findSchema(name string) (*schemaPlace, error) {
	switch {
	case name == sharedSchema:
		return &schemaPlace{name: name, files: true}, nil
	case name == temporarySchema:
		return &schemaPlace{name: name}, nil
	case catalog.IsSystemSchema(name):
		return nil, nil
	}
	folder, ok, err := c.Schema(name)
	if c.state.shared.schemas[name] { // a folder of the same name has tables as well
		return &schemaPlace{name: name, files: ok && err == nil && folder == name, folder: folder}, nil
	}
	if !ok || err != nil {
		return nil, err
	}
	return &schemaPlace{name: folder, files: true, folder: folder}, nil
}

// ownSchema reports whether there is a schema of the user's name, which is written as it is. It lists no folder, since search_path
// has the name in it unless told otherwise.
func (c *tables) ownSchema() bool {
	if c.own == nil {
		own := c.state.shared.schemas[c.user] || c.HasSchema(c.user)
		c.own = &own
	}
	return *c.own
}

// find finds what a name stands for. A table in files of the last schema that can have it is not looked for.
func (c *tables) find(name exec.Name) (meaning, error) {
	if name.File {
		return meaning{}, nil
	}
	schemas := []string{name.Schema}
	if name.Schema == "" {
		schemas = c.schemas
	}
	for i, s := range schemas {
		if t, ok := catalog.Lookup(s, name.Table); ok && s != "" {
			return meaning{system: t}, nil
		}
		if name.Schema == "" && s == c.user && !c.ownSchema() {
			continue
		}
		p, err := c.schema(s)
		if err != nil {
			return meaning{}, err
		}
		if p == nil {
			continue
		}
		if key, r := c.relationIn(p, name); r != nil {
			return meaning{key: key, relation: r}, nil
		}
		switch {
		case !p.files:
		case i == len(schemas)-1:
			return meaning{last: p}, nil
		default:
			c.outside = true // other files may be there later
			e, ok, err := c.Entry(p.folder, name.Table)
			if err != nil || ok {
				return meaning{key: relationKey{p.name, e.Name}, entry: &e}, err
			}
		}
	}
	return meaning{}, nil
}

// relationIn returns the relation of a schema that a name stands for.
func (c *tables) relationIn(p *schemaPlace, name exec.Name) (relationKey, *relation) {
	key := relationKey{p.name, name.Table}
	if n := len(c.views); n > 0 && name.Schema == "" && !slices.Contains(c.views[n-1].uses, key) {
		return key, nil // it was made later than the view
	}
	return key, c.state.get(key)
}

// lookup is find for statements about relations: it finds tables in files as well.
func (c *tables) lookup(n syntax.QualifiedName) (meaning, error) {
	x, err := c.find(execName(n))
	if err != nil || x.last == nil {
		return x, err
	}
	e, ok, err := c.Entry(x.last.folder, n.Name)
	if err != nil || !ok {
		return meaning{}, err
	}
	return meaning{key: relationKey{x.last.name, e.Name}, entry: &e}, nil
}

// Table finds a table by name or path.
func (c *tables) Table(ctx context.Context, name exec.Name) (exec.Table, error) {
	x, err := c.find(name)
	switch {
	case err != nil:
		return nil, err
	case x.system != nil:
		return x.system, nil
	case x.relation != nil && x.relation.table != nil:
		c.uses(x.key)
		return x.relation.table, nil
	case x.relation != nil && x.relation.sequence != nil:
		c.uses(x.key)
		return x.relation.sequence.table(c.db, x.key.name), nil
	case x.relation != nil && x.relation.external != nil:
		c.uses(x.key)
		return c.externalTable(ctx, x.key, x.relation.external)
	}
	c.outside = true
	where := "file\x00" + name.Table
	if !name.File {
		where = "name\x00" + name.Schema + "\x00" + strings.Join(c.schemas, "\x00") + "\x00" + name.Table
	}
	if t := c.opened[where]; t != nil {
		return t, nil
	}
	t, err := c.fileTable(ctx, name, x)
	if err == nil {
		c.opened[where] = t
	}
	return t, err
}

// fileTable returns the table in files that a name stands for, or one of those that tell of the DB itself.
func (c *tables) fileTable(ctx context.Context, name exec.Name, x meaning) (exec.Table, error) {
	if x.last != nil {
		if e, ok, err := c.Entry(x.last.folder, name.Table); err != nil {
			return nil, err
		} else if ok {
			x.entry = &e
		}
	}
	if x.entry != nil {
		return c.Open(ctx, *x.entry)
	}
	if name.Schema == "" && !name.File && !slices.Contains(c.schemas, sharedSchema) {
		err := c.NoTable(name.Table)
		if is, _ := c.Has("", name.Table); is {
			err = sqlstate.New(sqlstate.UndefinedTable, "relation \"%s\" does not exist", name.Table).
				WithHint("It is in schema public, which is not in search_path.")
		}
		return c.systemTable(name, err)
	}
	t, err := c.Catalog.Table(ctx, name) // it may be a path
	if err == nil {
		return t, nil
	}
	return c.systemTable(name, err)
}

// systemTable returns the table that tells of the DB itself by a name that is none of another, or err.
func (c *tables) systemTable(name exec.Name, err error) (exec.Table, error) {
	if err != nil && sqlstate.Of(err) == sqlstate.UndefinedTable && (name.Schema == "" || name.Schema == "pg_catalog") && !name.File {
		if s := systemTables[strings.ToLower(name.Table)]; s != nil {
			return &systemTable{s, c.db}, nil
		}
	}
	return nil, err
}

// TableFunction finds a table function, most of which read files.
func (c *tables) TableFunction(ctx context.Context, name string, args []exec.Arg) (exec.Table, error) {
	c.outside = true
	return c.Catalog.TableFunction(ctx, name, args)
}

// view returns the definition of a view.
func (c *tables) view(name exec.Name) (*sql.View, bool) {
	x, err := c.find(name)
	if err != nil || x.relation == nil || x.relation.view == nil {
		return nil, false
	}
	c.uses(x.key)
	return x.relation.view, true
}

// within looks names up as they are meant in a view until what it returns is called.
func (c *tables) within(v *sql.View) (end func()) {
	path := c.schemas
	c.schemas = v.Path
	scope, _ := v.Scope.(*viewScope)
	c.views = append(c.views, scope)
	return func() {
		c.schemas = path
		c.views = c.views[:len(c.views)-1]
	}
}

// creationSchema is the schema in which relations are made whose names have none: the first in search_path that is there.
func (s *Session) creationSchema(c *tables, n syntax.QualifiedName) (string, error) {
	path, _ := s.Setting("search_path")
	for _, name := range catalog.SplitNames(path) {
		if name == "$user" {
			if name = c.user; !c.ownSchema() {
				continue
			}
		}
		if catalog.IsSystemSchema(name) {
			return name, nil
		}
		p, err := c.schema(name)
		if err != nil {
			return "", err
		}
		if p != nil {
			return p.name, nil
		}
	}
	return "", sqlstate.New(sqlstate.InvalidSchemaName, "no schema has been selected to create in").At(n.Pos)
}

// newKey returns where a relation of a name goes that is to be made.
func (s *Session) newKey(st state, n syntax.QualifiedName, temporary bool) (relationKey, error) {
	c := s.namesIn(st)
	schema := n.Schema
	switch {
	case schema == "" && temporary:
		schema = temporarySchema
	case schema == "":
		var err error
		if schema, err = s.creationSchema(c, n); err != nil {
			return relationKey{}, err
		}
	}
	if catalog.IsSystemSchema(schema) {
		return relationKey{}, sqlstate.New(sqlstate.InsufficientPrivilege, "permission denied to create \"%s.%s\"", schema, n.Name).
			WithDetail("System catalog modifications are currently disallowed.")
	}
	p, err := c.schema(schema)
	switch {
	case err != nil:
		return relationKey{}, err
	case p == nil:
		return relationKey{}, sqlstate.New(sqlstate.InvalidSchemaName, "schema \"%s\" does not exist", schema).
			WithHint("Make it with CREATE SCHEMA. The schemas that there are: public, the folders of the database and, for temporary tables, pg_temp.").At(n.Pos)
	case temporary && schema != temporarySchema:
		return relationKey{}, sqlstate.New(sqlstate.InvalidTableDefinition, "cannot create temporary relation in non-temporary schema").At(n.Pos)
	}
	return relationKey{p.name, n.Name}, nil
}
