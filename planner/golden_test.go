package planner

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/types"
)

var rewrite = flag.Bool("rewrite", false, "write what the tests got into the golden files")

// golden runs every case of a file: a sentence of intent in lines that start with #, a plan, a line of
// dashes, and what run makes of the plan. Cases are apart by empty lines.
func golden(t *testing.T, file string, run func(t *testing.T, text string) string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for i, c := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
		if i > 0 {
			out.WriteString("\n")
		}
		head, want, _ := strings.Cut(c+"\n", "\n----\n")
		head = strings.TrimRight(head, "\n")
		var intent, body []string
		for _, line := range strings.Split(head, "\n") {
			if strings.HasPrefix(line, "#") {
				intent = append(intent, strings.TrimSpace(strings.TrimPrefix(line, "#")))
			} else {
				body = append(body, line)
			}
		}
		name := strings.Join(intent, " ")
		if name == "" {
			t.Fatalf("%s: a case without a sentence of intent:\n%s", path, c)
		}
		got := ""
		t.Run(name, func(t *testing.T) {
			got = run(t, strings.Join(body, "\n"))
			if !*rewrite && got != want {
				t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
			}
		})
		out.WriteString(head + "\n----\n" + got)
	}
	if *rewrite {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// goldenRule shows what one rule does: the plan before and after its first change, where the rules before it
// in the list have run.
func goldenRule(t *testing.T, rule, file string) {
	golden(t, file, func(t *testing.T, text string) string {
		d := newDSL(smallTables()...)
		n := d.plan(text)
		before := Print(n)
		var out string
		cfg := &Config{NextID: &d.nextID, Partitions: 4, TableFunction: seriesTable}
		cfg.Trace = func(name string, n Node) {
			after := Print(n)
			if name == rule && out == "" {
				out = before + "=>\n" + after
			}
			before = after
		}
		if _, err := Optimize(n, cfg); err != nil {
			t.Fatal(err)
		}
		if out == "" {
			return before + "unchanged\n"
		}
		return out
	})
}

// seriesTable makes a table of a series.
func seriesTable(_ context.Context, _ string, args []exec.Arg) (exec.Table, error) {
	if len(args) > 2 && args[2].Value == int64(0) {
		return nil, internal("a step of zero")
	}
	return &testTable{name: "series", cols: []testColumn{{name: "generate_series", typ: args[0].Type}}}, nil
}

// smallTables are the tables of the rules' tests: customers, their orders, and the orders' items.
func smallTables() []*testTable {
	i, s := types.Of(types.Int64), types.Of(types.Text)
	return []*testTable{
		{name: "c", rows: 1000, cols: []testColumn{{"id", i, 1000, 1, 1000}, {"name", s, 900, 0, 0}, {"city", s, 20, 0, 0}}},
		{name: "o", rows: 20000, cols: []testColumn{{"id", i, 20000, 1, 20000}, {"cid", i, 1000, 1, 1000}, {"day", i, 365, 1, 365}, {"total", i, 5000, 1, 10000}}},
		{name: "i", rows: 100000, cols: []testColumn{{"oid", i, 20000, 1, 20000}, {"part", i, 500, 1, 500}, {"n", i, 10, 1, 10}, {"price", i, 1000, 1, 1000}}},
		{name: "d", rows: 100, cols: []testColumn{{"day", types.Of(types.Date), 0, 0, 0}, {"n", types.Of(types.Int32), 0, 0, 0}}},
		{name: "p", rows: 500, cols: []testColumn{{"id", i, 500, 1, 500}, {"kind", s, 10, 0, 0}}},
		{name: "l", rows: 5000, cols: []testColumn{{"year", i, 5, 2020, 2024}, {"msg", s, 5000, 0, 0}}, folders: "year"},
	}
}
