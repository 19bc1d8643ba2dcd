package sql

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gsql/exec/sqlstate"
)

// maxTypos is how far a suggested column name may be from the one that was written.
const maxTypos = 3

// missingColumn returns the 42703 error for a column, with PostgreSQL's suggestions.
func (b *binder) missingColumn(blk *block, table, name string, pos int) error {
	err := sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" does not exist", name)
	if table != "" {
		err = sqlstate.New(sqlstate.UndefinedColumn, "column %s.%s does not exist", table, name)
	}
	err.At(pos)
	var g guess
	capital := ""
	for s := blk; s != nil; s = s.parent {
		for _, it := range s.rels {
			if e, _ := it.column(name, 0); e != nil && it.name != "" && (table == "" || table == it.name) {
				return err.WithHint("There is a column named \"%s\" in table \"%s\", but it cannot be referenced from this part of the query.", name, it.name)
			}
			if it.name == "" {
				continue // the columns of a set operation
			}
			penalty := 0
			if table != "" {
				if penalty = levenshtein(it.name, table); penalty > maxTypos {
					continue
				}
			}
			for _, c := range it.cols {
				if penalty == 0 && c.name != name && strings.EqualFold(c.name, name) {
					capital = c.name
				}
				g.consider(it.name, c.name, name, penalty)
			}
		}
	}
	switch {
	case capital != "": // as files often have them
		err.WithHint("There is a column \"%s\": a name with capital letters must be written in double quotes.", capital)
	case len(g.best) == 1:
		err.WithHint("Perhaps you meant to reference the column \"%s\".", g.best[0])
	case len(g.best) == 2:
		err.WithHint("Perhaps you meant to reference the column \"%s\" or the column \"%s\".", g.best[0], g.best[1])
	}
	return err
}

// guess collects the columns whose names are closest to a misspelt one; more than two are as good as none.
type guess struct {
	distance int // of best, 0 before the first
	best     []string
}

func (g *guess) consider(rel, col, wanted string, penalty int) {
	d := levenshtein(col, wanted)
	if d > utf8.RuneCountInString(wanted)/2 || d+penalty > maxTypos {
		return
	}
	d += penalty
	name := fmt.Sprintf("%s.%s", rel, col)
	switch {
	case g.distance == 0 && g.best == nil, d < g.distance:
		g.distance, g.best = d, []string{name}
	case d == g.distance && len(g.best) == 2:
		// A third one at this distance: only closer ones are of use from here on.
		g.distance, g.best = d, []string{}
	case d == g.distance && len(g.best) == 1:
		g.best = append(g.best, name)
	}
}

// missingRelation returns the 42P01 error for a table name before a dot.
func (b *binder) missingRelation(blk *block, schema, table string, pos int) error {
	for s := blk; s != nil; s = s.parent {
		for _, it := range s.rels {
			switch {
			case it.name == table && schema == "":
				return sqlstate.New(sqlstate.UndefinedTable, "invalid reference to FROM-clause entry for table \"%s\"", table).
					WithHint("There is an entry for table \"%s\", but it cannot be referenced from this part of the query.", it.name).At(pos)
			case it.table == table && it.name != table:
				return sqlstate.New(sqlstate.UndefinedTable, "invalid reference to FROM-clause entry for table \"%s\"", table).
					WithHint("Perhaps you meant to reference the table alias \"%s\".", it.name).At(pos)
			}
		}
	}
	return sqlstate.New(sqlstate.UndefinedTable, "missing FROM-clause entry for table \"%s\"", table).At(pos)
}

// levenshtein returns the number of characters to insert, delete or replace to make a into c.
func levenshtein(a, c string) int {
	s, t := []rune(a), []rune(c)
	row := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := range s {
		diagonal := row[0]
		row[0] = i + 1
		for j := range t {
			replace := diagonal
			if s[i] != t[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, diagonal+1)
		}
	}
	return row[len(t)]
}
