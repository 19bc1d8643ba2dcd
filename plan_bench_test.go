package gsql

import (
	"context"
	"os"
	"testing"

	"gsql/sql/syntax"
)

// BenchmarkPlan measures what comes before the first row: reading and binding a statement, and optimizing and lowering
// it. "refresh" is what Bind does with a statement that has a name. "run" does all of it and reads the rows, as often as
// that takes: what is remembered of a text that comes again saves it most.
func BenchmarkPlan(b *testing.B) {
	db, err := Open(Config{Dir: "testdata/tpch/data"})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s := db.Session()
	defer s.Close()
	if err := benchRun(s, "CREATE TEMP TABLE t AS SELECT i AS id, i % 10 AS kind, 'name' || i AS name FROM range(1000) r(i)"); err != nil {
		b.Fatal(err)
	}
	q05, err := os.ReadFile("testdata/tpch/q05.sql")
	if err != nil {
		b.Fatal(err)
	}
	for _, q := range []struct{ name, text string }{
		{"one", "select 1"},
		{"point", "select name from t where id = 500"},
		{"filter", "select kind, count(*) from t where id > 10 and name like 'name1%' group by kind order by kind"},
		{"tpch5", string(q05)},
	} {
		b.Run(q.name, func(b *testing.B) { benchPlan(b, s, q.text) })
	}
}

func benchPlan(b *testing.B, s *Session, text string) {
	ctx := context.Background()
	b.Run("prepare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			stmts, err := syntax.Parse(text)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := s.PrepareStatement(ctx, text, stmts[0], nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("refresh", func(b *testing.B) {
		b.ReportAllocs()
		p, err := s.Prepare(ctx, text, nil)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := p.Refresh(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("plan", func(b *testing.B) {
		b.ReportAllocs()
		p, err := s.Prepare(ctx, text, nil)
		if err != nil {
			b.Fatal(err)
		}
		f := s.fnCtx(ctx)
		for b.Loop() {
			if _, _, err := p.makePlan(ctx, f, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("run", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := benchRun(s, text); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// benchRun runs a statement and reads its rows.
func benchRun(s *Session, text string) error {
	rows, err := s.Query(context.Background(), text)
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		if _, err := rows.NextBatch(); err != nil {
			return rows.Err()
		}
	}
}
