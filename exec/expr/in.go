package expr

import (
	"bytes"
	"math"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// inNode is a membership test in a list of constants.
type inNode struct {
	arg  node
	set  set
	null bool // the list has a NULL: what is not in it is NULL
	memo struct {
		dict *vec.Vector
		bits []uint8
	}
}

// A set answers for many values at once whether they are in it.
type set interface {
	// test writes 1 for the values of v, which is flat, that are in the set, else 0. What it writes for
	// NULLs is any of both.
	test(v *vec.Vector, bits []uint8)
}

func (c *compiler) in(e *In) (node, error) {
	arg, err := c.compile(e.Arg)
	if err != nil {
		return nil, err
	}
	n := &inNode{arg: arg}
	var list []*vec.Vector
	for _, x := range e.List {
		if x.Value.IsNull(0) {
			n.null = true
		} else {
			list = append(list, x.Value)
		}
	}
	if n.set = makeSet(e.Arg.Type(), list); n.set != nil {
		return n, nil
	}
	terms := make([]Expr, len(e.List))
	for i, x := range e.List {
		terms[i] = &Call{Fn: e.Eq, Args: []Expr{e.Arg, x}, Typ: types.Of(types.Bool)}
	}
	if len(terms) == 0 {
		terms = append(terms, &Const{vec.NewConst(types.Of(types.Bool), types.KBool, uint8(0), 1)})
	}
	return c.logic(terms, true)
}

// makeSet returns the set of constants, which are not NULL, or nil when there is none for their type.
func makeSet(t types.Type, list []*vec.Vector) set {
	switch t.ID {
	case types.Bool, types.Int16, types.Int32, types.Int64, types.OID, types.Date, types.Time, types.Timestamp, types.TimestampTZ,
		types.XID, types.CID:
		return newIntSet(ints(list))
	case types.Numeric:
		if t.Scale == types.DynamicScale {
			return nil
		}
		var in []int64
		for _, c := range list {
			if c.Type.Scale != t.Scale {
				return nil
			}
			if c.Kind == types.KInt64 {
				in = append(in, vec.At[int64](c, 0))
			} // others are too large to be in the set, but a wide column's may be equal; see wideSet
		}
		return wideSet{newIntSet(in), list}
	case types.Float32, types.Float64:
		in := make([]int64, len(list))
		for i, c := range list {
			in[i] = floatKey(floatAt(c))
		}
		return floatSet{newIntSet(in)}
	case types.Text, types.Varchar, types.Name, types.Bytea, types.InternalChar:
		return newStringSet(list)
	}
	return nil
}

func ints(list []*vec.Vector) []int64 {
	out := make([]int64, len(list))
	for i, c := range list {
		switch c.Kind {
		case types.KBool:
			out[i] = int64(vec.At[uint8](c, 0))
		case types.KInt16:
			out[i] = int64(vec.At[int16](c, 0))
		case types.KInt32:
			out[i] = int64(vec.At[int32](c, 0))
		default:
			out[i] = vec.At[int64](c, 0)
		}
	}
	return out
}

func floatAt(c *vec.Vector) float64 {
	if c.Kind == types.KFloat32 {
		return float64(vec.At[float32](c, 0))
	}
	return vec.At[float64](c, 0)
}

// floatKey returns the bits of x, the same for equal values.
func floatKey(x float64) int64 {
	if x == 0 {
		x = 0
	}
	if x != x {
		x = math.NaN()
	}
	return int64(math.Float64bits(x))
}

// intSet is a set of integers: a bitmap over their range where that is small, else a table with linear
// probing.
type intSet struct {
	min   int64
	bits  vec.Bitmap // not nil: of values from min
	table []int64    // its length is a power of two
	used  vec.Bitmap
	shift uint
}

func newIntSet(list []int64) *intSet {
	if len(list) == 0 {
		return &intSet{bits: vec.NewBitmap(1)}
	}
	s := &intSet{min: list[0]}
	top := list[0]
	for _, x := range list {
		s.min, top = min(s.min, x), max(top, x)
	}
	if span := uint64(top) - uint64(s.min); span < 1<<12 || span < uint64(len(list))*32 {
		s.bits = vec.NewBitmap(int(span) + 1)
		for _, x := range list {
			s.bits.Set(int(x - s.min))
		}
		return s
	}
	size := 8
	s.shift = 64 - 3
	for size < 2*len(list) {
		size *= 2
		s.shift--
	}
	s.table, s.used = make([]int64, size), vec.NewBitmap(size)
	for _, x := range list {
		i := s.slot(x)
		s.table[i] = x
		s.used.Set(i)
	}
	return s
}

// slot returns the place of x in the table, or the free one where it would be.
func (s *intSet) slot(x int64) int {
	i := int(vec.Mix(uint64(x)) >> s.shift)
	for s.used.Get(i) && s.table[i] != x {
		i = (i + 1) & (len(s.table) - 1)
	}
	return i
}

func (s *intSet) has(x int64) bool {
	if s.bits != nil {
		d := uint64(x) - uint64(s.min)
		return d < uint64(len(s.bits))*64 && s.bits[d>>6]>>(d&63)&1 != 0
	}
	return s.used.Get(s.slot(x))
}

func (s *intSet) test(v *vec.Vector, bits []uint8) {
	switch v.Kind {
	case types.KBool:
		testInts(s, vec.Values[uint8](v), bits)
	case types.KInt16:
		testInts(s, vec.Values[int16](v), bits)
	case types.KInt32:
		testInts(s, vec.Values[int32](v), bits)
	default:
		testInts(s, vec.Values[int64](v), bits)
	}
}

func testInts[T uint8 | int16 | int32 | int64](s *intSet, values []T, bits []uint8) {
	values = values[:len(bits)]
	for i, x := range values {
		bits[i] = word(s.has(int64(x)))
	}
}

// wideSet is a set of numerics of one fixed scale.
type wideSet struct {
	*intSet
	list []*vec.Vector
}

func (s wideSet) test(v *vec.Vector, bits []uint8) {
	if v.Kind == types.KInt64 {
		s.intSet.test(v, bits)
		return
	}
	for i := range bits {
		bits[i] = 0
		for _, c := range s.list {
			if v.Valid.Get(i) && vec.CompareRows(v, i, c, 0) == 0 {
				bits[i] = 1
			}
		}
	}
}

// floatSet is a set of floats by their bits.
type floatSet struct{ *intSet }

func (s floatSet) test(v *vec.Vector, bits []uint8) {
	if v.Kind == types.KFloat32 {
		for i, x := range vec.Values[float32](v)[:len(bits)] {
			bits[i] = word(s.has(floatKey(float64(x))))
		}
		return
	}
	for i, x := range vec.Values[float64](v)[:len(bits)] {
		bits[i] = word(s.has(floatKey(x)))
	}
}

// stringSet is a set of strings: a table of views with linear probing.
type stringSet struct {
	table []vec.View
	bufs  [][]byte
	used  vec.Bitmap
	shift uint
}

func newStringSet(list []*vec.Vector) *stringSet {
	s := &stringSet{shift: 64 - 3}
	size := 8
	for size < 2*len(list) {
		size *= 2
		s.shift--
	}
	s.table, s.used = make([]vec.View, size), vec.NewBitmap(size)
	for _, c := range list {
		b := c.Bytes(0)
		view := vec.MakeView(b, uint32(len(s.bufs)), 0)
		if len(b) > vec.ViewInline {
			s.bufs = append(s.bufs, b)
		}
		if i, found := s.find(&view, b); !found {
			s.table[i] = view
			s.used.Set(i)
		}
	}
	return s
}

// find returns the place of the view v of b, or the free one where it would be.
func (s *stringSet) find(v *vec.View, b []byte) (int, bool) {
	i := int(vec.HashBytes(b) >> s.shift)
	for ; s.used.Get(i); i = (i + 1) & (len(s.table) - 1) {
		t := &s.table[i]
		v0, v1 := v.Words()
		t0, t1 := t.Words()
		if v0 == t0 && (v1 == t1 && v.Len <= vec.ViewInline || v.Len > vec.ViewInline && bytes.Equal(t.In(s.bufs, t), b)) {
			return i, true
		}
	}
	return i, false
}

func (s *stringSet) test(v *vec.Vector, bits []uint8) {
	views := vec.Values[vec.View](v)
	for i := range bits {
		_, found := s.find(&views[i], views[i].In(v.Bufs, &views[i]))
		bits[i] = word(found)
	}
}

// bits returns, for each value of a flat vector, whether it is in the set.
func (n *inNode) bits(v *vec.Vector) []uint8 {
	b := make([]uint8, v.Len)
	n.set.test(v, b)
	return b
}

func (n *inNode) eval(r *run, sel []uint32) (*vec.Vector, error) {
	v, err := n.arg.eval(r, sel)
	if err != nil {
		return nil, err
	}
	t := types.Of(types.Bool)
	switch {
	case v.Enc == vec.Const:
		if v.IsNull(0) {
			return vec.NewNull(t, v.Len), nil
		}
		b := n.bits(vec.Flatten(v.WithLen(1)))
		if b[0] == 0 && n.null {
			return vec.NewNull(t, v.Len), nil
		}
		return vec.NewConst(t, types.KBool, b[0], v.Len), nil
	case v.Enc == vec.Dict && v.Dict.Len > 0 && (v.Dict.Len <= v.Len || n.memo.dict == v.Dict):
		return rewrap(v, n.result(t, n.onDict(v.Dict), v.Dict.Valid)), nil
	}
	v = flatten([]*vec.Vector{v})[0]
	return n.result(t, n.bits(v), v.Valid), nil
}

// onDict returns the bits for a dictionary, which are kept while batches share it.
func (n *inNode) onDict(d *vec.Vector) []uint8 {
	if n.memo.dict != d {
		n.memo.dict, n.memo.bits = d, n.bits(d)
	}
	return n.memo.bits
}

// result makes a boolean vector: what is not in a list with NULL is NULL.
func (n *inNode) result(t types.Type, bits []uint8, valid vec.Bitmap) *vec.Vector {
	if n.null {
		v := vec.NewBitmap(len(bits))
		for i, b := range bits {
			if b != 0 && valid.Get(i) {
				v.Set(i)
			}
		}
		valid = v
	}
	return vec.New(t, types.KBool, bits, valid)
}

func (n *inNode) filter(r *run, sel []uint32, want bool) ([]uint32, error) {
	if c, ok := n.arg.(*columnNode); ok {
		v := r.batch.Cols[c.ordinal]
		if v.Enc == vec.Dict && v.Dict.Len > 0 && (v.Dict.Len <= r.rows(sel) || n.memo.dict == v.Dict) {
			d := n.result(types.Of(types.Bool), n.onDict(v.Dict), v.Dict.Valid)
			return filterRows(r, rewrap(v, d), sel, want), nil
		}
	}
	v, err := n.eval(r, sel)
	if err != nil {
		return nil, err
	}
	return filterDense(r, v, sel, want), nil
}
