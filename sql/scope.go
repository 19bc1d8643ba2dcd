package sql

import (
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/planner"
)

// block is one SELECT while it is bound: what PostgreSQL calls a parse state.
type block struct {
	parent *block // the query around it, whose columns it may use
	depth  int    // number of blocks around it
	items  []*fromItem
	rels   []*fromItem // all FROM items but joins, for hints in errors
	// lateral is set while an item of FROM is bound that may use items before it.
	lateral bool
	// usedLateral is set when a name was found in an item of the same FROM.
	usedLateral bool
	clause      clause
	ctes        *cteScope

	aggs    []planner.Item // aggregate calls that belong to the block
	windows []planner.Item // calls with OVER
	defs    []*windowDef   // the WINDOW clause
	parts   *parts         // of a SELECT

	variables []*expr.Var     // of the lambdas around, the innermost last
	expansion *expansion      // of COLUMNS in the expression that is being bound; nil where it may not stand
	groupings []*groupingCall // uses of GROUPING(..)
	directs   []expr.Expr     // direct arguments of hypothetical-set aggregates
	sets      []*setCall      // set returning functions
	noSets    string          // the construct around, in which there may be none
	wholes    []*fromItem     // items whose rows are used as records
}

// fromItem is an entry of FROM as names see it: a table, a subquery, or a join with its merged columns.
type fromItem struct {
	name    string // alias or table name; empty for a join without an alias
	table   string // name of the table, whatever the alias
	schema  string // of a table without an alias
	cols    []fromColumn
	hidden  []fromColumn // that * does not mean
	hasName bool         // t.x may be said: false for a join without an alias
	hasCols bool         // x may be said: false inside a join
	// sibling marks an item of the FROM that is being bound: usable in LATERAL only.
	sibling bool
	// barred: a lateral item must not use this one, since it is the side of a join that may be NULL.
	barred bool
	join   bool
	value  bool // a row of it is the value of its first column

	node    planner.Node // whose outputs its columns are
	rowName string       // the table whose type its rows have; "" for none
	rowCols []string     // with rowName: the columns' names there
	row     *expr.Column // its rows as records, once something refers to them
}

// fromColumn is a column of a FROM item. A column merged by USING may be an expression.
type fromColumn struct {
	name string
	expr expr.Expr
}

// lookup finds an unqualified column name in the block and the blocks around it. found is nil when there
// is none.
func (b *binder) lookup(blk *block, name string, pos int) (expr.Expr, error) {
	for s := blk; s != nil; s = s.parent {
		e, err := b.lookupHere(s, name, pos)
		if e != nil || err != nil {
			return e, err
		}
	}
	return nil, nil
}

func (b *binder) lookupHere(s *block, name string, pos int) (expr.Expr, error) {
	var found expr.Expr
	for _, it := range s.items {
		if !it.hasCols || it.sibling && !s.lateral {
			continue
		}
		e, err := it.column(name, pos)
		if err != nil {
			return nil, err
		}
		if e == nil {
			continue
		}
		if found != nil {
			return nil, ambiguousColumn(name, pos)
		}
		if err := s.useLateral(it, pos); err != nil {
			return nil, err
		}
		found = e
	}
	return found, nil
}

// useLateral notes the use of an item by another one of the same FROM.
func (s *block) useLateral(it *fromItem, pos int) error {
	if !it.sibling {
		return nil
	}
	if it.barred {
		return sqlstate.New(sqlstate.InvalidColumnReference, "invalid reference to FROM-clause entry for table \"%s\"", it.name).
			WithDetail("The combining JOIN type must be INNER or LEFT for a LATERAL reference.").At(pos)
	}
	s.usedLateral = true
	return nil
}

// column returns the column with a name, nil when there is none.
func (it *fromItem) column(name string, pos int) (expr.Expr, error) {
	var found expr.Expr
	for _, c := range it.cols {
		if c.name != name {
			continue
		}
		if found != nil {
			return nil, ambiguousColumn(name, pos)
		}
		found = c.expr
	}
	for _, c := range it.hidden {
		if found == nil && c.name == name {
			found = c.expr
		}
	}
	return found, nil
}

