package exec

import (
	"context"
	"io"
	"math"

	"gsql/exec/vec"
)

// A laneSource yields the sorted rows of one lane of a merger, batch by batch.
type laneSource interface {
	// next returns a dense batch with at least one row and the values of its sort keys, or io.EOF.
	next(ctx context.Context) (b *vec.Batch, keys []*vec.Vector, err error)
}

// merger merges sorted lanes. Rows that are equal come in the order of the lanes. A tree of losers finds the next
// row: each node holds the lane that lost there, so that when the winner has moved on, only the nodes above it are
// played again.
type merger struct {
	order *rowComparer
	lanes []*mergeLane
	heads []uint64 // words of the lanes' current rows
	tree  []int32  // lanes: node 0 the winner, the others the losers; children of t are 2t and 2t+1, the lanes come last
	begun bool

	parts     []mergePart // of the batch that is being put together
	stretches []mergeRun
}

// mergeLane is the current batch of one lane, from row at on.
type mergeLane struct {
	source laneSource
	batch  *vec.Batch // nil: the lane has ended
	keys   []*vec.Vector
	words  []uint64 // see rowComparer.prefixes
	at     int
	part   int // of merger.parts; -1: none yet
}

// mergePart is the part of a lane's batch that goes into one batch of the output.
type mergePart struct {
	batch    *vec.Batch
	from, to int
}

// mergeRun is a stretch of rows of one part.
type mergeRun struct{ part, from, to int }

func newMerger(order *rowComparer, sources []laneSource) *merger {
	m := &merger{order: order, heads: make([]uint64, len(sources)), tree: make([]int32, max(len(sources), 1))}
	for _, s := range sources {
		m.lanes = append(m.lanes, &mergeLane{source: s, part: -1})
	}
	return m
}

// load fetches a lane's next batch.
func (m *merger) load(ctx context.Context, lane int32) error {
	l := m.lanes[lane]
	l.batch, l.keys, l.at, l.part = nil, nil, 0, -1
	m.heads[lane] = math.MaxUint64 // no lane that has rows left comes behind an ended one
	b, keys, err := l.source.next(ctx)
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return err
	}
	l.batch, l.keys = b, keys
	l.words = resize(l.words, b.Rows)
	if len(keys) == 0 {
		clear(l.words)
	} else {
		m.order.prefixes(keys[0], l.words)
	}
	m.heads[lane] = l.words[0]
	return nil
}

// begin loads all lanes and plays the tree.
func (m *merger) begin(ctx context.Context) error {
	m.begun = true
	for i := range m.tree {
		m.tree[i] = -1
	}
	for i := range m.lanes {
		if err := m.load(ctx, int32(i)); err != nil {
			return err
		}
	}
	for i := range m.lanes {
		w := int32(i)
		t := (i + len(m.lanes)) / 2
		for ; t > 0; t /= 2 {
			if m.tree[t] < 0 {
				m.tree[t] = w
				break
			}
			if m.before(m.tree[t], w) {
				m.tree[t], w = w, m.tree[t]
			}
		}
		if t == 0 {
			m.tree[0] = w
		}
	}
	return nil
}

// before reports whether the current row of lane a comes before that of lane b.
func (m *merger) before(a, b int32) bool {
	if x, y := m.heads[a], m.heads[b]; x != y {
		return x < y
	}
	la, lb := m.lanes[a], m.lanes[b]
	if la.batch == nil || lb.batch == nil {
		return lb.batch == nil && (la.batch != nil || a < b)
	}
	return m.rowBefore(a, la.at, b, lb.at)
}

// rowBefore reports whether row i of lane a comes before row j of lane b.
func (m *merger) rowBefore(a int32, i int, b int32, j int) bool {
	la, lb := m.lanes[a], m.lanes[b]
	if x, y := la.words[i], lb.words[j]; x != y {
		return x < y
	}
	if c := m.order.compare(la.keys, i, lb.keys, j); c != 0 {
		return c < 0
	}
	return a < b
}

