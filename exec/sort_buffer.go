package exec

import (
	"context"
	"io"
	"math"

	"gsql/exec/expr"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// sortBuffer sorts rows by some of their columns. It keeps them in memory while its reservation can grow; when it
// cannot, what is there goes to disk as a run of sorted rows. In the end the runs are merged. Equal rows stay in the
// order in which they came.
type sortBuffer struct {
	env    *Env
	types  []types.Type
	at     []int // of the keys
	orders []keyOrder
	top    int64 // rows wanted; -1: all
	res    *mem.Reservation
	stats  *Spill
	shares bool  // others need memory while the rows are yielded
	extra  int64 // bytes per row that are reserved ahead for what the caller does with sorted rows

	rows  *collector
	runs  []*sortRun    // in the order in which their rows came
	bound []*vec.Vector // keys of a row behind which no row is wanted, once one is known
	out   sortedRows    // all rows, when there are no runs
	merge *merger       // of the runs
	lanes []*runLane    // that are open
	left  int64         // rows still to be yielded
}

// newSortBuffer returns an empty buffer of an operator's rows. It is to be closed.
func newSortBuffer(env *Env, p Plan, name string, ts []types.Type, at []int, orders []keyOrder, top int64) *sortBuffer {
	b := &sortBuffer{env: env, types: ts, at: at, orders: orders, top: top, left: math.MaxInt64,
		res: env.reserveSpillable(p, name), stats: env.spilled(p)}
	if top >= 0 {
		b.left = top
	}
	b.reset()
	return b
}

func (b *sortBuffer) reset() {
	b.rows = newCollector(b.res, len(b.types))
	b.rows.holdsAhead = true
}

// close drops the rows and their files.
func (b *sortBuffer) close() {
	b.rows, b.out, b.merge = nil, sortedRows{}, nil
	for _, l := range b.lanes {
		l.close()
	}
	for _, r := range b.runs {
		r.file.Remove()
	}
	b.lanes, b.runs = nil, nil
	b.res.Release()
}

// add keeps vectors of n rows each.
func (b *sortBuffer) add(ctx context.Context, cols []*vec.Vector, n int) error {
	if n == 0 {
		return nil
	}
	err := b.keep(cols, n)
	if err == nil || !canSpill(b.env, err) {
		return err
	}
	if b.rows.rows > 0 && !sharesMuch(cols, n) {
		if err := b.spill(ctx); err != nil {
			return err
		}
		if err := b.keep(cols, n); err == nil || !canSpill(b.env, err) {
			return err
		}
	}
	return b.addPieces(ctx, &vec.Batch{Cols: cols, Rows: n})
}

// addAll adds all rows of a stream, with the values of programs as further columns.
func (b *sortBuffer) addAll(ctx context.Context, in Stream, programs []*expr.Program) error {
	for {
		batch, err := in.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		cols, err := extraColumns(b.env.Fn, batch.Compact(), programs)
		if err != nil {
			return err
		}
		if err := b.add(ctx, cols, batch.Len()); err != nil {
			return err
		}
	}
}

// addPieces adds the rows of a dense batch that does not fit as a whole.
func (b *sortBuffer) addPieces(ctx context.Context, batch *vec.Batch) error {
	n := batch.Rows
	all := identity(n)
	if n == 1 || decodedBytes(batch) <= max(b.res.Bytes(), 32<<10) {
		piece := make([]*vec.Vector, len(batch.Cols))
		for i, v := range batch.Cols {
			piece[i] = vec.OwnRows(v, all)
		}
		err := b.keep(piece, n)
		if err != nil && canSpill(b.env, err) && b.rows.rows > 0 {
			if err := b.spill(ctx); err != nil {
				return err
			}
			err = b.keep(piece, n)
		}
		if err == nil || !canSpill(b.env, err) || n == 1 {
			return err
		}
	}
	if err := b.addPieces(ctx, batch.Slice(0, n/2)); err != nil {
		return err
	}
	return b.addPieces(ctx, batch.Slice(n/2, n))
}

// identity returns 0..n-1.
func identity(n int) []uint32 {
	all := make([]uint32, n)
	for i := range all {
		all[i] = uint32(i)
	}
	return all
}

// sharesMuch reports whether vectors keep much more in memory than their rows need: it pays to copy them.
func sharesMuch(cols []*vec.Vector, n int) bool {
	total := int64(0)
	for _, v := range cols {
		total += v.Size()
	}
	return total > 2*decodedBytes(&vec.Batch{Cols: cols, Rows: n})
}

// keep takes rows into memory. What it takes to sort them is reserved too.
func (b *sortBuffer) keep(cols []*vec.Vector, n int) error {
	if b.env.Spill != nil && b.rows.rows+n > math.MaxInt32 {
		return sqlstate.New(sqlstate.OutOfMemory, "too many rows at once")
	}
	ahead := int64(n)*(sortScratch(b.types, b.at)+b.extra) + concatAhead(cols, n)
	if err := b.res.Grow(ahead); err != nil {
		return err
	}
	if err := b.rows.add(cols, n); err != nil {
		_ = b.res.Grow(-ahead)
		return err
	}
	b.rows.ahead += ahead
	return nil
}

// concatAhead returns what vectors of n rows may need beyond their own memory when they are joined with others,
// besides the copy of one column, which is given back before the sort takes more than that.
func concatAhead(cols []*vec.Vector, n int) (bytes int64) {
	bytes = 2 * int64(n)
	for _, v := range cols {
		bytes += 16
		if v.Enc != vec.Flat {
			bytes += int64(n) * int64(v.Kind.Width())
		}
	}
	return bytes
}

// sortScratch returns the bytes per row that a sort takes besides the columns: pairs, their copy, the result, and
// the words and copies of the keys.
func sortScratch(ts []types.Type, at []int) int64 {
	n := int64(2*16 + 4)
	for _, a := range at {
		switch k := ts[a].Kind(); k {
		case types.KBool, types.KInt16, types.KInt32, types.KFloat32, types.KFloat64:
			n += 8
		case types.KInt64:
			if n += 8; ts[a].ID == types.Numeric { // perhaps of 128 bits
				n += 8
			}
		case types.KNum:
			n += 16 + 2*8
		default:
			n += 8 + int64(k.Width())
		}
	}
	return n
}

// sorted sorts what is in memory and returns the columns and the order of the rows that are wanted. It leaves the
// collector empty.
func (b *sortBuffer) sorted(ctx context.Context) ([]*vec.Vector, []uint32, error) {
	n := b.rows.rows
	cols, err := b.rows.columns(ctx, b.types)
	if err != nil {
		return nil, nil, err
	}
	perm, err := sortColumns(ctx, b.rows, cols, n, b.at, b.orders)
	if err != nil {
		return nil, nil, err
	}
	if b.top >= 0 && int64(n) > b.top {
		perm = perm[:b.top]
	}
	return cols, perm, nil
}

// spill writes what is in memory as a run.
func (b *sortBuffer) spill(ctx context.Context) error {
	held := b.res.Bytes()
	cols, perm, err := b.sorted(ctx)
	if err != nil {
		return err
	}
	return b.spillSorted(ctx, cols, perm, held)
}

// spillSorted writes sorted rows as a run; held is how much memory there was for them.
func (b *sortBuffer) spillSorted(ctx context.Context, cols []*vec.Vector, perm []uint32, held int64) error {
	if len(perm) == 0 {
		return b.empty()
	}
	if int64(len(perm)) == b.top {
		b.bound = gatherKeys(cols, b.at, perm[len(perm)-1:])
	}
	w, err := newRunWriter(b.env, b.types, held, b.stats)
	if err != nil {
		return err
	}
	rows := sortedRows{cols: cols, perm: perm}
	all := &vec.Batch{Cols: cols}
	if len(cols) > 0 {
		all.Rows = cols[0].Len
	}
	rowBytes := decodedBytes(all)/int64(max(all.Rows, 1)) + 1
	run, err := w.writeAll(ctx, rowBytes, rows.next)
	if err != nil {
		return err
	}
	b.runs = append(b.runs, run)
	return b.empty()
}

// empty gives the memory back.
func (b *sortBuffer) empty() error {
	b.reset()
	return b.res.Resize(0)
}

func gatherKeys(cols []*vec.Vector, at []int, sel []uint32) []*vec.Vector {
	keys := make([]*vec.Vector, len(at))
	for i, a := range at {
		keys[i] = vec.Gather(cols[a], sel)
	}
	return keys
}

// finish is called when all rows are in; next may be called from then on.
func (b *sortBuffer) finish(ctx context.Context) error {
	held := b.res.Bytes()
	cols, perm, err := b.sorted(ctx)
	if err != nil {
		return err
	}
	if err := b.rows.settle(); err != nil {
		return err
	}
	if len(b.runs) == 0 {
		b.out = sortedRows{cols: cols, perm: perm}
		return nil
	}
	last := sortedRows{cols: cols, perm: perm}
	if b.shares || len(b.runs) > maxFanIn || b.res.Grow(mergeBytes(b.runs)) != nil { // no room to keep them while others are merged
		if err := b.spillSorted(ctx, cols, perm, held); err != nil {
			return err
		}
		last = sortedRows{}
		if err := b.mergeDown(ctx); err != nil {
			return err
		}
	}
	return b.openRuns(last)
}

// readRows returns how many rows to ask next for so that they are few in the measure of the memory there is.
func (b *sortBuffer) readRows() int {
	rows := 16
	for _, r := range b.runs {
		rows = max(rows, 4*r.rows)
	}
	return min(rows, runBatchRows)
}

// next returns the next rows in order, with all columns.
func (b *sortBuffer) next(ctx context.Context, rows int) (*vec.Batch, error) {
	if b.merge == nil {
		return b.out.next(ctx, rows)
	}
	if b.left == 0 {
		return nil, io.EOF
	}
	batch, err := b.merge.next(ctx, int(min(int64(rows), b.left)))
	if err != nil {
		return nil, err
	}
	b.left -= int64(batch.Rows)
	return batch, nil
}