func ambiguousColumn(name string, pos int) error {
	return sqlstate.New(sqlstate.AmbiguousColumn, "column reference \"%s\" is ambiguous", name).At(pos)
}

// relation finds the FROM item that a table name before a dot stands for, nil when there is none.
func (b *binder) relation(blk *block, schema, name string, pos int) (*fromItem, error) {
	for s := blk; s != nil; s = s.parent {
		var found *fromItem
		for _, it := range s.items {
			if !it.hasName || it.name != name || schema != "" && it.schema != schema || it.sibling && !s.lateral {
				continue
			}
			if found != nil {
				return nil, sqlstate.New(sqlstate.AmbiguousAlias, "table reference \"%s\" is ambiguous", name).At(pos)
			}
			if err := s.useLateral(it, pos); err != nil {
				return nil, err
			}
			found = it
		}
		if found != nil {
			return found, nil
		}
	}
	return nil, nil
}

// columnRef binds a column name with up to two qualifiers.
func (b *binder) columnRef(blk *block, schema, table, name string, pos int) (value, error) {
	if table == "" {
		e, err := b.lookup(blk, name, pos)
		if err != nil {
			return value{}, err
		}
		if e != nil {
			return b.use(blk, e, pos), nil
		}
		if it, err := b.relation(blk, "", name, pos); err != nil {
			return value{}, err
		} else if it != nil {
			return b.wholeRow(blk, it, pos)
		}
		if v, err := b.outputColumn(blk, name, pos); v.e != nil || err != nil {
			return v, err
		}
		return value{}, b.missingColumn(blk, "", name, pos)
	}
	it, err := b.relation(blk, schema, table, pos)
	if err != nil {
		return value{}, err
	}
	if it == nil {
		return value{}, b.missingRelation(blk, schema, table, pos)
	}
	e, err := it.column(name, pos)
	if err != nil {
		return value{}, err
	}
	if e == nil {
		return value{}, b.missingColumn(blk, table, name, pos)
	}
	return b.use(blk, e, pos), nil
}

// use returns a fresh reference to a FROM column, so that errors about it can name the place. It prints with
// the table's name where there are several tables, or where it is of a query around the one it stands in.
func (b *binder) use(blk *block, e expr.Expr, pos int) value {
	fresh := expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		c, ok := x.(*expr.Column)
		if !ok {
			return x
		}
		copied := *c
		if info := b.info[c.ID]; info.rel != "" && (info.owner != blk || len(blk.rels) > 1) {
			copied.Name = info.rel + "." + info.name
		}
		b.at[&copied] = pos
		return &copied
	})
	return value{e: fresh, pos: pos}
}

// addItems makes FROM items visible, after checking that their names are not taken.
func (s *block) addItems(items []*fromItem) error {
	for _, it := range items {
		if !it.hasName || it.name == "" {
			continue
		}
		for _, o := range s.items {
			if o.hasName && o.name == it.name && (o.schema == it.schema || o.schema == "" || it.schema == "") {
				return duplicateAlias(it.name)
			}
		}
	}
	s.items = append(s.items, items...)
	return nil
}

func duplicateAlias(name string) error {
	return sqlstate.New(sqlstate.DuplicateAlias, "table name \"%s\" specified more than once", name)
}

// outputColumn returns what the select list computes under a name, as far as it is bound: what no column has can be
// used by it in the SELECT's other clauses, as in DuckDB.
func (b *binder) outputColumn(blk *block, name string, pos int) (value, error) {
	var found value
	for _, t := range blk.outputs() {
		if t.junk || t.name != name {
			continue
		}
		if found.e != nil && !expr.Equal(found.e, t.v.e) {
			return value{}, ambiguousColumn(name, pos)
		}
		found = t.v
	}
	if found.e == nil {
		return value{}, nil
	}
	if expr.IsVolatile(found.e) {
		return value{}, unsupported(pos, "Compute it in a subquery.", "column \"%s\" cannot be used here, since it would be computed twice with different results", name)
	}
	if err := b.allowed(blk, found, blk.clause, pos); err != nil {
		return value{}, err
	}
	found.pos = pos
	return found, nil
}

func (s *block) outputs() []*target {
	if s.parts == nil {
		return nil
	}
	return s.parts.targets
}