// replay puts the winner, whose current row has changed, into its place.
func (m *merger) replay() {
	w := m.tree[0]
	for t := (int(w) + len(m.lanes)) / 2; t > 0; t /= 2 {
		if m.before(m.tree[t], w) {
			m.tree[t], w = w, m.tree[t]
		}
	}
	m.tree[0] = w
}

// second returns the lane whose row comes next after the winner's.
func (m *merger) second() int32 {
	w := m.tree[0]
	t := (int(w) + len(m.lanes)) / 2
	best := m.tree[t]
	for t /= 2; t > 0; t /= 2 {
		if m.before(m.tree[t], best) {
			best = m.tree[t]
		}
	}
	return best
}

// longStretch is how many rows of one lane in a row make it worth while to look for the end of the stretch.
const longStretch = 4

// next returns a batch of about so many rows, or io.EOF.
func (m *merger) next(ctx context.Context, rows int) (*vec.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if !m.begun {
		if err := m.begin(ctx); err != nil {
			return nil, err
		}
	}
	m.parts, m.stretches = m.parts[:0], m.stretches[:0]
	for _, l := range m.lanes {
		l.part = -1
	}
	got, streak, last := 0, 0, int32(-1)
	for got < rows && len(m.lanes) > 0 {
		w := m.tree[0]
		l := m.lanes[w]
		if l.batch == nil {
			break
		}
		if streak++; w != last {
			streak, last = 1, w
		}
		to := l.at + 1
		if streak >= longStretch || len(m.lanes) == 1 || streak == 1 && got == 0 {
			to = m.stretchEnd(w, min(l.batch.Rows, l.at+rows-got))
		}
		m.take(l, to)
		got += to - l.at
		l.at = to
		if l.at < l.batch.Rows {
			m.heads[w] = l.words[l.at]
		} else if err := m.load(ctx, w); err != nil {
			return nil, err
		}
		m.replay()
	}
	if got == 0 {
		return nil, io.EOF
	}
	return m.assemble(got), nil
}

// take adds a lane's rows up to a row to the batch that is being put together.
func (m *merger) take(l *mergeLane, to int) {
	if l.part < 0 {
		l.part = len(m.parts)
		m.parts = append(m.parts, mergePart{l.batch, l.at, to})
	}
	m.parts[l.part].to = to
	if n := len(m.stretches); n > 0 && m.stretches[n-1].part == l.part {
		m.stretches[n-1].to = to
		return
	}
	m.stretches = append(m.stretches, mergeRun{l.part, l.at, to})
}

// stretchEnd returns the end of the winner's rows, up to limit, that come before all other lanes' rows.
func (m *merger) stretchEnd(w int32, limit int) int {
	l := m.lanes[w]
	if len(m.lanes) == 1 {
		return limit
	}
	next := m.second()
	if m.lanes[next].batch == nil {
		return limit
	}
	j := m.lanes[next].at
	// One comparison where lanes hardly overlap.
	if m.rowBefore(w, limit-1, next, j) {
		return limit
	}
	to := l.at + 1
	for to < limit && m.rowBefore(w, to, next, j) {
		to++
	}
	return to
}

// assemble copies the stretches into one batch. Long ones are copied in one go; rows in short ones are gathered
// from the joined parts.
func (m *merger) assemble(rows int) *vec.Batch {
	if len(m.stretches) == 1 {
		p := m.parts[0]
		return p.batch.Slice(p.from, p.to)
	}
	joined := make([]*vec.Batch, len(m.parts))
	base := make([]int, len(m.parts)) // what leads from a row of a part to its place among the joined ones
	total := 0
	for i, p := range m.parts {
		joined[i] = p.batch.Slice(p.from, p.to)
		base[i] = total - p.from
		total += p.to - p.from
	}
	b := joinBatches(joined, total)
	if len(m.parts) == len(m.stretches) {
		return b
	}
	sel := vec.Make[uint32](rows)
	k := 0
	for _, r := range m.stretches {
		for i := r.from; i < r.to; i++ {
			sel[k] = uint32(base[r.part] + i)
			k++
		}
	}
	return gatherBatch(b.Cols, sel)
}
