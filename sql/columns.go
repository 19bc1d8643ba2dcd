package sql

import (
	"regexp"
	"strings"

	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/planner"
	"gsql/sql/syntax"
)

// COLUMNS(..) of DuckDB stands for several columns: an expression with it is bound once for each of them.

// expansion is what COLUMNS stands for in the expression that is being bound.
type expansion struct {
	cols  []*target // nil before the first COLUMNS was met
	at    int       // the column of this time
	regex *regexp.Regexp
}

// forColumns calls bind once, and when that has met COLUMNS, once more for each further column.
func (b *binder) forColumns(blk *block, bind func(x *expansion) error) error {
	saved := blk.expansion
	defer func() { blk.expansion = saved }()
	x := &expansion{}
	blk.expansion = x
	if err := bind(x); err != nil {
		return err
	}
	for x.at++; x.at < len(x.cols); x.at++ {
		if err := bind(x); err != nil {
			return err
		}
	}
	return nil
}

// name is the name of an item of the select list. With COLUMNS it is the column's, or an alias in which \1 is what the first
// group of the regular expression has matched, and \0 all of it.
func (x *expansion) name(t *syntax.Target, queries syntax.QueryNames) string {
	switch {
	case x.cols == nil:
		return t.Name(queries)
	case t.Alias == "":
		return x.cols[x.at].name
	case x.regex == nil || !strings.Contains(t.Alias, `\`):
		return t.Alias
	}
	found := x.regex.FindStringSubmatch(x.cols[x.at].name)
	var name strings.Builder
	for i := 0; i < len(t.Alias); i++ {
		if c := t.Alias[i]; c == '\\' && i+1 < len(t.Alias) && '0' <= t.Alias[i+1] && t.Alias[i+1] <= '9' {
			if n := int(t.Alias[i+1] - '0'); n < len(found) {
				name.WriteString(found[n])
			}
			i++
		} else {
			name.WriteByte(c)
		}
	}
	return name.String()
}

// columnsCall binds COLUMNS(..): to the column whose turn it is.
func (b *binder) columnsCall(blk *block, e *syntax.Call) (value, error) {
	x := blk.expansion
	if x == nil || blk.clause == inOrderBy {
		return value{}, unsupported(e.Pos, "Use it in the select list, and ORDER BY ALL or the columns' names or numbers elsewhere.",
			"COLUMNS is not supported in %s", blk.clause)
	}
	cols, regex, err := b.columnsOf(blk, e)
	if err != nil {
		return value{}, err
	}
	if x.cols == nil {
		x.cols, x.regex = cols, regex
	}
	if len(cols) != len(x.cols) {
		return value{}, differentColumns(e.Pos)
	}
	for i, c := range cols {
		if c.name != x.cols[i].name || !expr.Equal(c.v.e, x.cols[i].v.e) {
			return value{}, differentColumns(e.Pos)
		}
	}
	v := cols[x.at].v
	v.pos = e.Pos
	return v, nil
}

func differentColumns(pos int) error {
	return unsupported(pos, "Name the columns of one of them.", "different COLUMNS in one expression are not supported")
}

// columnsOf returns the columns that COLUMNS(..) stands for: those of a star, those whose names match a regular expression,
// or those of a list.
func (b *binder) columnsOf(blk *block, e *syntax.Call) ([]*target, *regexp.Regexp, error) {
	if len(e.Args) != 1 || e.Distinct || e.Filter != nil || e.Over != nil || len(e.OrderBy) > 0 {
		return nil, nil, sqlstate.New(sqlstate.SyntaxError, "COLUMNS takes *, a regular expression, or an array of names").At(e.Pos)
	}
	found := &parts{}
	var regex *regexp.Regexp
	switch arg := e.Args[0].Value.(type) {
	case *syntax.Star:
		if err := b.star(blk, found, arg); err != nil {
			return nil, nil, err
		}
	case *syntax.String:
		var err error
		if regex, err = regexp.Compile(arg.Value); err != nil {
			return nil, nil, sqlstate.New(sqlstate.InvalidRegularExpression, "invalid regular expression: %v", err).At(arg.Pos)
		}
		all := &parts{}
		if err := b.star(blk, all, &syntax.Star{}); err != nil {
			return nil, nil, at(err, e.Pos)
		}
		for _, t := range all.targets {
			if regex.MatchString(t.name) {
				found.targets = append(found.targets, t)
			}
		}
	case *syntax.Array:
		for _, elem := range arg.Elems {
			s, ok := elem.(*syntax.String)
			if !ok {
				return nil, nil, unsupported(elem.Position(), "Write the columns' names as strings.", "COLUMNS of other expressions is not supported")
			}
			v, err := b.columnRef(blk, "", "", s.Value, s.Pos)
			if err != nil {
				return nil, nil, err
			}
			found.targets = append(found.targets, &target{name: s.Value, v: v})
		}
	default:
		return nil, nil, unsupported(arg.Position(), "Use a star, a regular expression, or an array of names.", "COLUMNS of other expressions is not supported")
	}
	if len(found.targets) == 0 {
		return nil, nil, sqlstate.New(sqlstate.UndefinedColumn, "no column matches COLUMNS").At(e.Pos)
	}
	return found.targets, regex, nil
}

// byName brings the two sides of a UNION BY NAME to the same columns: those of the left side, then those that only the right
// one has. What a side lacks is NULL in it.
func (b *binder) byName(blk *block, l, r *query, pos int) (left, right *query, err error) {
	var names []string
	seen := map[string]bool{}
	for _, q := range []*query{l, r} {
		own := map[string]bool{}
		for _, c := range q.cols {
			if own[c.name] {
				return nil, nil, sqlstate.New(sqlstate.DuplicateColumn, "column name \"%s\" appears more than once in a query of UNION BY NAME", c.name).At(c.pos)
			}
			own[c.name] = true
			if !seen[c.name] {
				seen[c.name] = true
				names = append(names, c.name)
			}
		}
	}
	return b.withNames(blk, l, names, pos), b.withNames(blk, r, names, pos), nil
}

// withNames returns q with the columns of these names in this order, NULL for those that it lacks.
func (b *binder) withNames(blk *block, q *query, names []string, pos int) *query {
	out := &query{}
	p := &planner.Project{Input: q.node}
	for _, name := range names {
		c := outColumn{name: name, id: 0, pos: pos}
		for _, own := range q.cols {
			if own.name == name {
				c = own
			}
		}
		it := planner.Item{ID: c.id, Name: name, Expr: c.column()}
		if c.id == 0 {
			c.id = b.newID(blk, derivedColumn, "", name)
			c.open = &value{e: expr.Null(types.Type{}), pos: pos}
			it = planner.Item{ID: c.id, Name: name, Expr: c.open.e}
		}
		p.Items, out.cols = append(p.Items, it), append(out.cols, c)
	}
	out.node = p
	return out
}
