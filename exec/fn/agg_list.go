package fn

import (
	"slices"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// valueLog keeps all rows of an aggregate that needs them all (median, array_agg, ...): as they come, with
// their groups, which is as fast as memory is written. They are dealt out to the groups when results are
// asked for.
type valueLog struct {
	chunks [][]*vec.Vector // per column of values
	groups []uint32
	n      int // groups
	held   int64
	fixed  int64 // of held, what is copied when the rows are dealt out

	cols   []*vec.Vector // all rows, once they are dealt out
	rows   []uint32      // row numbers by group, in the order they came
	starts []uint32      // per group the first place in rows

	coming []int64 // per group, the rows that are to be placed; nil: none are

	check func() error // see Checking; may be nil
}

func (l *valueLog) CheckWith(check func() error) { l.check = check }

// checkRows is how many rows are worked on between two calls of check.
const checkRows = 1 << 14

// checkAt calls check for one row in many; i counts rows.
func (l *valueLog) checkAt(i int) error {
	if i&(checkRows-1) != 0 || l.check == nil {
		return nil
	}
	return l.check()
}

// stopped is checkAt for what cannot be told why it stops; the next checkAt does.
func (l *valueLog) stopped() bool { return l.checkAt(0) != nil }

func newValueLog(cols int) valueLog { return valueLog{chunks: make([][]*vec.Vector, cols)} }

func (l *valueLog) Grow(n int) { l.n = max(l.n, n) }

// Bytes counts what dealing the rows out will take, too.
func (l *valueLog) Bytes() int64 { return l.bytesWith(0) }

// bytesWith is Bytes where a batch of results takes so many bytes, after the rows are dealt out.
func (l *valueLog) bytesWith(results int64) int64 {
	if l.rows == nil {
		results = max(results, l.fixed/int64(len(l.chunks)))
	}
	return l.held + int64(cap(l.groups)+len(l.groups)+2*l.n)*4 + results
}

// chunkBytes is what a vector takes besides its values.
const chunkBytes = 160

func (l *valueLog) LogColumns() int { return len(l.chunks) }

func (l *valueLog) TakeLog() (chunks [][]*vec.Vector, groups []uint32) {
	chunks, groups = l.chunks, l.groups
	l.chunks, l.groups = make([][]*vec.Vector, len(chunks)), nil
	l.held, l.fixed = 0, 0
	l.cols, l.rows, l.starts = nil, nil, nil
	l.coming = nil
	return chunks, groups
}

func (l *valueLog) AddLog(cols []*vec.Vector, groups []uint32) { l.add(cols, nil, groups) }

// add keeps the rows that are set in valid.
func (l *valueLog) add(cols []*vec.Vector, valid vec.Bitmap, groups []uint32) {
	if valid != nil {
		sel := make([]uint32, 0, len(groups))
		for i, g := range groups {
			if valid.Get(i) {
				sel = append(sel, uint32(i))
				l.groups = append(l.groups, g)
			}
		}
		if len(sel) == 0 {
			return
		}
		gathered := make([]*vec.Vector, len(cols))
		for i, v := range cols {
			gathered[i] = vec.Gather(v, sel)
		}
		cols = gathered
	} else {
		l.groups = append(l.groups, groups...)
	}
	for i, v := range cols {
		v = owned(vec.Flatten(v))
		l.held += v.Size() + chunkBytes
		l.fixed += int64(len(v.Data) + 8*len(v.Valid))
		l.chunks[i] = append(l.chunks[i], v)
	}
	l.rows = nil
}

// expect counts the rows that are set in valid as coming.
func (l *valueLog) expect(valid vec.Bitmap, groups []uint32) {
	l.coming = grown(l.coming, max(l.n, 1))
	for i, g := range groups {
		if valid.Get(i) {
			l.coming[g]++
		}
	}
}

// inResult returns how much of n bytes of all rows one batch of results holds.
func (l *valueLog) inResult(n int64) int64 {
	const rows = 8192
	return n * rows / max(int64(l.n), rows)
}

// owned returns a flat vector with its long strings and the elements of its arrays copied, so that it keeps no
// file's text in memory.
func owned(v *vec.Vector) *vec.Vector {
	if v.Kind == types.KList && v.Child != nil {
		return ownedLists(v)
	}
	if v.Kind == types.KRow {
		return ownedRows(v)
	}
	if v.Kind != types.KView || len(v.Bufs) == 0 {
		return v
	}
	w := *v
	views := append([]vec.View(nil), vec.Values[vec.View](v)...)
	var text []byte
	for i := range views {
		if views[i].Len > vec.ViewInline {
			s := views[i].In(v.Bufs, &views[i])
			views[i].Buf, views[i].Off = 0, uint32(len(text))
			text = append(text, s...)
		}
	}
	w.Data, w.Bufs = vec.BytesOf(views), nil
	if len(text) > 0 {
		w.Bufs = [][]byte{text}
	}
	return &w
}

func ownedRows(v *vec.Vector) *vec.Vector {
	w := *vec.DenseRows(v)
	w.Fields = slices.Clone(w.Fields)
	for k, f := range w.Fields {
		w.Fields[k] = owned(f)
	}
	return &w
}

func ownedLists(v *vec.Vector) *vec.Vector {
	lists := make([]vec.List, v.Len)
	var sel []uint32
	for i, x := range vec.Values[vec.List](v) {
		if !v.Valid.Get(i) {
			continue
		}
		lists[i] = vec.List{Off: uint32(len(sel)), Len: x.Len, Shape: x.Shape}
		for k := range x.Len {
			sel = append(sel, x.Off+k)
		}
	}
	w := *v
	w.Data, w.Child = vec.BytesOf(lists), owned(vec.Gather(v.Child, sel))
	return &w
}

// addLists keeps the elements of states: per column a list, of the same length in all columns.
func (l *valueLog) addLists(state []*vec.Vector, groups []uint32) {
	cols := make([]*vec.Vector, len(state))
	for i, v := range state {
		cols[i] = vec.Flatten(v)
	}
	if cols[0].Child == nil {
		return
	}
	var sel, owners []uint32
	for i, list := range vec.Values[vec.List](cols[0]) {
		for k := range list.Len {
			sel = append(sel, list.Off+k)
			owners = append(owners, groups[i])
		}
	}
	if len(sel) == 0 {
		return
	}
	elems := make([]*vec.Vector, len(cols))
	for i, v := range cols {
		if i > 0 { // its lists may lie elsewhere in its child
			sel = sel[:0]
			for _, list := range vec.Values[vec.List](v) {
				for k := range list.Len {
					sel = append(sel, list.Off+k)
				}
			}
		}
		elems[i] = vec.Gather(v.Child, sel)
	}
	l.add(elems, nil, owners)
}

// deal sorts the rows by group.
func (l *valueLog) deal() error {
	if l.rows != nil && len(l.starts) == l.n+1 {
		return nil
	}
	l.cols = make([]*vec.Vector, len(l.chunks))
	for i, c := range l.chunks {
		if len(c) == 0 {
			continue
		}
		if l.cols[i] = vec.ConcatUntil(l.stopped, c); l.cols[i] == nil {
			return l.check()
		}
		l.chunks[i] = []*vec.Vector{l.cols[i]}
	}
	starts := make([]uint32, l.n+1)
	for i, g := range l.groups {
		if err := l.checkAt(i); err != nil {
			return err
		}
		starts[g+1]++
	}
	for g := range l.n {
		starts[g+1] += starts[g]
	}
	rows := make([]uint32, len(l.groups))
	at := append([]uint32(nil), starts[:l.n]...)
	for i, g := range l.groups {
		if err := l.checkAt(i); err != nil {
			return err
		}
		rows[at[g]] = uint32(i)
		at[g]++
	}
	l.rows, l.starts = rows, starts
	return nil
}

// of returns the rows of a group.
func (l *valueLog) of(g int) []uint32 { return l.rows[l.starts[g]:l.starts[g+1]] }

// lists returns column c of groups from..to-1 as arrays of type t, empty ones for groups without rows.
func (l *valueLog) lists(c int, t types.Type, from, to int, emptyNull bool) (*vec.Vector, error) {
	if err := l.deal(); err != nil {
		return nil, err
	}
	first, last := l.starts[from], l.starts[to]
	f := flags{n: to - from}
	lists := make([]vec.List, to-from)
	for i := range lists {
		a, b := l.starts[from+i], l.starts[from+i+1]
		lists[i] = vec.List{Off: a - first, Len: b - a}
		if a == b && emptyNull {
			f.null(i)
		}
	}
	v := vec.New(t, types.KList, lists, f.valid)
	if l.cols[c] == nil {
		v.Child = vec.Flatten(vec.NewNull(t.Element(), 0))
		return v, nil
	}
	elems := vec.GatherUntil(l.stopped, l.cols[c], l.rows[first:last])
	if elems == nil {
		return nil, l.check()
	}
	v.Child = elems.WithType(t.Element())
	return v, nil
}

// states returns the columns as arrays of a partial state.
func (l *valueLog) states(from, to int, ts ...types.Type) ([]*vec.Vector, error) {
	out := make([]*vec.Vector, len(ts))
	for c, t := range ts {
		var err error
		if out[c], err = l.lists(c, t, from, to, false); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func init() {
	RegisterAggregate(&Aggregate{
		Name: "array_agg", Args: []types.Type{types.Of(types.AnyElement)}, OrderSensitive: true,
		RetOf: func(args []types.Type) types.Type { return types.ArrayOf(args[0]) },
		State: func(args []types.Type) []types.Type { return []types.Type{types.ArrayOf(args[0])} },
		New: func(_ []types.Type, ret types.Type) Accumulator {
			return &arrayAcc{valueLog: newValueLog(1), ret: ret}
		},
	})
	for _, id := range []types.ID{types.Text, types.Bytea} {
		t := types.Of(id)
		RegisterAggregate(&Aggregate{
			Name: "string_agg", Args: []types.Type{t, t}, Ret: t, OrderSensitive: true,
			State: func([]types.Type) []types.Type { return []types.Type{types.ArrayOf(t), types.ArrayOf(t)} },
			New: func([]types.Type, types.Type) Accumulator {
				return &joinAcc{valueLog: newValueLog(2), ret: t}
			},
		})
	}
}
