package vec

import (
	"gsql/exec/types"
)

// Builder appends rows one by one to make a flat vector. It is for edges (JSON, VALUES, results of set
// functions), not for hot loops.
type Builder struct {
	typ   types.Type
	kind  types.Kind
	n     int
	data  []byte
	valid Bitmap // nil while there is no NULL
	bytes []byte // long strings
	child *Builder

	fields []*Builder // KRow
	rows   uint32     // in fields
}

// NewBuilder returns a builder of vectors of type t and of its usual kind.
func NewBuilder(t types.Type) *Builder {
	b := &Builder{typ: t, kind: t.Kind()}
	if t.ID == types.Array {
		b.child = NewBuilder(t.Element())
	}
	for _, f := range t.Fields() {
		if t.ID == types.Record {
			b.fields = append(b.fields, NewBuilder(f.Type))
		}
	}
	return b
}

// Type returns the type of the vectors.
func (b *Builder) Type() types.Type { return b.typ }

// Len returns the number of rows appended since the last Finish.
func (b *Builder) Len() int { return b.n }

// Size returns the bytes held.
func (b *Builder) Size() int64 {
	n := int64(cap(b.data) + 8*cap(b.valid) + cap(b.bytes))
	if b.child != nil {
		n += b.child.Size()
	}
	for _, f := range b.fields {
		n += f.Size()
	}
	return n
}

// AppendNull appends NULL.
func (b *Builder) AppendNull() {
	if b.valid == nil {
		b.valid = NewBitmapSet(b.n)
	}
	b.grow()
	b.valid.Clear(b.n)
	b.n++
}

// grow makes room for one more row, which is valid and zero.
func (b *Builder) grow() []byte {
	w := b.kind.Width()
	if need := (b.n + 1) * w; need > len(b.data) {
		grown := makeData(b.kind, max(16, 2*b.n+2))
		copy(grown, b.data)
		b.data = grown
	}
	if b.valid != nil {
		if b.n>>6 >= len(b.valid) {
			b.valid = append(b.valid, 0)
		}
		b.valid.Set(b.n)
	}
	return b.data[b.n*w : (b.n+1)*w]
}

// Append appends a value of fixed width to b; T must be the Go type of b's kind.
func Append[T Fixed](b *Builder, value T) {
	As[T](b.grow())[0] = value
	b.n++
}

// AppendBool appends a boolean.
func (b *Builder) AppendBool(v bool) {
	var x uint8
	if v {
		x = 1
	}
	Append(b, x)
}

// AppendBytes appends a string, copying it.
func (b *Builder) AppendBytes(s []byte) {
	view := MakeView(s, 0, uint32(len(b.bytes)))
	if len(s) > ViewInline {
		b.bytes = append(b.bytes, s...)
	}
	Append(b, view)
}

// AppendString appends a string.
func (b *Builder) AppendString(s string) { b.AppendBytes([]byte(s)) }

// AppendList appends an array with the rows that fill appends to the child builder.
func (b *Builder) AppendList(fill func(child *Builder)) { b.AppendArray(0, fill) }

// AppendArray is AppendList for an array of a shape.
func (b *Builder) AppendArray(shape Shape, fill func(child *Builder)) {
	off := b.child.n
	fill(b.child)
	l := List{Off: uint32(off), Len: uint32(b.child.n - off), Shape: shape}
	if l.Len == 0 {
		l.Shape = 0
	}
	Append(b, l)
}

// Reshape gives the array that was appended last a shape, which must be one of its number of elements.
func (b *Builder) Reshape(shape Shape) { As[List](b.data)[b.n-1].Shape = shape }

// AppendRow appends a record, for which fill appends one value to each of the fields' builders.
func (b *Builder) AppendRow(fill func(fields []*Builder)) {
	fill(b.fields)
	Append(b, b.rows)
	b.rows++
}

// AppendFrom appends row i of v, of any encoding and of b's type.
func (b *Builder) AppendFrom(v *Vector, i int) {
	switch {
	case v.IsNull(i):
		b.AppendNull()
	case b.kind == types.KView:
		b.AppendBytes(v.Bytes(i))
	case b.kind == types.KList:
		src := v.values()
		l := At[List](v, i)
		b.AppendArray(l.Shape, func(c *Builder) {
			for k := range l.Len {
				c.AppendFrom(src.Child, int(l.Off+k))
			}
		})
	case b.kind == types.KRow:
		src, at := v.values(), int(At[uint32](v, i))
		b.AppendRow(func(fields []*Builder) {
			for k, f := range fields {
				f.AppendFrom(src.Fields[k], at)
			}
		})
	case b.kind == types.KInt64 && v.Kind == types.KInt128:
		b.widen()
		Append(b, int128At(v, i))
	case b.kind == types.KInt128:
		Append(b, int128At(v, i))
	default:
		w := b.kind.Width()
		k := v.Index(i)
		copy(b.grow(), v.values().Data[k*w:(k+1)*w])
		b.n++
	}
}

// widen turns a numeric builder to 128-bit integers.
func (b *Builder) widen() {
	old := As[int64](b.data[:b.n*8])
	data := makeData(types.KInt128, max(16, 2*b.n))
	for i, x := range old {
		As[Int128](data)[i] = Int128{Lo: uint64(x), Hi: x >> 63}
	}
	b.kind, b.data = types.KInt128, data
}

// AppendInt128 appends a numeric of fixed scale, widening the vector when the value needs it.
func (b *Builder) AppendInt128(x Int128) {
	if b.kind == types.KInt64 {
		if x.Hi == int64(x.Lo)>>63 {
			Append(b, int64(x.Lo))
			return
		}
		b.widen()
	}
	Append(b, x)
}

// Finish returns the vector of the rows appended and empties the builder.
func (b *Builder) Finish() *Vector {
	v := &Vector{Type: b.typ, Kind: b.kind, Len: b.n, Valid: b.valid, Data: b.data[:b.n*b.kind.Width()]}
	if len(b.bytes) > 0 {
		v.Bufs = [][]byte{b.bytes}
	}
	if b.child != nil {
		v.Child = b.child.Finish()
	}
	for _, f := range b.fields {
		v.Fields = append(v.Fields, f.Finish())
	}
	b.rows = 0
	b.kind, b.n, b.data, b.valid, b.bytes = b.typ.Kind(), 0, nil, nil, nil
	return v
}
