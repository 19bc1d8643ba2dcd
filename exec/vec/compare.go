package vec

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/big"

	"gsql/exec/jsontext"
	"gsql/exec/ranges"
	"gsql/exec/types"
)

// EqualRows reports whether row i of a equals row j of b, which have one type; NULL equals NULL here.
func EqualRows(a *Vector, i int, b *Vector, j int) bool {
	an, bn := a.IsNull(i), b.IsNull(j)
	if an || bn {
		return an && bn
	}
	if a.Kind == types.KView && b.Kind == types.KView && !HasForms(a.Type) {
		return bytes.Equal(a.Bytes(i), b.Bytes(j))
	}
	if a.Type.ID == types.JSONB {
		return jsontext.Equal(a.Bytes(i), b.Bytes(j))
	}
	return CompareRows(a, i, b, j) == 0
}

// CompareRows orders row i of a and row j of b as PostgreSQL does within a column: <0, 0 or >0. NaN is
// above all numbers; neither row may be NULL. Strings compare by bytes (collation C), character(n) without the
// blanks at the end.
func CompareRows(a *Vector, i int, b *Vector, j int) int {
	switch a.Kind {
	case types.KBool:
		return cmp.Compare(At[uint8](a, i), At[uint8](b, j))
	case types.KInt16:
		return cmp.Compare(At[int16](a, i), At[int16](b, j))
	case types.KInt32:
		return cmp.Compare(At[int32](a, i), At[int32](b, j))
	case types.KInt64, types.KInt128:
		if b.Kind == types.KInt64 && a.Kind == types.KInt64 {
			return cmp.Compare(At[int64](a, i), At[int64](b, j))
		}
		return Compare128(int128At(a, i), int128At(b, j))
	case types.KFloat32:
		return CompareFloat(float64(At[float32](a, i)), float64(At[float32](b, j)))
	case types.KFloat64:
		return CompareFloat(At[float64](a, i), At[float64](b, j))
	case types.KNum:
		return CompareNum(At[Num](a, i), At[Num](b, j))
	case types.KView:
		switch a.Type.ID {
		case types.Char:
			return compareBlank(a.Bytes(i), b.Bytes(j))
		case types.JSONB:
			return jsontext.Compare(a.Bytes(i), b.Bytes(j))
		case types.NumRange, types.NumMultirange:
			return bytes.Compare(ranges.Key(a.Bytes(i), ranges.Decimal), ranges.Key(b.Bytes(j), ranges.Decimal))
		}
		return bytes.Compare(a.Bytes(i), b.Bytes(j))
	case types.KInterval:
		ad, am := At[Interval](a, i).canonical()
		bd, bm := At[Interval](b, j).canonical()
		return cmp.Or(cmp.Compare(ad, bd), cmp.Compare(am, bm))
	case types.KTimeTZ:
		x, y := At[TimeTZ](a, i), At[TimeTZ](b, j)
		return cmp.Or(cmp.Compare(x.Micros+int64(x.Zone)*1_000_000, y.Micros+int64(y.Zone)*1_000_000), cmp.Compare(x.Zone, y.Zone))
	case types.KUUID:
		x, y := At[[16]byte](a, i), At[[16]byte](b, j)
		return cmp.Or(cmp.Compare(binary.BigEndian.Uint64(x[:]), binary.BigEndian.Uint64(y[:])),
			cmp.Compare(binary.BigEndian.Uint64(x[8:]), binary.BigEndian.Uint64(y[8:])))
	case types.KList:
		return compareLists(a, i, b, j)
	case types.KRow:
		return compareRecords(a, i, b, j)
	}
	panic("vec: values of this kind have no order")
}

func compareLists(a *Vector, i int, b *Vector, j int) int {
	x, y := At[List](a, i), At[List](b, j)
	a, b = a.values(), b.values()
	for k := range min(x.Len, y.Len) {
		ai, bj := int(x.Off+k), int(y.Off+k)
		if c := compareParts(a.Child, ai, b.Child, bj); c != 0 {
			return c
		}
	}
	return compareShapes(x, y)
}

// compareParts orders elements of arrays or fields of records, where NULL is one value above all others.
func compareParts(a *Vector, i int, b *Vector, j int) int {
	an, bn := a.IsNull(i), b.IsNull(j)
	switch {
	case an && bn:
		return 0
	case an:
		return 1
	case bn:
		return -1
	}
	return CompareRows(a, i, b, j)
}

func int128At(v *Vector, i int) Int128 {
	if v.Kind == types.KInt64 {
		x := At[int64](v, i)
		return Int128{Lo: uint64(x), Hi: x >> 63}
	}
	return At[Int128](v, i)
}

// Compare128 orders two 128-bit integers.
func Compare128(a, b Int128) int { return cmp.Or(cmp.Compare(a.Hi, b.Hi), cmp.Compare(a.Lo, b.Lo)) }

// CompareFloat orders floats as PostgreSQL does: NaN equals NaN and is above everything.
func CompareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	an, bn := a != a, b != b
	switch {
	case an && bn:
		return 0
	case an:
		return 1
	}
	return -1
}

// CompareNum orders numerics by value: -Infinity, numbers, Infinity, NaN.
func CompareNum(a, b Num) int {
	if a.Special != NumFinite || b.Special != NumFinite {
		return cmp.Compare(specialRank(a.Special), specialRank(b.Special))
	}
	if sa, sb := a.Coef.Sign(), b.Coef.Sign(); sa != sb || sa == 0 {
		return cmp.Compare(sa, sb)
	}
	if x, y, _, ok := align(a, b); ok {
		return Compare128(x, y)
	}
	x, y, _ := alignBig(a, b)
	return x.Cmp(y)
}

func specialRank(s NumSpecial) int {
	switch s {
	case NumNegInf:
		return -1
	case NumPosInf:
		return 1
	case NumNaN:
		return 2
	}
	return 0
}

func (x Int128) big() *big.Int {
	b := big.NewInt(x.Hi)
	b.Lsh(b, 64)
	return b.Add(b, new(big.Int).SetUint64(x.Lo))
}

func pow10(n int32) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }
