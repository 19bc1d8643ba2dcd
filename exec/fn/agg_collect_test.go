package fn

import (
	"strings"
	"testing"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// A value beyond PostgreSQL's limit is refused when its rows are known, before there is memory for it.
func TestResultsTooLarge(t *testing.T) {
	const rows = 1 << 12
	text, groups := types.Of(types.Text), make([]uint32, rows)
	megabyte := vec.NewText(text, strings.Repeat("x", 1<<20), rows)
	for _, c := range []struct {
		name   string
		args   []*vec.Vector
		passes int // that are within the limit
	}{
		{"string_agg", []*vec.Vector{vec.NewText(text, "x", rows), megabyte}, 0},
		{"string_agg", []*vec.Vector{megabyte.WithLen(rows / 8), vec.NewText(text, "", rows/8)}, 1},
		{"array_agg", []*vec.Vector{vec.NewConst(types.Of(types.Bool), types.KBool, uint8(1), rows)}, maxArrayElements / rows},
	} {
		f, ts := Aggregates(c.name)[0], typesOfAll(c.args)
		acc := f.New(ts, f.ReturnType(ts))
		acc.Grow(1)
		for pass := range c.passes + 1 {
			err := acc.(Log).Expect(c.args, groups[:c.args[0].Len])
			if over := pass == c.passes; over != (err != nil) || over && sqlstate.Of(err) != sqlstate.ProgramLimitExceeded {
				t.Fatalf("%s: pass %d: error %v", c.name, pass, err)
			}
		}
	}
}

func typesOfAll(vs []*vec.Vector) (ts []types.Type) {
	for _, v := range vs {
		ts = append(ts, v.Type)
	}
	return ts
}
