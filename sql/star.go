package sql

import (
	"slices"

	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
)

// starOptions applies EXCLUDE, REPLACE and RENAME to the targets from number first on, which a star made.
func (b *binder) starOptions(blk *block, p *parts, s *syntax.Star, first int) error {
	columns := func(name string) (found []*target) {
		for _, t := range p.targets[first:] {
			if t.name == name {
				found = append(found, t)
			}
		}
		return found
	}
	for _, r := range s.Replace {
		ts := columns(r.Alias)
		if len(ts) == 0 {
			return missingInStar("REPLACE", r.Alias, r.Expr.Position())
		}
		v, err := b.scalar(blk, r.Expr)
		if err != nil {
			return err
		}
		for _, t := range ts {
			t.v = v
		}
	}
	for _, e := range s.Exclude {
		ts := columns(e.Name)
		if len(ts) == 0 {
			return missingInStar("EXCLUDE", e.Name, e.Pos)
		}
		p.targets = slices.DeleteFunc(p.targets, func(t *target) bool { return slices.Contains(ts, t) })
	}
	renamed := map[*target]string{}
	for _, r := range s.Rename {
		ts := columns(r.From.Name)
		if len(ts) == 0 {
			return missingInStar("RENAME", r.From.Name, r.From.Pos)
		}
		for _, t := range ts {
			renamed[t] = r.To.Name
		}
	}
	for t, name := range renamed {
		t.name = name
	}
	return nil
}

func missingInStar(option, name string, pos int) error {
	return sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" in %s is not among those that the star stands for", name, option).At(pos)
}
