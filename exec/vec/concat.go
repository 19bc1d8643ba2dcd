package vec

import (
	"gsql/exec/types"
)

// Concat returns the rows of all vectors, which have one type, one after the other: a dictionary vector
// when all share one dictionary, else flat. KInt64 and KInt128 numerics become KInt128 when mixed.
// There must be at least one vector.
func Concat(vs []*Vector) *Vector { return ConcatUntil(nil, vs) }

// ConcatUntil is Concat that asks stop now and then, unless it is nil, and returns nil when that is true: columns
// of gigabytes take their time.
func ConcatUntil(stop func() bool, vs []*Vector) *Vector {
	if len(vs) == 1 {
		if vs[0].Enc == Const {
			return Flatten(vs[0])
		}
		return vs[0]
	}
	n, nulls, dict, wide := 0, false, vs[0].Dict, false
	for _, v := range vs {
		n += v.Len
		nulls = nulls || v.Valid != nil || v.Dict != nil && v.Dict.Valid != nil
		if v.Dict != dict {
			dict = nil
		}
		wide = wide || v.Kind == types.KInt128
	}
	out := &Vector{Type: vs[0].Type, Kind: vs[0].Kind, Len: n, Dict: dict}
	if wide {
		out.Kind = types.KInt128
	}
	if nulls {
		out.Valid = NewBitmap(n)
	}
	if dict != nil {
		out.Enc = Dict
		out.Data = makeData(types.KInt32, n)
	} else {
		out.Data = makeData(out.Kind, n)
	}
	j := Joiner{out: out}
	for i, v := range vs {
		if stop != nil && i%16 == 0 && stop() {
			return nil
		}
		j.Add(v)
	}
	return j.vector(stop)
}

// A Joiner puts vectors of one type one after the other into a flat one whose length was known before: no row is in
// memory twice for long, as all are when Concat returns.
type Joiner struct {
	out      *Vector
	at       int
	children []*Vector // elements of the lists so far
	elements int
	fields   [][]*Vector // columns of the records so far
	records  int         // rows in them
}

// NewJoiner returns a joiner of n rows of a kind that holds all of them; nulls says whether there may be NULLs.
func NewJoiner(t types.Type, kind types.Kind, n int, nulls bool) *Joiner {
	out := &Vector{Type: t, Kind: kind, Len: n, Data: makeData(kind, n)}
	if nulls {
		out.Valid = NewBitmap(n)
	}
	return &Joiner{out: out}
}

// Add puts the rows of v behind those that are there.
func (j *Joiner) Add(v *Vector) {
	if v.Len > 0 {
		j.put(v)
	}
	j.at += v.Len
}

// Vector returns the rows when all are there.
func (j *Joiner) Vector() *Vector { return j.vector(nil) }

func (j *Joiner) vector(stop func() bool) *Vector {
	if len(j.children) > 0 {
		if j.out.Child = ConcatUntil(stop, j.children); j.out.Child == nil {
			return nil
		}
		j.children = j.children[:0]
	}
	if !j.joinFields(stop) {
		return nil
	}
	return j.out
}

// put writes v's rows at the next place.
func (j *Joiner) put(v *Vector) {
	out, at := j.out, j.at
	if out.Enc != Dict {
		v = Flatten(v)
	}
	if out.Valid != nil {
		copyBits(out.Valid, at, v.Valid, 0, v.Len)
	}
	switch {
	case out.Enc == Dict:
		copy(out.Codes()[at:], v.Codes())
	case out.Kind == types.KInt128 && v.Kind == types.KInt64:
		dst := Values[Int128](out)[at:]
		for i, x := range Values[int64](v) {
			dst[i] = Int128{Lo: uint64(x), Hi: x >> 63}
		}
	case out.Kind == types.KView:
		base := out.addBufs(v.Bufs)
		dst := Values[View](out)[at : at+v.Len]
		copy(dst, Values[View](v))
		if base > 0 {
			for i := range dst {
				if dst[i].Len > ViewInline {
					dst[i].Buf += base
				}
			}
		}
	case out.Kind == types.KList:
		j.putLists(v)
	case out.Kind == types.KRow:
		j.putRows(v)
	default:
		w := out.Kind.Width()
		copy(out.Data[at*w:], v.Data)
	}
}

// addBufs appends v's buffers and returns the number of the first; buffers that came with the vector
// before are not appended again.
func (out *Vector) addBufs(bufs [][]byte) uint32 {
	if n, k := len(out.Bufs), len(bufs); k > 0 && n >= k && sameBufs(out.Bufs[n-k:], bufs) {
		return uint32(n - k)
	}
	out.Bufs = append(out.Bufs, bufs...)
	return uint32(len(out.Bufs) - len(bufs))
}

func sameBufs(a, b [][]byte) bool {
	for i := range a {
		if len(a[i]) != len(b[i]) || len(a[i]) > 0 && &a[i][0] != &b[i][0] {
			return false
		}
	}
	return true
}

func (j *Joiner) putLists(v *Vector) {
	base := uint32(0)
	if v.Child != nil {
		if n := len(j.children); n == 0 || j.children[n-1] != v.Child {
			j.children = append(j.children, v.Child)
			j.elements += v.Child.Len
		}
		base = uint32(j.elements - v.Child.Len)
	}
	dst := Values[List](j.out)[j.at : j.at+v.Len]
	src := Values[List](v)[:len(dst)]
	if base == 0 {
		copy(dst, src)
		return
	}
	for i := range dst {
		dst[i] = List{src[i].Off + base, src[i].Len, src[i].Shape}
	}
}
