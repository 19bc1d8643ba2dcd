package fn

import (
	"testing"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// TestTemplatesAreCompiledOncePerBatch counts allocations, of which there must be none per row.
func TestTemplatesAreCompiledOncePerBatch(t *testing.T) {
	const rows = 1000
	for _, c := range []struct{ name, typ, value, template string }{
		{"to_char", "timestamp", "2024-02-29 13:14:15.161718", "FMDay, DD Month YYYY HH12:MI:SS.US am IYYY-IW"},
		{"to_char", "interval", "3 days 04:05:06", "HH24:MI:SS"},
		{"to_char", "numeric", "-1234.5", "FM999G999D009PR"},
		{"to_char", "bigint", "-1234", "999,999S"},
		{"to_char", "double precision", "1234.5678", "9.99EEEE"},
		{"to_char", "integer", "1999", "FMRN"},
		{"to_number", "text", "1,234.5-", "9G999D9S"},
		{"to_date", "text", "29 February 2024 AD", "DD Month YYYY BC"},
		{"to_timestamp", "text", "2024-02-29 01:14:15.16 pm", "YYYY-MM-DD HH12:MI:SS.MS am"},
	} {
		ty, err := text.ParseType(c.typ)
		if err != nil {
			t.Fatal(err)
		}
		b := vec.NewBuilder(ty)
		for range rows {
			if err := text.Parse(b, ty, []byte(c.value), nil); err != nil {
				t.Fatal(err)
			}
		}
		template, err := text.Const(types.Of(types.Text), c.template, nil)
		if err != nil {
			t.Fatal(err)
		}
		args := []*vec.Vector{b.Finish(), template}
		for _, f := range Scalars(c.name) {
			if len(f.Args) != 2 || f.Args[0].ID != ty.ID {
				continue
			}
			n := testing.AllocsPerRun(5, func() {
				if _, err := f.Eval(&Call{Args: args, N: rows, Ret: f.Ret}); err != nil {
					t.Fatal(err)
				}
			})
			if n > rows/4 {
				t.Errorf("%s(%s, '%s'): %v allocations for %d rows", c.name, c.typ, c.template, n, rows)
			}
		}
	}
}
