// Package vec holds columns of values and the kernels that work on them: plain functions on slices and
// validity bitmaps. It knows nothing of queries. The layouts are Arrow's (string views included), so a
// vector becomes an Arrow array without copying its values.
package vec

import (
	"unsafe"

	"gsql/exec/types"
)

// Encoding says how a vector's rows find their values.
type Encoding uint8

const (
	Flat  Encoding = iota // row i is value i
	Const                 // every row is value 0
	Dict                  // row i is value code[i] of another, flat vector
)

// Vector is one column of a batch: Len rows of one type. Vectors are immutable once they are in a batch or
// returned from a kernel: they may be shared by any number of batches, goroutines and dictionary vectors.
// The garbage collector frees them; Data holds no pointers, so that it need not look inside.
type Vector struct {
	Type types.Type
	Kind types.Kind // of the values; of the dictionary's values when Enc is Dict
	Enc  Encoding
	Len  int

	// Valid has one bit per stored value (one bit in all when Enc is Const, one per code when Enc is
	// Dict), set when the value is not NULL. nil means that no value is NULL.
	Valid Bitmap
	// Data holds the values (Flat), the one value (Const) or uint32 codes (Dict). What it holds where
	// Valid has no bit is any value of the kind; a view there has length 0, a code is 0.
	Data []byte
	Bufs [][]byte // KView: what long views point into
	// Dict holds the dictionary: flat, and it may have unused or repeated values. NULL is written in
	// Valid of the codes; the dictionary itself may have NULLs too, and both count.
	Dict  *Vector
	Child *Vector // KList: the elements, flat
	// Fields are the columns that the values of KRow are row numbers in, flat and of one length: one for each field of
	// the type, or none where all rows are NULL.
	Fields []*Vector
}

// Fixed is the set of Go types that values of fixed width are held in.
type Fixed interface {
	~uint8 | ~int16 | ~int32 | ~int64 | ~uint32 | ~uint64 | ~float32 | ~float64 | Int128 | Num | View | Interval | TimeTZ | [16]byte | List
}

// As views b as a slice of T. len(b) must be a multiple of T's size and b must have been made for T.
func As[T Fixed](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	var z T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(z)))
}

// BytesOf views s as bytes.
func BytesOf[T Fixed](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	var z T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(z)))
}

// New returns a flat vector over values, which it keeps. T must be the Go type of kind.
func New[T Fixed](t types.Type, kind types.Kind, values []T, valid Bitmap) *Vector {
	return &Vector{Type: t, Kind: kind, Len: len(values), Valid: valid, Data: BytesOf(values)}
}

// Values returns the stored values of a flat or constant vector (one value when constant).
func Values[T Fixed](v *Vector) []T { return As[T](v.Data) }

// Codes returns the codes of a dictionary vector.
func (v *Vector) Codes() []uint32 { return As[uint32](v.Data) }

// NewConst returns n rows of one value. T must be the Go type of kind.
func NewConst[T Fixed](t types.Type, kind types.Kind, value T, n int) *Vector {
	return &Vector{Type: t, Kind: kind, Enc: Const, Len: n, Data: BytesOf([]T{value})}
}

// NewNull returns n rows of NULL.
func NewNull(t types.Type, n int) *Vector {
	k := t.Kind()
	// 8-byte words, so that the value is aligned for every kind.
	return &Vector{Type: t, Kind: k, Enc: Const, Len: n, Valid: NewBitmap(1), Data: BytesOf(make([]uint64, (k.Width()+7)/8))[:k.Width()]}
}

// NewDict returns a vector of codes into dict, which must be flat. It keeps both.
func NewDict(codes []uint32, valid Bitmap, dict *Vector) *Vector {
	return &Vector{Type: dict.Type, Kind: dict.Kind, Enc: Dict, Len: len(codes), Valid: valid, Data: BytesOf(codes), Dict: dict}
}

// NewText returns n rows of one string of type t.
func NewText(t types.Type, s string, n int) *Vector {
	v := &Vector{Type: t, Kind: types.KView, Enc: Const, Len: n}
	view := MakeView([]byte(s), 0, 0)
	if len(s) > ViewInline {
		v.Bufs = [][]byte{[]byte(s)}
	}
	v.Data = BytesOf([]View{view})
	return v
}

// Index returns the place of row i's value in Data (Flat, Const) or in the dictionary's Data (Dict).
func (v *Vector) Index(i int) int {
	switch v.Enc {
	case Const:
		return 0
	case Dict:
		return int(v.Codes()[i])
	}
	return i
}

// values returns the vector that stores v's values: v itself or its dictionary.
func (v *Vector) values() *Vector {
	if v.Enc == Dict {
		return v.Dict
	}
	return v
}

// IsNull reports whether row i is NULL. It is for edges and tests; kernels work on bitmaps.
func (v *Vector) IsNull(i int) bool {
	switch v.Enc {
	case Const:
		i = 0
	case Dict:
		return !v.Valid.Get(i) || !v.Dict.Valid.Get(int(v.Codes()[i]))
	}
	return !v.Valid.Get(i)
}

// At returns row i's value, whatever the encoding. It is for edges and tests.
func At[T Fixed](v *Vector, i int) T {
	if v.Enc == Dict {
		return As[T](v.Dict.Data)[v.Codes()[i]]
	}
	return As[T](v.Data)[v.Index(i)]
}

// Bytes returns the bytes of row i of a KView vector, whatever the encoding; they belong to the vector.
func (v *Vector) Bytes(i int) []byte {
	if v.Enc == Dict {
		return v.Dict.Bytes(int(v.Codes()[i]))
	}
	views := As[View](v.Data)
	return views[v.Index(i)].In(v.Bufs, &views[v.Index(i)])
}

// WithLen returns v with n rows; v must be constant.
func (v *Vector) WithLen(n int) *Vector {
	if v.Len == n {
		return v
	}
	w := *v
	w.Len = n
	return &w
}

// WithLenOf returns v with n rows if it is constant, and v itself if not: an argument of a call of n rows.
func (v *Vector) WithLenOf(n int) *Vector {
	if v.Enc != Const {
		return v
	}
	return v.WithLen(n)
}

// WithType returns v under another type of the same kind.
func (v *Vector) WithType(t types.Type) *Vector {
	if v.Type == t {
		return v
	}
	w := *v
	w.Type = t
	if v.Enc == Dict {
		w.Dict = v.Dict.WithType(t)
	}
	if v.Kind == types.KRow {
		w.Fields = fieldsWithTypes(v.Fields, t.Fields())
	}
	return &w
}

// Size returns the bytes the vector keeps alive, buffers that it may share included.
func (v *Vector) Size() int64 {
	n := int64(len(v.Data) + len(v.Valid)*8)
	for _, b := range v.Bufs {
		n += int64(cap(b))
	}
	if v.Dict != nil {
		n += v.Dict.Size()
	}
	if v.Child != nil {
		n += v.Child.Size()
	}
	for _, f := range v.Fields {
		n += f.Size()
	}
	return n
}

// Batch is a set of columns of the same length and, optionally, a selection of their rows.
// Batches are immutable and may be kept.
type Batch struct {
	Cols []*Vector
	Rows int      // rows in each column
	Sel  []uint32 // the rows that count, increasing; nil means all
}

// Len returns the number of rows that count.
func (b *Batch) Len() int {
	if b.Sel != nil {
		return len(b.Sel)
	}
	return b.Rows
}
