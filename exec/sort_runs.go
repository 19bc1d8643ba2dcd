package exec

import (
	"context"
	"io"

	"gsql/exec/spill"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// sortRun is a file of sorted rows.
type sortRun struct {
	file *spill.File
	rows int   // of the largest batch
	size int64 // bytes of the largest batch
}

const (
	maxFanIn = 256 // runs that are merged at once, each an open file

	runBatchRows             = 8192
	minRunBatch, maxRunBatch = 4 << 10, 512 << 10 // bytes
	minRunBuffer             = 1 << 10            // of a reader
)

// buffer returns the size of the buffer of a run's reader.
func (r *sortRun) buffer() int { return int(min(max(r.size/2, minRunBuffer), 64<<10)) }

// bytes returns the memory that reading the run takes: a batch, its compressed form, its words.
func (r *sortRun) bytes() int64 { return 2*r.size + 8*int64(r.rows) + int64(r.buffer()) }

// mergeBytes returns the memory that merging runs takes.
func mergeBytes(runs []*sortRun) (n int64) {
	for _, r := range runs {
		n += r.bytes()
	}
	return n
}

// runWriter writes a run. Its own buffers are not counted, like batches in flight.
type runWriter struct {
	w     *spill.Writer
	stats *Spill
	run   sortRun
	batch int64 // bytes aimed at
	ints  []int64
}

// newRunWriter starts a run that is to be merged by somebody who has about so much memory: batches are so small
// that many fit.
func newRunWriter(env *Env, ts []types.Type, memory int64, stats *Spill) (*runWriter, error) {
	w, err := env.Spill.Create(ts)
	if err != nil {
		return nil, err
	}
	return &runWriter{w: w, stats: stats, batch: min(max(memory/128, minRunBatch), maxRunBatch)}, nil
}

// writeAll writes the batches that next yields, which is asked for so many rows at a time, and ends the run. rowBytes
// is the size of a row.
func (w *runWriter) writeAll(ctx context.Context, rowBytes int64, next func(ctx context.Context, rows int) (*vec.Batch, error)) (*sortRun, error) {
	rows := int(min(max(w.batch/rowBytes, 1), runBatchRows))
	for {
		yield(ctx)
		b, err := next(ctx, rows)
		if err == io.EOF {
			break
		}
		if err == nil {
			err = w.write(b)
		}
		if err != nil {
			w.w.Close()
			return nil, err
		}
	}
	return w.finish()
}

// write appends the rows of a dense batch, in several when they are larger than expected.
func (w *runWriter) write(b *vec.Batch) error {
	size := decodedBytes(b)
	if size > 2*w.batch && b.Rows > 1 {
		half := b.Rows / 2
		if err := w.write(b.Slice(0, half)); err != nil {
			return err
		}
		return w.write(b.Slice(half, b.Rows))
	}
	w.run.rows = max(w.run.rows, b.Rows)
	w.run.size = max(w.run.size, size)
	return w.w.Write(b)
}

// writeInts appends rows of an only column of int8. It does nothing on nil.
func (w *runWriter) writeInts(ints ...int64) error {
	if w == nil {
		return nil
	}
	if w.ints = append(w.ints, ints...); int64(len(w.ints))*8 < w.batch {
		return nil
	}
	return w.flushInts()
}

func (w *runWriter) flushInts() error {
	if len(w.ints) == 0 {
		return nil
	}
	v := vec.New(types.Of(types.Int64), types.KInt64, w.ints, nil)
	w.ints = nil
	return w.write(&vec.Batch{Cols: []*vec.Vector{v}, Rows: v.Len})
}

// close drops the run; it may be called on nil.
func (w *runWriter) close() {
	if w != nil {
		w.w.Close()
	}
}

// finish ends the run. After an error it is dropped.
func (w *runWriter) finish() (*sortRun, error) {
	if err := w.flushInts(); err != nil {
		w.close()
		return nil, err
	}
	f, err := w.stats.finish(w.w)
	if err != nil {
		return nil, err
	}
	w.run.file = f
	return &w.run, nil
}

// decodedBytes returns the memory of a batch when it is read again.
func decodedBytes(b *vec.Batch) (n int64) {
	for _, v := range b.Cols {
		n += int64(b.Rows)*int64(v.Kind.Width()) + int64(b.Rows)/8
		if v.Kind == types.KView { // the strings besides their views, and where they begin
			n += textBytes(v) + 4*int64(b.Rows)
		}
		if v.Kind == types.KList {
			n += listBytes(v, b.Rows)
		}
		if v.Kind == types.KRow {
			n += recordBytes(v, b.Rows)
		}
	}
	return n
}

// textBytes returns the bytes of all strings of a vector.
func textBytes(v *vec.Vector) (n int64) {
	switch v.Enc {
	case vec.Flat:
		views := vec.Values[vec.View](v)
		for i := range views {
			n += int64(views[i].Len)
		}
	case vec.Const:
		n = int64(v.Len) * int64(len(v.Bytes(0)))
	default:
		views := vec.Values[vec.View](v.Dict)
		for _, c := range v.Codes() {
			n += int64(views[c].Len)
		}
	}
	return n
}

// recordBytes estimates the memory of the fields of records.
func recordBytes(v *vec.Vector, rows int) (n int64) {
	values := v
	if v.Enc == vec.Dict {
		values = v.Dict
	}
	for _, f := range values.Fields {
		n += (f.Size()/int64(max(f.Len, 1)) + 1) * int64(rows)
	}
	return n
}

// listBytes estimates the memory of the elements of lists.
func listBytes(v *vec.Vector, rows int) (n int64) {
	values := v
	if v.Enc == vec.Dict {
		values = v.Dict
	}
	if values.Child == nil || values.Child.Len == 0 {
		return 0
	}
	each := values.Child.Size()/int64(values.Child.Len) + 1
	for i := range rows {
		if !v.IsNull(i) {
			n += int64(vec.At[vec.List](v, i).Len) * each
		}
	}
	return n
}

// runLane reads a run, and removes its file when it has been read.
type runLane struct {
	run *sortRun
	at  []int // of the keys
	r   *spill.Reader
}

func openRun(run *sortRun, at []int) (*runLane, error) {
	r, err := run.file.OpenSize(run.buffer())
	if err != nil {
		return nil, err
	}
	return &runLane{run: run, at: at, r: r}, nil
}

func (l *runLane) next(ctx context.Context) (*vec.Batch, []*vec.Vector, error) {
	if l.r == nil {
		return nil, nil, io.EOF
	}
	b, err := l.r.Next(ctx)
	if err != nil {
		if err == io.EOF {
			l.close()
		}
		return nil, nil, err
	}
	return b, columnsAt(b.Cols, l.at), nil
}

func (l *runLane) close() {
	if l.r != nil {
		l.r.Close()
		l.run.file.Remove()
		l.r = nil
	}
}

func columnsAt(cols []*vec.Vector, at []int) []*vec.Vector {
	out := make([]*vec.Vector, len(at))
	for i, a := range at {
		out[i] = cols[a]
	}
	return out
}

// memoryLane yields sorted rows that are in memory.
type memoryLane struct {
	rows sortedRows
	at   []int
}

func (l *memoryLane) next(ctx context.Context) (*vec.Batch, []*vec.Vector, error) {
	b, err := l.rows.next(ctx, runBatchRows)
	if err != nil {
		return nil, nil, err
	}
	return b, columnsAt(b.Cols, l.at), nil
}

// mergeDown merges runs until there is memory for all that are left, which it then holds.
func (b *sortBuffer) mergeDown(ctx context.Context) error {
	for {
		k, err := b.fanIn()
		if err != nil || k >= len(b.runs) {
			return err
		}
		if err := b.mergeSome(ctx, min(k, len(b.runs)-k+1)); err != nil {
			return err
		}
	}
}

// fanIn returns how many runs can be merged at once, and reserves the memory for that: for all of them, or for any
// so many.
func (b *sortBuffer) fanIn() (int, error) {
	if len(b.runs) <= maxFanIn && b.mayMerge(mergeBytes(b.runs)) {
		return len(b.runs), nil
	}
	most := int64(0)
	for _, r := range b.runs {
		most = max(most, r.bytes())
	}
	for k := min(maxFanIn, len(b.runs)-1); k > 2; k -= (k + 3) / 4 {
		if b.mayMerge(int64(k) * most) {
			return k, nil
		}
	}
	return min(2, len(b.runs)), b.res.Resize(min(2, int64(len(b.runs))) * most)
}

// mayMerge reserves n bytes for a merge. When others need memory while the rows are yielded, that is at most a quarter
// of all there is.
func (b *sortBuffer) mayMerge(n int64) bool {
	if limit := b.env.Mem.Limit(); b.shares && n > max(limit/4, 64<<10) {
		return false
	}
	return b.res.Resize(n) == nil
}

// mergeSome merges k neighbours into one run, those with the fewest bytes.
func (b *sortBuffer) mergeSome(ctx context.Context, k int) error {
	k = max(k, 2)
	best, least := 0, int64(-1)
	for i := 0; i+k <= len(b.runs); i++ {
		sum := int64(0)
		for _, r := range b.runs[i : i+k] {
			sum += r.file.Bytes()
		}
		if least < 0 || sum < least {
			best, least = i, sum
		}
	}
	some := b.runs[best : best+k]
	memory, rowBytes, rows := b.res.Bytes(), int64(1), int64(0)
	for _, r := range some {
		rowBytes = max(rowBytes, r.size/int64(r.rows))
		rows += r.file.Rows()
	}
	lanes, err := b.open(some)
	if err != nil {
		return err
	}
	w, err := newRunWriter(b.env, b.types, memory, b.stats)
	if err != nil {
		return err
	}
	m := newMerger(&rowComparer{b.orders}, lanes)
	left := rows
	if b.top >= 0 {
		left = min(left, b.top)
	}
	run, err := w.writeAll(ctx, rowBytes, func(ctx context.Context, rows int) (*vec.Batch, error) {
		if left == 0 {
			return nil, io.EOF
		}
		batch, err := m.next(ctx, int(min(int64(rows), left)))
		if err == nil {
			left -= int64(batch.Rows)
		}
		return batch, err
	})
	for _, l := range b.lanes {
		l.close()
	}
	b.lanes = nil
	if err != nil {
		return err
	}
	b.runs = append(b.runs[:best], append([]*sortRun{run}, b.runs[best+k:]...)...)
	return nil
}

// open opens runs as lanes.
func (b *sortBuffer) open(runs []*sortRun) ([]laneSource, error) {
	var lanes []laneSource
	for _, r := range runs {
		l, err := openRun(r, b.at)
		if err != nil {
			return nil, err
		}
		b.lanes = append(b.lanes, l)
		lanes = append(lanes, l)
	}
	return lanes, nil
}

// openRuns begins to merge all runs and the rows in last, which came after them.
func (b *sortBuffer) openRuns(last sortedRows) error {
	lanes, err := b.open(b.runs)
	if err != nil {
		return err
	}
	if len(last.perm) > 0 {
		lanes = append(lanes, &memoryLane{rows: last, at: b.at})
	}
	b.merge = newMerger(&rowComparer{b.orders}, lanes)
	return nil
}
