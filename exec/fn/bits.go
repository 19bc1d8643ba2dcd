package fn

import (
	"bytes"
	"strconv"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the operators, functions and casts of bit strings, which are held as texts of 0 and 1.

const sizeMismatch sqlstate.Code = "22026"

func init() {
	bit, varbit, n := types.Bit, types.VarBit, types.Int32
	for op, f := range map[string]struct {
		word string
		of   func(a, b byte) byte
	}{
		"&": {"AND", func(a, b byte) byte { return a & b }},
		"|": {"OR", func(a, b byte) byte { return a | b }},
		"#": {"XOR", func(a, b byte) byte { return a ^ b&1 }},
	} {
		RegisterScalar(scalar(op, bit, Map2(func(_ *Call, a, b []byte) ([]byte, error) { return combineBits(a, b, f.word, f.of) }), bit, bit))
	}
	length := func(of func(n int) int) func(*Call) (*vec.Vector, error) {
		return Map1(func(_ *Call, s []byte) (int32, error) { return int32(of(len(s))), nil })
	}
	bitsOf := func(n int) int { return n }
	RegisterScalar(
		scalar("~", bit, Map1(func(_ *Call, s []byte) ([]byte, error) { return flipBits(s), nil }), bit),
		scalar("<<", bit, Map2(func(_ *Call, s []byte, k int32) ([]byte, error) { return shiftBits(s, int64(k)), nil }), bit, n),
		scalar(">>", bit, Map2(func(_ *Call, s []byte, k int32) ([]byte, error) { return shiftBits(s, -int64(k)), nil }), bit, n),
		scalar("||", varbit, Map2(concat2), varbit, varbit),
		scalar("length", n, length(bitsOf), bit), scalar("bit_length", n, length(bitsOf), bit),
		scalar("octet_length", n, length(func(n int) int { return (n + 7) / 8 }), bit),
		scalar("bit_count", types.Int64, Map1(func(_ *Call, s []byte) (int64, error) { return int64(bytes.Count(s, []byte("1"))), nil }), bit),
		scalar("get_bit", n, Map2(bitAt), bit, n), scalar("set_bit", bit, Map3(setBitAt), bit, n, n),
		scalar("position", n, Map2(bytePosition), bit, bit),
		scalar("substring", bit, subBytes, bit, n), scalar("substring", bit, subBytes, bit, n, n),
	)
	octets := func(s []byte) int { return len(s) }
	cut := func(s []byte, from, to int64) (int, int) {
		return int(min(from, int64(len(s)))), int(min(to, int64(len(s))))
	}
	RegisterScalar(scalar("overlay", bit, overlay(octets, cut), bit, bit, n), scalar("overlay", bit, overlay(octets, cut), bit, bit, n, n))
	RegisterCast(
		cast(bit, bit, Implicit, fitBits), cast(varbit, varbit, Implicit, fitBits),
		cast(bit, varbit, Implicit, fitBits), cast(varbit, bit, Implicit, fitBits),
		cast(types.Int32, bit, Explicit, intToBits[int32]), cast(types.Int64, bit, Explicit, intToBits[int64]),
		cast(bit, types.Int32, Explicit, bitsToInt[int32](32, "integer")), cast(bit, types.Int64, Explicit, bitsToInt[int64](64, "bigint")),
	)
	for name, op := range map[string]foldOp{"bit_and": foldAnd, "bit_or": foldOr, "bit_xor": foldXor} {
		RegisterAggregate(aggregate(name, bit, []types.Type{types.Of(bit)}, func([]types.Type, types.Type) Accumulator {
			return &foldBitsAcc{cells: newCells(types.Of(bit)), op: op}
		}, bit))
	}
}

// combineBits applies an operation to the digits of two bit strings of one length.
func combineBits(a, b []byte, word string, of func(a, b byte) byte) ([]byte, error) {
	if len(a) != len(b) {
		return nil, sqlstate.New(sizeMismatch, "cannot %s bit strings of different sizes", word)
	}
	out := make([]byte, len(a))
	for i, x := range a {
		out[i] = of(x, b[i])
	}
	return out, nil
}

func flipBits(s []byte) []byte {
	out := make([]byte, len(s))
	for i, c := range s {
		out[i] = c ^ 1
	}
	return out
}

// shiftBits moves bits to the left, for a negative k to the right. Zeros come in.
func shiftBits(s []byte, k int64) []byte {
	out := bytes.Repeat([]byte{'0'}, len(s))
	switch n := int64(len(s)); {
	case k >= n || -k >= n:
	case k >= 0:
		copy(out, s[k:])
	default:
		copy(out[-k:], s)
	}
	return out
}

func bitIndexError(i int32, n int) error {
	return sqlstate.New(sqlstate.ArrayElementError, "bit index %d out of valid range (0..%d)", i, n-1)
}

func bitAt(_ *Call, s []byte, i int32) (int32, error) {
	if i < 0 || int(i) >= len(s) {
		return 0, bitIndexError(i, len(s))
	}
	return int32(s[i] - '0'), nil
}

func setBitAt(_ *Call, s []byte, i, x int32) ([]byte, error) {
	switch {
	case i < 0 || int(i) >= len(s):
		return nil, bitIndexError(i, len(s))
	case x != 0 && x != 1:
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "new bit must be 0 or 1")
	}
	s = bytes.Clone(s)
	s[i] = '0' + byte(x)
	return s, nil
}

