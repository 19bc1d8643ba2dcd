package exec

import (
	"context"
	"fmt"
	"io"
	"testing"

	"gsql/exec/mem"
	"gsql/exec/spill"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// spillBatch returns rows from..to-1 of a table whose columns follow from the row's number.
func spillBatch(from, to int) *vec.Batch {
	text := types.Of(types.Text)
	k, s, l := vec.NewBuilder(types.Of(types.Int64)), vec.NewBuilder(text), vec.NewBuilder(types.ArrayOf(text))
	for i := from; i < to; i++ {
		vec.Append(k, int64(i))
		long := fmt.Sprintf("a text that is too long for a view, number %d", i)
		if i%3 == 0 {
			s.AppendNull()
			l.AppendNull()
			continue
		}
		s.AppendString(long[:20+i%20])
		l.AppendList(func(c *vec.Builder) {
			for range i % 4 {
				c.AppendString(long)
			}
		})
	}
	return &vec.Batch{Rows: to - from, Cols: []*vec.Vector{k.Finish(), s.Finish(), l.Finish()}}
}

// Rows come back once each, in order within a file, and the next level divides a file again.
func TestSpillParts(t *testing.T) {
	const rows = 50_000
	store := spill.NewStore(t.TempDir(), 0)
	defer store.Close()
	env := NewEnv(context.Background(), nil, mem.NewPool(0), 1000)
	env.Spill = store.Space(0)
	ctx := context.Background()
	ts := []types.Type{types.Of(types.Int64), types.Of(types.Text), types.ArrayOf(types.Of(types.Text))}
	deal := func(s *spillParts, b *vec.Batch) {
		hashes := make([]uint64, b.Rows)
		vec.Hash(b.Cols[0], hashes, false)
		if err := s.add(ctx, b.Cols, b.Rows, hashes); err != nil {
			t.Fatal(err)
		}
	}
	first, second := newSpillParts(env, nil, ts, spillFanout, 0), newSpillParts(env, nil, ts, spillFanout, 1)
	for from := 0; from < rows; from += 20_000 {
		deal(first, spillBatch(from, min(from+20_000, rows)))
	}
	files, err := first.finish()
	if err != nil {
		t.Fatal(err)
	}
	seen := make([]bool, rows)
	for n, f := range files {
		if f.Rows() < rows/spillFanout*8/10 {
			t.Errorf("file %d has %d rows", n, f.Rows())
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		last := int64(-1)
		for {
			b, err := r.Next(ctx)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for i, k := range vec.Values[int64](b.Cols[0]) {
				if seen[k] || k <= last {
					t.Fatalf("row %d again, or after row %d", k, last)
				}
				seen[k], last = true, k
				want := spillBatch(int(k), int(k)+1)
				for c := range want.Cols {
					if b.Cols[c].IsNull(i) != want.Cols[c].IsNull(0) || !b.Cols[c].IsNull(i) && !vec.EqualRows(b.Cols[c], i, want.Cols[c], 0) {
						t.Fatalf("row %d differs in column %d", k, c)
					}
				}
			}
			if n == 0 {
				deal(second, b)
			}
		}
		r.Close()
	}
	removeFiles(files)
	for i, p := range second.parts {
		n := p.rows
		if p.w != nil {
			n += int(p.w.Rows())
		}
		if n < rows/spillFanout/spillFanout/2 {
			t.Errorf("part %d of the next level has %d rows", i, n)
		}
	}
	second.close()
	if n := env.Spill.Used(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
}
