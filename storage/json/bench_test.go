package json

import (
	"context"
	"io"
	"os"
	"testing"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/storage/file"
)

func BenchmarkFile(b *testing.B) {
	f, err := file.Stat(os.Getenv("GSQL_BENCH_JSON"))
	if err != nil {
		b.Skip("GSQL_BENCH_JSON names no file")
	}
	ctx := context.Background()
	shape, err := Infer(ctx, []file.File{f}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	t := NewTable("t", []file.File{f}, shape, nil)
	run := func(cols []int) func(b *testing.B) {
		return func(b *testing.B) {
			b.SetBytes(f.Size)
			for b.Loop() {
				req := exec.ScanRequest{Columns: cols, IDs: make([]expr.ColID, len(cols)), Limit: -1, Partitions: 1}
				p, _ := t.Scan(ctx, req)
				env := exec.NewEnv(ctx, &fn.Ctx{}, mem.NewPool(0), 8192)
				s, err := p.Open(ctx, env, 0)
				if err != nil {
					b.Fatal(err)
				}
				for {
					if _, err := s.Next(ctx); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
				s.Close()
				env.Close()
			}
		}
	}
	var all []int
	for i := range shape.Columns {
		all = append(all, i)
	}
	b.Run("none", run(nil))
	b.Run("one", run([]int{0}))
	b.Run("all", run(all))
}