// fitBits casts between bit strings.
func fitBits(c *Call) (*vec.Vector, error) {
	if c.Ret.Prec == 0 {
		return c.Args[0].WithType(c.Ret), nil
	}
	return Map1(func(_ *Call, s []byte) ([]byte, error) { return text.FitBits(c.Ret, s, true) })(c)
}

// intToBits casts integers to as many of their low bits as the type has; there are more on the left, with their sign.
func intToBits[T int32 | int64](c *Call) (*vec.Vector, error) {
	n := max(int(c.Ret.Prec), 1)
	buf := make([]byte, n)
	return Map1(func(_ *Call, x T) ([]byte, error) {
		for i := range buf {
			buf[n-1-i] = '0' + byte(int64(x)>>min(i, 63)&1)
		}
		return buf, nil
	})(c)
}

// bitsToInt casts bit strings of up to size bits to integers of that size.
func bitsToInt[T int32 | int64](size int, name string) func(*Call) (*vec.Vector, error) {
	return Map1(func(_ *Call, s []byte) (T, error) {
		if len(s) > size {
			return 0, outOfRange(name)
		}
		if len(s) == 0 {
			return 0, nil
		}
		x, err := strconv.ParseUint(string(s), 2, 64)
		return T(x), err
	})
}

// foldBitsAcc is bit_and, bit_or and bit_xor of bit strings.
type foldBitsAcc struct {
	cells *cells
	op    foldOp
}

func (a *foldBitsAcc) Grow(n int)   { a.cells.grow(n) }
func (a *foldBitsAcc) Bytes() int64 { return a.cells.bytes() }

func (a *foldBitsAcc) Update(args []*vec.Vector, groups []uint32) error {
	v := vec.Flatten(args[0])
	for i, g := range groups {
		if v.IsNull(i) {
			continue
		}
		if a.cells.has(int(g)) {
			s, err := a.fold(a.cells.vector(int(g), int(g)+1).Bytes(0), v.Bytes(i))
			if err != nil {
				return err
			}
			a.cells.set(int(g), vec.NewText(a.cells.typ, string(s), 1), 0)
			continue
		}
		a.cells.set(int(g), v, i)
	}
	return nil
}

func (a *foldBitsAcc) fold(x, y []byte) ([]byte, error) {
	switch a.op {
	case foldAnd:
		return combineBits(x, y, "AND", func(a, b byte) byte { return a & b })
	case foldOr:
		return combineBits(x, y, "OR", func(a, b byte) byte { return a | b })
	}
	return combineBits(x, y, "XOR", func(a, b byte) byte { return a ^ b&1 })
}

func (a *foldBitsAcc) Merge(state []*vec.Vector, groups []uint32) error {
	return a.Update(state[:1], groups)
}

func (a *foldBitsAcc) State(from, to int) ([]*vec.Vector, error) {
	v := a.cells.vector(from, to)
	return []*vec.Vector{v}, nil
}

func (a *foldBitsAcc) Result(from, to int) (*vec.Vector, error) { return a.cells.vector(from, to), nil }
