package exec

import (
	"bytes"
	"math"
	"math/bits"
	"slices"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// textNumbers numbers the distinct strings of one key column of a group table, densely and in the order in which
// they are first seen. A key then has four bytes for the string, whatever its length, and equal numbers are equal
// strings. It pays where strings come with dictionaries: each of a dictionary's strings is looked up once, and every
// row after that is one load.
type textNumbers struct {
	typ   types.Type
	slots []uint64 // half of the string's hash << 32 | number+1; 0: free
	views []vec.View
	texts longKeys // of the views that are long

	known [knownDicts]knownDict
	turn  int         // the one of known that goes next
	made  *vec.Vector // what dictionary returned last
}

// knownDict has the numbers of a dictionary's strings.
type knownDict struct {
	dict    *vec.Vector
	numbers []uint32 // by code: number+1, 0: not looked up yet, nullNumber
}

const (
	knownDicts = 8 // the partitions' dictionaries take turns
	nullNumber = math.MaxUint32
)

func newTextNumbers(t types.Type) *textNumbers {
	x := &textNumbers{typ: t}
	x.reset()
	return x
}

// reset forgets all strings. What dictionary returned stays as it is.
func (x *textNumbers) reset() { *x = textNumbers{typ: x.typ, slots: make([]uint64, 256)} }

func (x *textNumbers) bytes() int64 {
	n := int64(8*len(x.slots)+16*cap(x.views)) + x.texts.bytes()
	for i := range x.known {
		n += 4 * int64(cap(x.known[i].numbers))
	}
	return n
}

// growth returns the memory that so many more strings may take at once besides bytes.
func (x *textNumbers) growth(strings int) int64 {
	if n := len(x.views) + strings; 2*n > len(x.slots) {
		return 16 * int64(2*n+len(x.slots))
	}
	return 0
}

// column returns the numbers of n strings, as a column of integers.
func (x *textNumbers) column(v *vec.Vector) *vec.Vector {
	t := types.Of(types.Int32)
	switch {
	case v.Enc == vec.Const && v.IsNull(0), v.Enc == vec.Dict && v.Dict.Len == 0:
		return vec.Flatten(vec.NewNull(t, v.Len))
	case v.Enc == vec.Const:
		return vec.Flatten(vec.NewConst(t, types.KInt32, int32(x.number(v.Bytes(0))), v.Len))
	case v.Enc == vec.Dict:
		return x.ofDict(v)
	}
	out := vec.Make[uint32](v.Len)
	views := vec.Values[vec.View](v)
	for i := range views {
		out[i] = x.number(views[i].In(v.Bufs, &views[i]))
	}
	return &vec.Vector{Type: t, Kind: types.KInt32, Len: v.Len, Data: vec.BytesOf(out), Valid: v.Valid}
}

// ofDict is column for a dictionary vector.
func (x *textNumbers) ofDict(v *vec.Vector) *vec.Vector {
	numbers, codes := x.numbersOf(v.Dict), v.Codes()
	out := vec.Make[uint32](len(codes))
	for i, c := range codes {
		k := numbers[c]
		if k == 0 {
			k = x.lookUp(v.Dict, c)
			numbers[c] = k
		}
		out[i] = k - 1
	}
	w := &vec.Vector{Type: types.Of(types.Int32), Kind: types.KInt32, Len: v.Len, Data: vec.BytesOf(out), Valid: v.Valid}
	if v.Dict.Valid == nil {
		return w
	}
	w.Valid = vec.NewBitmap(v.Len)
	for i, k := range out {
		if k != nullNumber-1 && v.Valid.Get(i) {
			w.Valid.Set(i)
		}
	}
	return w
}

// lookUp returns what numbers is to have for a code.
func (x *textNumbers) lookUp(dict *vec.Vector, code uint32) uint32 {
	if dict.IsNull(int(code)) {
		return nullNumber
	}
	return x.number(dict.Bytes(int(code))) + 1
}

// numbersOf returns the numbers of a dictionary's strings, as far as they are known.
func (x *textNumbers) numbersOf(dict *vec.Vector) []uint32 {
	for i := range x.known {
		if d := x.known[i].dict; d != nil && d.Len == dict.Len && &d.Data[0] == &dict.Data[0] { // another type is no matter
			return x.known[i].numbers
		}
	}
	k := &x.known[x.turn]
	x.turn = (x.turn + 1) % knownDicts
	*k = knownDict{dict, cleared(k.numbers, dict.Len)}
	return k.numbers
}

// number returns the number of a string.
func (x *textNumbers) number(s []byte) uint32 {
	full := vec.HashBytes(s)
	if vec.ConstantHash {
		full = 7
	}
	h := uint32(full >> 32)
	mask := uint(len(x.slots) - 1)
	shift := uint(32 - bits.TrailingZeros(uint(len(x.slots))))
	view := vec.MakeView(s, 0, 0)
	for pos := uint(h >> shift); ; pos++ {
		slot := x.slots[pos&mask]
		if slot == 0 {
			return x.add(view, s, h, pos&mask)
		}
		if uint32(slot>>32) == h && x.equal(uint32(slot)-1, &view, s) {
			return uint32(slot) - 1
		}
	}
}

func (x *textNumbers) equal(n uint32, view *vec.View, s []byte) bool {
	if view.Len <= vec.ViewInline {
		return x.views[n] == *view
	}
	return x.views[n].Len == view.Len && bytes.Equal(s, x.texts.get(n, len(s)))
}

// add gives a new string a number; pos is its slot.
func (x *textNumbers) add(view vec.View, s []byte, h uint32, pos uint) uint32 {
	n := uint32(len(x.views))
	x.slots[pos] = uint64(h)<<32 | uint64(n+1)
	if view.Len > vec.ViewInline {
		x.texts.put(n, s)
		at := x.texts.at[n]
		view.Buf, view.Off = uint32(at>>32), uint32(at)
	}
	x.views = append(x.views, view)
	if 2*len(x.views) > len(x.slots) {
		x.grow()
	}
	return n
}

func (x *textNumbers) grow() {
	old := x.slots
	x.slots = make([]uint64, 4*len(old))
	mask := uint(len(x.slots) - 1)
	shift := uint(32 - bits.TrailingZeros(uint(len(x.slots))))
	for _, s := range old {
		if s == 0 {
			continue
		}
		pos := uint(s >> 32 >> shift)
		for x.slots[pos&mask] != 0 {
			pos++
		}
		x.slots[pos&mask] = s
	}
}

// dictionary returns the strings by their numbers.
func (x *textNumbers) dictionary() *vec.Vector {
	if n := len(x.views); x.made == nil || x.made.Len != n {
		x.made = vec.New(x.typ, types.KView, x.views[:n:n], nil)
		x.made.Bufs = slices.Clone(x.texts.bufs) // which go on to grow
	}
	return x.made
}
