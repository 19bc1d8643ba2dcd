package memory

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// keyed returns a table of a bigint and a text without rows, with a key of some columns.
func keyed(k *Key) *Table {
	columns := []Column{{Name: "a", Type: types.Of(types.Int64)}, {Name: "b", Type: types.Of(types.Text)}}
	pool := mem.NewPool(0)
	return New("t", columns, pool.Reserve("t")).WithConstraints([]*Key{k}, nil)
}

// chunkOf makes a chunk of rows; a negative number is NULL.
func chunkOf(rows [][2]int) *Chunk {
	a, b := vec.NewBuilder(types.Of(types.Int64)), vec.NewBuilder(types.Of(types.Text))
	for _, r := range rows {
		if r[0] < 0 {
			a.AppendNull()
		} else {
			vec.Append(a, int64(r[0]))
		}
		if r[1] < 0 {
			b.AppendNull()
		} else {
			b.AppendString(fmt.Sprintf("a value that is not short: %d", r[1]))
		}
	}
	return newChunk([]*vec.Vector{a.Finish(), b.Finish()}, len(rows))
}

// TestKeys adds and removes random rows, and compares what is refused with what a map refuses.
func TestKeys(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		vec.ConstantHash = seed%10 == 0
		k := &Key{Name: "t_key", Columns: [][]int{{0}, {1}, {0, 1}, {1, 0}}[r.IntN(4)], NullsNotDistinct: r.IntN(3) == 0}
		now := keyed(k)
		var rows [][][2]int // of the chunks
		for range 40 {
			next, after := now, rows
			if len(rows) > 0 && r.IntN(4) == 0 { // a chunk goes, maybe another one comes in its place
				i := r.IntN(len(rows))
				var by []*Chunk
				after = append(append([][][2]int(nil), rows[:i]...), rows[i+1:]...)
				if r.IntN(2) == 0 {
					less := rows[i][:r.IntN(len(rows[i]))+1]
					by, after = []*Chunk{chunkOf(less)}, append(append(append([][][2]int(nil), rows[:i]...), less), rows[i+1:]...)
				}
				next, _ = now.Replace(map[*Chunk][]*Chunk{now.Chunks[i]: by}, nil)
			} else {
				more := make([][2]int, 1+r.IntN(5))
				for i := range more {
					more[i] = [2]int{r.IntN(60) - 1, r.IntN(30) - 1}
				}
				after = append(rows[:len(rows):len(rows)], more)
				next, _ = now.Replace(nil, []*Chunk{chunkOf(more)})
			}
			err := next.Check(context.Background(), now, false)
			if want := repeated(k, after); (err != nil) != want {
				t.Fatalf("seed %d: %v, want an error: %v; key %v, rows %v", seed, err, want, k.Columns, after)
			}
			if err == nil {
				now, rows = next, after
			} else if sqlstate.Of(err) != sqlstate.UniqueViolation {
				t.Fatal(err)
			}
		}
	}
	vec.ConstantHash = false
}

// repeated reports whether a key is there twice.
func repeated(k *Key, chunks [][][2]int) bool {
	seen := map[string]bool{}
	for _, rows := range chunks {
		for _, r := range rows {
			var key []string
			null := false
			for _, c := range k.Columns {
				key = append(key, fmt.Sprint(max(r[c], -1)))
				null = null || r[c] < 0
			}
			if null && !k.NullsNotDistinct {
				continue
			}
			s := strings.Join(key, ",")
			if seen[s] {
				return true
			}
			seen[s] = true
		}
	}
	return false
}

// TestKeyForgets replaces rows very often; what the key knows of rows that are gone must not become more and more.
func TestKeyForgets(t *testing.T) {
	k := &Key{Name: "t_key", Columns: []int{0}}
	now := keyed(k)
	for i := range 200 {
		rows := make([][2]int, 1000)
		for j := range rows {
			rows[j] = [2]int{i + j, 0}
		}
		next := now.Empty().with([]*Chunk{chunkOf(rows)})
		if err := next.Check(context.Background(), now, false); err != nil {
			t.Fatal(err)
		}
		now = next
	}
	if n := k.index.used; n > 20_000 {
		t.Errorf("%d rows are known, of 1000", n)
	}
	if got, want := now.Memory.Bytes(), k.index.bytes(); got < want {
		t.Errorf("%d bytes are reserved, of %d", got, want)
	}
}

func BenchmarkKey(b *testing.B) {
	rows := make([][2]int, chunkRows)
	var chunks []*Chunk
	for i := range 32 {
		for j := range rows {
			rows[j] = [2]int{i*chunkRows + j, 0}
		}
		chunks = append(chunks, chunkOf(rows))
	}
	for b.Loop() {
		t := keyed(&Key{Name: "t_key", Columns: []int{0}})
		if err := t.with(chunks).Check(context.Background(), t, false); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(32*chunkRows), "ns/row")
}
