package catalog

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"gsql/exec"
	"gsql/exec/types"
)

// This file has the relations and functions about constraints and about the indexes that PostgreSQL has for keys.

// Key is a PRIMARY KEY or UNIQUE constraint of a table.
type Key struct {
	Name             string
	Columns          []int // ordinals
	Primary          bool
	NullsNotDistinct bool
	Deferrable       bool
	Deferred         bool
	Index            bool // of CREATE UNIQUE INDEX, no constraint
	Comment          string
}

// Check is a CHECK constraint of a table.
type Check struct{ Name, Text string }

// index is what PostgreSQL checks a key with. Here it has a name and an OID, for clients that look for keys by way of it.
type index struct {
	of  *Relation
	key *Key
}

// indexes returns the relations that are a table's indexes.
func (r *Relation) indexes(numbers *numbers) (list []*Relation) {
	for i := range r.Keys {
		k := &r.Keys[i]
		list = append(list, &Relation{Schema: r.Schema, Name: k.Name, Temporary: r.Temporary, Comment: k.Comment, index: &index{r, k},
			oid: numbers.next("relation", r.Schema, k.Name), columns: func() (s exec.Schema) {
				columns := r.columns()
				for _, c := range k.Columns {
					s = append(s, columns[c])
				}
				return s
			}})
	}
	return list
}

// attributeNumbers are the numbers of the columns, as clients know them.
func (k *Key) attributeNumbers() (list []string) {
	for _, c := range k.Columns {
		list = append(list, strconv.Itoa(c+1))
	}
	return list
}

// columnNames lists the names of the columns.
func (x *index) columnNames() string {
	var names []string
	columns := x.of.columns()
	for _, c := range x.key.Columns {
		names = append(names, Quote(columns[c].Name))
	}
	return strings.Join(names, ", ")
}

// definition is the statement that would make the index.
func (x *index) definition() string {
	nulls := ""
	if x.key.NullsNotDistinct {
		nulls = " NULLS NOT DISTINCT"
	}
	return "CREATE UNIQUE INDEX " + Quote(x.key.Name) + " ON " + Quote(x.of.Schema) + "." + Quote(x.of.Name) + " USING btree (" + x.columnNames() + ")" + nulls
}

// operatorClass is that of a type's order, 0 if there is none.
func operatorClass(t types.Type) uint32 {
	rows := sections()["pg_opclass"]
	method, in, isDefault := rows.index("opcmethod"), rows.index("opcintype"), rows.index("opcdefault")
	oid := TypeOID(t)
	switch t.ID {
	case types.Varchar:
		oid = TypeOID(types.Of(types.Text))
	case types.Array:
		oid = 2277 // anyarray
	}
	for _, row := range rows.rows {
		if row[method] == strconv.Itoa(btreeOID) && number(row[in]) == oid && row[isDefault] == "t" {
			return number(row[0])
		}
	}
	return 0
}

// constraint is a constraint of a table.
type constraint struct {
	of    *Relation
	index *Relation // of a key
	check *Check    // else
}

func (c *constraint) name() string {
	if c.check != nil {
		return c.check.Name
	}
	return c.index.Name
}

func (c *constraint) oid() uint32 { return hashOID("constraint", c.of.Schema+"."+c.of.Name, c.name()) }

func (c *constraint) kind() string {
	switch {
	case c.check != nil:
		return "c"
	case c.index.index.key.Primary:
		return "p"
	}
	return "u"
}

func (c *constraint) kindName() string {
	return map[string]string{"c": "CHECK", "p": "PRIMARY KEY", "u": "UNIQUE"}[c.kind()]
}

func (c *constraint) deferrable() bool { return c.check == nil && c.index.index.key.Deferrable }
func (c *constraint) deferred() bool   { return c.check == nil && c.index.index.key.Deferred }

// definition is what ALTER TABLE ... ADD would say.
func (c *constraint) definition() string {
	if c.check != nil {
		return "CHECK " + c.check.Text
	}
	x := c.index.index
	s := c.kindName()
	if x.key.NullsNotDistinct {
		s += " NULLS NOT DISTINCT"
	}
	s += " (" + x.columnNames() + ")"
	if x.key.Deferrable {
		s += " DEFERRABLE"
	}
	if x.key.Deferred {
		s += " INITIALLY DEFERRED"
	}
	return s
}

