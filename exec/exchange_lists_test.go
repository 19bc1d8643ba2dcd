package exec

import (
	"testing"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// TestJoinedListsAreBounded joins batches of few rows with long lists: what one batch holds is bounded by bytes.
func TestJoinedListsAreBounded(t *testing.T) {
	const rows, elements = 4, 10_000
	spans := make([]vec.List, rows)
	for i := range spans {
		spans[i] = vec.List{Off: uint32(i * elements), Len: elements}
	}
	lists := vec.New(types.Type{ID: types.Array, Elem: types.Int64}, types.KList, spans, nil)
	lists.Child = vec.New(types.Type{ID: types.Int64}, types.KInt64, make([]int64, rows*elements), nil)
	b := &vec.Batch{Cols: []*vec.Vector{lists}, Rows: rows}
	if got, want := batchBytes(b), int64(rows*elements*8); got < want || got > 2*want {
		t.Fatalf("a batch with lists of %d bytes counts as %d", want, got)
	}
	j := batchJoiner{rows: 1 << 20}
	yielded := 0
	for range 100 {
		if full := j.add(b); full != nil {
			if n := batchBytes(full); n > 2*maxBatchBytes {
				t.Fatalf("a joined batch has %d bytes", n)
			}
			yielded += full.Rows
		}
	}
	if last := j.flush(); last != nil {
		yielded += last.Rows
	}
	if yielded != 100*rows {
		t.Errorf("%d rows were yielded, not %d", yielded, 100*rows)
	}
}
