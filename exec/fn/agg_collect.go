package fn

import (
	"math"
	"slices"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Limits of PostgreSQL on one value.
const (
	maxValueBytes    = 1<<30 - 1
	maxArrayElements = maxValueBytes / 8
)

// arrayAcc is array_agg.
type arrayAcc struct {
	valueLog
	ret types.Type

	// Of the values that are coming.
	kind   types.Kind
	nulls  bool
	values int64
	bytes  int64 // of what does not lie in the vector itself
	placed *vec.Joiner
	firsts []uint32 // per group, once results are asked for: its first value among those placed
}

func (a *arrayAcc) Update(args []*vec.Vector, groups []uint32) error {
	a.add(args[:1], nil, groups)
	return nil
}

func (a *arrayAcc) Merge(state []*vec.Vector, groups []uint32) error {
	a.addLists(state, groups)
	return nil
}

func (a *arrayAcc) State(from, to int) ([]*vec.Vector, error) {
	return a.states(from, to, a.ret)
}

func (a *arrayAcc) LogOrder() (sorted, desc bool) { return false, false }

func (a *arrayAcc) Bytes() int64 {
	if a.coming == nil {
		return a.bytesWith(a.inResult(a.fixed))
	}
	return a.values*int64(a.kind.Width()) + a.values/8 + a.bytes + int64(len(a.coming))*12
}

func (a *arrayAcc) Expect(args []*vec.Vector, groups []uint32) error {
	v := vec.Flatten(args[0])
	if a.coming == nil {
		a.kind, a.nulls, a.values, a.bytes, a.placed, a.firsts = a.ret.Element().Kind(), false, 0, 0, nil, nil
	}
	a.expect(nil, groups)
	a.values += int64(len(groups))
	a.bytes += ownedBytes(v)
	a.nulls = a.nulls || v.Valid != nil
	if v.Kind == types.KInt128 {
		a.kind = v.Kind
	}
	for _, g := range groups {
		if a.coming[g] > maxArrayElements || a.values > math.MaxUint32 {
			return errArraySize()
		}
	}
	return nil
}

// ownedBytes returns what owned copies of a flat vector besides its fixed part: elements of arrays twice, as they are
// joined in the end.
func ownedBytes(v *vec.Vector) (n int64) {
	switch {
	case v.Kind == types.KView:
		views := vec.Values[vec.View](v)
		for i := range views {
			if views[i].Len > vec.ViewInline {
				n += int64(views[i].Len)
			}
		}
	case v.Kind == types.KRow && len(v.Fields) > 0 && v.Fields[0].Len > 0:
		for _, f := range v.Fields {
			n += 2 * int64(v.Len) * (f.Size()/int64(f.Len) + 1)
		}
	case v.Kind == types.KList && v.Child != nil && v.Child.Len > 0:
		each := v.Child.Size()/int64(v.Child.Len) + 1
		for _, l := range vec.Values[vec.List](v) {
			n += 2 * int64(l.Len) * each
		}
	}
	return n
}

func (a *arrayAcc) Place(args []*vec.Vector, groups []uint32) error {
	if a.placed == nil {
		a.placed = vec.NewJoiner(a.ret.Element(), a.kind, int(a.values), a.nulls)
	}
	a.placed.Add(owned(vec.Flatten(args[0])))
	return nil
}

func errArraySize() error {
	return sqlstate.New(sqlstate.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxArrayElements)
}

func (a *arrayAcc) Result(from, to int) (*vec.Vector, error) {
	if a.placed != nil {
		return a.placedLists(from, to)
	}
	if err := a.deal(); err != nil {
		return nil, err
	}
	for g := from; g < to; g++ {
		if len(a.of(g)) > maxArrayElements {
			return nil, errArraySize()
		}
	}
	return a.lists(0, a.ret, from, to, true)
}

// placedLists returns arrays whose elements are those that were placed; nothing is copied.
func (a *arrayAcc) placedLists(from, to int) (*vec.Vector, error) {
	if a.firsts == nil {
		a.firsts = make([]uint32, a.n+1)
		for g := range a.n {
			a.firsts[g+1] = a.firsts[g]
			if g < len(a.coming) {
				a.firsts[g+1] += uint32(a.coming[g])
			}
		}
	}
	v := results(a.ret, types.KList, from, to, func(g int) (vec.List, bool) {
		l := vec.List{Off: a.firsts[g], Len: a.firsts[g+1] - a.firsts[g]}
		return l, l.Len > 0
	})
	v.Child = a.placed.Vector()
	return v, nil
}

// joinAcc is string_agg: the values with the delimiter of each but the first before it.
type joinAcc struct {
	valueLog
	ret  types.Type
	text int64 // bytes of all values and delimiters

	// Of the strings that are coming, each at most as long as all its values and delimiters.
	sizes []int64 // per group
	left  int64   // of those not begun
	views []vec.View
	bufs  [][]byte // that are full
	buf   []byte
	start int // of the string begun
	group int // whose string that is; -1: none
}

func (a *joinAcc) Update(args []*vec.Vector, groups []uint32) error {
	a.text += textBytes(args[0]) + textBytes(args[1])
	a.add(args, validity(args[0]), groups)
	return nil
}

func (a *joinAcc) AddLog(cols []*vec.Vector, groups []uint32) {
	a.text += textBytes(cols[0]) + textBytes(cols[1])
	a.valueLog.AddLog(cols, groups)
}

// rowBytes returns the length of the strings in row i, none of NULL.
func rowBytes(cols []*vec.Vector, i int) (n int64) {
	for _, v := range cols {
		if !v.IsNull(i) {
			n += int64(len(v.Bytes(i)))
		}
	}
	return n
}

func (a *joinAcc) Merge(state []*vec.Vector, groups []uint32) error {
	for _, v := range state {
		if v = vec.Flatten(v); v.Child != nil {
			a.text += textBytes(v.Child)
		}
	}
	a.addLists(state, groups)
	return nil
}

// textBytes returns the length of all strings of a vector.
func textBytes(v *vec.Vector) (n int64) {
	switch v.Enc {
	case vec.Const:
		if !v.IsNull(0) {
			n = int64(v.Len) * int64(len(v.Bytes(0)))
		}
	case vec.Dict:
		views := vec.Values[vec.View](v.Dict)
		for i, c := range v.Codes() {
			if v.Valid.Get(i) {
				n += int64(views[c].Len)
			}
		}
	default:
		views := vec.Values[vec.View](v)
		for i := range views {
			n += int64(views[i].Len)
		}
	}
	return n
}

func (a *joinAcc) State(from, to int) ([]*vec.Vector, error) {
	t := types.ArrayOf(a.ret)
	return a.states(from, to, t, t)
}

func (a *joinAcc) TakeLog() (chunks [][]*vec.Vector, groups []uint32) {
	a.text = 0
	return a.valueLog.TakeLog()
}

func (a *joinAcc) LogOrder() (sorted, desc bool) { return false, false }

func (a *joinAcc) Bytes() int64 {
	if a.coming == nil {
		return a.bytesWith(a.inResult(a.text))
	}
	return a.text + int64(len(a.coming))*(8+8+16)
}

func (a *joinAcc) Expect(args []*vec.Vector, groups []uint32) error {
	if a.coming == nil {
		a.sizes, a.left, a.views, a.bufs, a.buf, a.group, a.text = nil, 0, nil, nil, nil, -1, 0
	}
	valid := validity(args[0])
	a.expect(valid, groups)
	a.sizes = grown(a.sizes, a.n)
	for i, g := range groups {
		if !valid.Get(i) {
			continue
		}
		n := rowBytes(args, i)
		a.text += n
		a.left += n
		if a.sizes[g] += n; a.sizes[g] > maxValueBytes {
			return errTextSize()
		}
	}
	return nil
}

func errTextSize() error {
	return sqlstate.New(sqlstate.ProgramLimitExceeded, "the result of string_agg exceeds the maximum length of a value (%d bytes)", maxValueBytes)
}

func (a *joinAcc) Place(args []*vec.Vector, groups []uint32) error {
	a.views = grown(a.views, a.n)
	value, delimiter := vec.Flatten(args[0]), args[1]
	for i, g := range groups {
		if !value.Valid.Get(i) {
			continue
		}
		if int(g) != a.group {
			a.begin(int(g))
		} else if !delimiter.IsNull(i) {
			a.buf = append(a.buf, delimiter.Bytes(i)...)
		}
		a.buf = append(a.buf, value.Bytes(i)...)
	}
	a.seal()
	return nil
}

// begin ends the string of one group and begins that of the next.
func (a *joinAcc) begin(g int) {
	a.seal()
	size := a.sizes[g]
	if int64(cap(a.buf)-len(a.buf)) < size {
		if len(a.buf) > 0 {
			a.bufs = append(a.bufs, a.buf)
		}
		a.buf = make([]byte, 0, min(max(size, maxValueBytes), a.left))
	}
	a.left -= size
	a.group, a.start = g, len(a.buf)
}

// seal makes what the buffer holds of the group's string its result, for now.
func (a *joinAcc) seal() {
	if a.group >= 0 {
		a.views[a.group] = vec.MakeView(a.buf[a.start:], uint32(len(a.bufs)), uint32(a.start))
	}
}

func (a *joinAcc) Result(from, to int) (*vec.Vector, error) {
	if a.coming != nil {
		a.views = grown(a.views, a.n)
		v := results(a.ret, types.KView, from, to, func(g int) (vec.View, bool) {
			return a.views[g], g < len(a.coming) && a.coming[g] > 0
		})
		v.Bufs = append(a.bufs[:len(a.bufs):len(a.bufs)], a.buf)
		return v, nil
	}
	if err := a.deal(); err != nil {
		return nil, err
	}
	f := flags{n: to - from}
	s := NewStrings(to-from, nil)
	for i := range to - from {
		rows := a.of(from + i)
		if len(rows) == 0 {
			f.null(i)
			continue
		}
		size := 0 // at once, since growing would copy what may be most of the memory
		for k, r := range rows {
			if err := a.checkAt(k); err != nil {
				return nil, err
			}
			size += len(a.cols[0].Bytes(int(r))) + len(a.delimiter(k, r))
		}
		if size > maxValueBytes {
			return nil, errTextSize()
		}
		buf := slices.Grow(s.Begin(), size)
		for k, r := range rows {
			if err := a.checkAt(k); err != nil {
				return nil, err
			}
			buf = append(append(buf, a.delimiter(k, r)...), a.cols[0].Bytes(int(r))...)
		}
		s.End(i, buf)
	}
	return s.Finish(a.ret, f.valid), nil
}

// delimiter returns what comes before the k-th value of a group, in row r; nothing for NULL.
func (a *joinAcc) delimiter(k int, r uint32) []byte {
	if k == 0 || a.cols[1].IsNull(int(r)) {
		return nil
	}
	return a.cols[1].Bytes(int(r))
}