// constraints yields the constraints of all tables.
func constraints(s *Snapshot, _ *scan) iter.Seq[*constraint] {
	return func(yield func(*constraint) bool) {
		for _, r := range s.objects().user {
			switch {
			case r.index != nil && r.index.key.Index:
			case r.index != nil:
				if !yield(&constraint{of: r.index.of, index: r}) {
					return
				}
			default:
				for i := range r.Checks {
					if !yield(&constraint{of: r, check: &r.Checks[i]}) {
						return
					}
				}
			}
		}
	}
}

// keyColumn is a column of a key.
type keyColumn struct {
	*constraint
	place  int // in the key, from 1
	column string
}

func keyColumns(s *Snapshot, sc *scan) iter.Seq[*keyColumn] {
	return func(yield func(*keyColumn) bool) {
		for c := range constraints(s, sc) {
			if c.check != nil {
				continue
			}
			for i, f := range c.index.columns() {
				if !yield(&keyColumn{c, i + 1, f.Name}) {
					return
				}
			}
		}
	}
}

func indexes(s *Snapshot, _ *scan) iter.Seq[*Relation] {
	return which(func(r *Relation) bool { return r.index != nil })(s, nil)
}

func init() {
	define("pg_catalog.pg_index", indexes, columnsOf[*Relation]{
		"indexrelid":          func(r *Relation) uint32 { return r.oid },
		"indrelid":            func(r *Relation) uint32 { return r.index.of.oid },
		"indnatts":            func(r *Relation) int32 { return int32(len(r.index.key.Columns)) },
		"indnkeyatts":         func(r *Relation) int32 { return int32(len(r.index.key.Columns)) },
		"indisunique":         func(*Relation) bool { return true },
		"indnullsnotdistinct": func(r *Relation) bool { return r.index.key.NullsNotDistinct },
		"indisprimary":        func(r *Relation) bool { return r.index.key.Primary },
		"indimmediate":        func(r *Relation) bool { return !r.index.key.Deferrable },
		"indisvalid":          func(*Relation) bool { return true },
		"indisready":          func(*Relation) bool { return true },
		"indislive":           func(*Relation) bool { return true },
		"indkey":              func(r *Relation) any { return r.index.key.attributeNumbers() },
		"indcollation": func(r *Relation) any {
			return eachColumn(r, func(t types.Type) uint32 { return collation(t) })
		},
		"indclass":  func(r *Relation) any { return eachColumn(r, operatorClass) },
		"indoption": func(r *Relation) any { return slices.Repeat([]string{"0"}, len(r.index.key.Columns)) },
	})
	define("pg_catalog.pg_indexes", indexes, columnsOf[*Relation]{
		"schemaname": func(r *Relation) string { return r.Schema },
		"tablename":  func(r *Relation) string { return r.index.of.Name },
		"indexname":  func(r *Relation) string { return r.Name },
		"indexdef":   func(r *Relation) string { return r.index.definition() },
	})
	define("pg_catalog.pg_constraint", constraints, columnsOf[*constraint]{
		"oid":           func(c *constraint) uint32 { return c.oid() },
		"conname":       func(c *constraint) string { return c.name() },
		"connamespace":  func(s *Snapshot, c *constraint) any { return s.objects().schemaOID(c.of.Schema) },
		"contype":       func(c *constraint) string { return c.kind() },
		"condeferrable": func(c *constraint) bool { return c.deferrable() },
		"condeferred":   func(c *constraint) bool { return c.deferred() },
		"convalidated":  func(*constraint) bool { return true },
		"conrelid":      func(c *constraint) uint32 { return c.of.oid },
		"conindid": func(c *constraint) uint32 {
			if c.index == nil {
				return 0
			}
			return c.index.oid
		},
		"confupdtype": func(*constraint) string { return " " }, "confdeltype": func(*constraint) string { return " " },
		"confmatchtype": func(*constraint) string { return " " },
		"conislocal":    func(*constraint) bool { return true },
		"connoinherit":  func(c *constraint) bool { return c.check == nil },
		"conkey": func(c *constraint) any {
			if c.check != nil {
				return nil
			}
			return c.index.index.key.attributeNumbers()
		},
		"conbin": func(c *constraint) any {
			if c.check == nil {
				return nil
			}
			return c.check.Text
		},
	})
	ofTable := func(columns columnsOf[*constraint]) columnsOf[*constraint] {
		columns["constraint_schema"] = func(c *constraint) string { return c.of.Schema }
		columns["constraint_name"] = func(c *constraint) string { return c.name() }
		columns["table_schema"] = func(c *constraint) string { return c.of.Schema }
		columns["table_name"] = func(c *constraint) string { return c.of.Name }
		return inDatabase(columns, "constraint_catalog", "table_catalog")
	}
	define("information_schema.table_constraints", constraints, ofTable(always(columnsOf[*constraint]{
		"constraint_type":    func(c *constraint) string { return c.kindName() },
		"is_deferrable":      func(c *constraint) string { return yesNo(c.deferrable()) },
		"initially_deferred": func(c *constraint) string { return yesNo(c.deferred()) },
		"nulls_distinct": func(c *constraint) any {
			if c.kind() != "u" {
				return nil
			}
			return yesNo(!c.index.index.key.NullsNotDistinct)
		},
	}, "YES", "enforced")))
	define("information_schema.check_constraints", func(s *Snapshot, sc *scan) iter.Seq[*constraint] {
		return func(yield func(*constraint) bool) {
			for c := range constraints(s, sc) {
				if c.check != nil && !yield(c) {
					return
				}
			}
		}
	}, inDatabase(columnsOf[*constraint]{
		"constraint_schema": func(c *constraint) string { return c.of.Schema },
		"constraint_name":   func(c *constraint) string { return c.name() },
		"check_clause":      func(c *constraint) string { return c.check.Text },
	}, "constraint_catalog"))
	used := inDatabase(columnsOf[*keyColumn]{
		"constraint_schema": func(k *keyColumn) string { return k.of.Schema },
		"constraint_name":   func(k *keyColumn) string { return k.name() },
		"table_schema":      func(k *keyColumn) string { return k.of.Schema },
		"table_name":        func(k *keyColumn) string { return k.of.Name },
		"column_name":       func(k *keyColumn) string { return k.column },
		"ordinal_position":  func(k *keyColumn) int32 { return int32(k.place) },
	}, "constraint_catalog", "table_catalog")
	define("information_schema.key_column_usage", keyColumns, used)
	define("information_schema.constraint_column_usage", keyColumns, used)
	registerDefinitions()
}

// eachColumn returns what f says of the type of each column of an index.
func eachColumn(r *Relation, f func(types.Type) uint32) any {
	var list []uint32
	for _, c := range r.columns() {
		list = append(list, f(c.Type))
	}
	return list
}

func registerDefinitions() {
	byConstraint := first(func(s *Snapshot, oid int64) ([]byte, bool, error) {
		for c := range constraints(s, nil) {
			if c.oid() == uint32(oid) {
				return []byte(c.definition()), true, nil
			}
		}
		for c := range domainChecks(s, nil) {
			if c.oid() == uint32(oid) {
				return []byte(c.definition()), true, nil
			}
		}
		return nil, false, nil
	})
	register("pg_get_constraintdef", tText, byConstraint, tOID)
	register("pg_get_constraintdef", tText, byConstraint, tOID, tBool)
	indexOf := func(s *Snapshot, oid int64) *index {
		if r := s.objects().byOID[uint32(oid)]; r != nil {
			return r.index
		}
		return nil
	}
	register("pg_get_indexdef", tText, map1(func(s *Snapshot, oid int64) ([]byte, bool, error) {
		x := indexOf(s, oid)
		if x == nil {
			return nil, false, nil
		}
		return []byte(x.definition()), true, nil
	}), tOID)
	register("pg_get_indexdef", tText, map2(func(s *Snapshot, oid int64, column int32) ([]byte, bool, error) {
		x := indexOf(s, oid)
		switch {
		case x == nil:
			return nil, false, nil
		case column == 0:
			return []byte(x.definition()), true, nil
		case column < 0 || int(column) > len(x.key.Columns):
			return nil, true, nil
		}
		return []byte(Quote(x.of.columns()[x.key.Columns[column-1]].Name)), true, nil
	}), tOID, tInt4, tBool)
}
