package fn

import (
	"bytes"
	"encoding/binary"
	"math"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// comparison is one comparison of two vectors, flat or constant: a plan made once per batch, of what kind of
// loop to run on which slices. Both its forms, bits and rows, ignore NULLs: the caller applies validity.
type comparison struct {
	op   cmpOp
	a, b *vec.Vector // a constant is b, unless both are
	n    int
}

func newComparison(op cmpOp, a, b *vec.Vector, n int) comparison {
	if a.Enc == vec.Const && b.Enc != vec.Const {
		a, b, op = b, a, op.flip()
	}
	return comparison{op, a, b, n}
}

// compareOut is where a comparison writes: bits for all rows, or the selected rows for which it holds.
type compareOut struct {
	bits []uint8 // not nil: one per row
	dst  []uint32
	sel  []uint32
}

// fill makes the comparison the same for all rows.
func (o *compareOut) fill(n int, holds bool) {
	switch {
	case o.bits != nil:
		for i := range o.bits {
			o.bits[i] = b2u(holds)
		}
	case holds:
		o.dst = selAll(o.dst, o.sel, n)
	}
}

// where evaluates f for each row.
func (o *compareOut) where(n int, f func(i int) bool) {
	if o.bits == nil {
		o.dst = selWhere(o.dst, o.sel, n, f)
		return
	}
	for i := range o.bits {
		o.bits[i] = b2u(f(i))
	}
}

// run evaluates the comparison into out.
func (p comparison) run(out *compareOut) {
	a, b := p.a, p.b
	if p.n == 0 {
		return
	}
	switch {
	case a.Type.ID == types.Numeric:
		p.numeric(out)
	case a.Type.IsInteger() || a.Type.IsFloat():
		p.numbers(out)
	case a.Kind == types.KBool:
		runOrdered[uint8](p, out, vec.Values[uint8](a), vec.Values[uint8](b))
	case a.Kind == types.KInt32:
		runOrdered(p, out, vec.Values[int32](a), vec.Values[int32](b))
	case a.Kind == types.KInt64:
		runOrdered(p, out, vec.Values[int64](a), vec.Values[int64](b))
	case a.Kind == types.KView && vec.HasForms(a.Type) && a.Type.ID != types.Char:
		p.rows(out)
	case a.Kind == types.KView && a.Type.ID != types.Char:
		p.views(out)
	case a.Kind == types.KView:
		at, bt := Reader[[]byte](a), Reader[[]byte](b)
		out.where(p.n, func(i int) bool { return p.op.holds(bytes.Compare(trimBlanks(at(i)), trimBlanks(bt(i)))) })
	default:
		p.rows(out)
	}
}

// trimBlanks returns s without the blanks at its end, which do not count in character(n).
func trimBlanks(s []byte) []byte { return bytes.TrimRight(s, " ") }

// rows compares by vec's general comparison of rows.
func (p comparison) rows(out *compareOut) {
	equality := p.op == cmpEq || p.op == cmpNe
	valid := func(i int) bool { return !p.a.IsNull(i) && !p.b.IsNull(i) }
	out.where(p.n, func(i int) bool {
		switch {
		case !valid(i):
			return false
		case equality:
			return vec.EqualRows(p.a, i, p.b, i) == (p.op == cmpEq)
		}
		return p.op.holds(vec.CompareRows(p.a, i, p.b, i))
	})
}

func runOrdered[T ordered](p comparison, out *compareOut, a, b []T) {
	switch {
	case p.a.Enc == vec.Const: // both
		c := 0
		if lessNaN(a[0], b[0]) {
			c = -1
		} else if !equalNaN(a[0], b[0]) {
			c = 1
		}
		out.fill(p.n, p.op.holds(c))
	case p.b.Enc == vec.Const && b[0] == b[0]:
		if out.bits != nil {
			bitsVC(p.op, out.bits, a, b[0])
		} else {
			out.dst = selVC(p.op, out.dst, out.sel, p.n, a, b[0])
		}
	default:
		if p.b.Enc == vec.Const { // NaN
			b = repeat(b[0], p.n)
		}
		if out.bits != nil {
			bitsVV(p.op, out.bits, a, b)
		} else {
			out.dst = selVV(p.op, out.dst, out.sel, p.n, a, b)
		}
	}
}

// numbers compares integers and floats of any widths.
func (p comparison) numbers(out *compareOut) {
	a, b := p.a, p.b
	switch {
	case a.Type.IsFloat() != b.Type.IsFloat():
		runOrdered(p, out, toFloats(a), toFloats(b))
	case a.Kind == types.KFloat32 && b.Kind == types.KFloat32:
		runOrdered(p, out, vec.Values[float32](a), vec.Values[float32](b))
	case a.Type.IsFloat():
		runOrdered(p, out, numbers[float64](a), numbers[float64](b))
	case b.Enc == vec.Const:
		p.intConst(out, numbers[int64](b)[0])
	case a.Kind == types.KInt16 && b.Kind == types.KInt16:
		runOrdered(p, out, vec.Values[int16](a), vec.Values[int16](b))
	case a.Kind != types.KInt64 && b.Kind != types.KInt64:
		runOrdered(p, out, numbers[int32](a), numbers[int32](b))
	default:
		runOrdered(p, out, numbers[int64](a), numbers[int64](b))
	}
}

func toFloats(v *vec.Vector) []float64 {
	if v.Kind == types.KInt64 {
		return convert[float64](vec.Values[int64](v))
	}
	return numbers[float64](v)
}

// intConst compares an integer column with a constant, in the column's own width.
func (p comparison) intConst(out *compareOut, c int64) {
	switch p.a.Kind {
	case types.KInt16:
		intConst(p, out, vec.Values[int16](p.a), c, math.MinInt16, math.MaxInt16)
	case types.KInt32:
		intConst(p, out, vec.Values[int32](p.a), c, math.MinInt32, math.MaxInt32)
	default:
		intConst(p, out, vec.Values[int64](p.a), c, math.MinInt64, math.MaxInt64)
	}
}

func intConst[T integer](p comparison, out *compareOut, a []T, c, least, most int64) {
	switch {
	case c < least:
		out.fill(p.n, p.op.holds(1))
	case c > most:
		out.fill(p.n, p.op.holds(-1))
	default:
		runOrdered(p, out, a, []T{T(c)})
	}
}

// numeric compares numerics, in 64 bits where all values fit at the larger scale.
func (p comparison) numeric(out *compareOut) {
	a, b := p.a, p.b
	if !isFixed(a) || !isFixed(b) || a.Kind == types.KInt128 || b.Kind == types.KInt128 {
		if b.Enc == vec.Const && a.Enc != vec.Const && a.Kind == types.KInt64 {
			p.numericConst(out)
			return
		}
		p.nums(out)
		return
	}
	if b.Enc == vec.Const && a.Enc != vec.Const {
		p.numericConst(out)
		return
	}
	d := int(a.Type.Scale) - int(b.Type.Scale)
	x, okx := scaled64(a, max(-d, 0))
	y, oky := scaled64(b, max(d, 0))
	if okx && oky {
		runOrdered(p, out, x, y)
		return
	}
	p.nums(out)
}

// nums compares numerics one by one.
func (p comparison) nums(out *compareOut) {
	x, y := nums(p.a), nums(p.b)
	out.where(p.n, func(i int) bool {
		if p.a.IsNull(i) || p.b.IsNull(i) { // which may be anything, such as a number of a billion digits
			return false
		}
		return p.op.holds(vec.CompareNum(x[Row(p.a, i)], y[Row(p.b, i)]))
	})
}

// numericConst compares a column of 64-bit integers of one scale with a constant of any scale. The
// constant is brought to the column's scale; when that cuts something off, no value equals it, and a value
// is below it exactly when it is not above what is left.
func (p comparison) numericConst(out *compareOut) {
	c := nums(p.b)[0]
	switch c.Special {
	case vec.NumNaN, vec.NumPosInf:
		out.fill(p.n, p.op.holds(-1))
		return
	case vec.NumNegInf:
		out.fill(p.n, p.op.holds(1))
		return
	}
	scale := int(p.a.Type.Scale)
	at, err := c.Trunc(scale)
	exact := err == nil && vec.CompareNum(at, c) == 0
	if err == nil && !exact && c.Sign() < 0 { // floor
		at.Coef, _ = vec.Sub128(at.Coef, vec.Int128Of(1))
	}
	switch {
	case err != nil || !at.Coef.IsInt64():
		out.fill(p.n, p.op.holds(-c.Sign()))
		return
	case !exact:
		switch p.op {
		case cmpEq, cmpNe:
			out.fill(p.n, p.op == cmpNe)
			return
		case cmpLt, cmpLe:
			p.op = cmpLe
		default:
			p.op = cmpGt
		}
	}
	runOrdered(p, out, vec.Values[int64](p.a), []int64{int64(at.Coef.Lo)})
}

// views compares strings by their bytes.
func (p comparison) views(out *compareOut) {
	a, b := p.a, p.b
	x, y := vec.Values[vec.View](a), vec.Values[vec.View](b)
	equality := p.op == cmpEq || p.op == cmpNe
	switch {
	case equality && b.Enc == vec.Const && a.Enc != vec.Const:
		p.viewsEqual(out, x, &y[0])
	case equality:
		want := p.op == cmpEq
		out.where(p.n, func(i int) bool {
			return equalViews(&x[Row(a, i)], a.Bufs, &y[Row(b, i)], b.Bufs) == want
		})
	default:
		op := p.op
		out.where(p.n, func(i int) bool {
			return op.holds(compareViews(&x[Row(a, i)], a.Bufs, &y[Row(b, i)], b.Bufs))
		})
	}
}

// viewsEqual compares strings with a constant by = or <>: short ones as two words.
func (p comparison) viewsEqual(out *compareOut, x []vec.View, c *vec.View) {
	c0, c1 := c.Words()
	inv := b2u(p.op == cmpNe)
	if c.Len > vec.ViewInline {
		s := c.In(p.b.Bufs, c)
		out.where(p.n, func(i int) bool {
			w, _ := x[i].Words()
			return (w == c0 && bytes.Equal(x[i].In(p.a.Bufs, &x[i]), s)) != (inv == 1)
		})
		return
	}
	switch {
	case out.bits != nil:
		for i := range out.bits {
			w0, w1 := x[i].Words()
			out.bits[i] = b2u((w0^c0)|(w1^c1) == 0) ^ inv
		}
	case out.sel == nil:
		grown, to := room(out.dst, p.n)
		k := 0
		for i := range x[:p.n] {
			w0, w1 := x[i].Words()
			to[k] = uint32(i)
			k += int(b2u((w0^c0)|(w1^c1) == 0) ^ inv)
		}
		out.dst = grown[:len(grown)+k]
	default:
		grown, to := room(out.dst, len(out.sel))
		k := 0
		for _, s := range out.sel {
			w0, w1 := x[s].Words()
			to[k] = s
			k += int(b2u((w0^c0)|(w1^c1) == 0) ^ inv)
		}
		out.dst = grown[:len(grown)+k]
	}
}

func equalViews(a *vec.View, abufs [][]byte, b *vec.View, bbufs [][]byte) bool {
	a0, a1 := a.Words()
	b0, b1 := b.Words()
	if a0 != b0 {
		return false
	}
	if a.Len <= vec.ViewInline {
		return a1 == b1
	}
	return bytes.Equal(a.In(abufs, a), b.In(bbufs, b))
}

func compareViews(a *vec.View, abufs [][]byte, b *vec.View, bbufs [][]byte) int {
	x, y := binary.BigEndian.Uint32(a.Prefix[:]), binary.BigEndian.Uint32(b.Prefix[:])
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return bytes.Compare(a.In(abufs, a), b.In(bbufs, b))
}

// compareEval returns Eval of a comparison.
func compareEval(op cmpOp) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		out := compareOut{bits: alloc[uint8](c, c.N)}
		newComparison(op, c.Args[0], c.Args[1], c.N).run(&out)
		return vec.New(c.Ret, types.KBool, out.bits, c.Valid), nil
	}
}

// compareSelect returns Select of a comparison.
func compareSelect(op cmpOp) func(*Call, []uint32, []uint32) ([]uint32, error) {
	return func(c *Call, sel, dst []uint32) ([]uint32, error) {
		from := len(dst)
		out := compareOut{dst: dst, sel: sel}
		newComparison(op, c.Args[0], c.Args[1], c.N).run(&out)
		return onlyValid(out.dst, from, c.Valid), nil
	}
}

// onlyValid removes the rows of dst[from:] that have no bit.
func onlyValid(dst []uint32, from int, valid vec.Bitmap) []uint32 {
	if valid == nil {
		return dst
	}
	k := from
	for _, r := range dst[from:] {
		dst[k] = r
		k += int(valid[r>>6] >> (r & 63) & 1)
	}
	return dst[:k]
}

// comparisonNames lists the operators in the order of cmpOp.
var comparisonNames = [...]string{cmpEq: "=", cmpNe: "<>", cmpLt: "<", cmpLe: "<=", cmpGt: ">", cmpGe: ">="}

// registerComparisons adds all six operators.
func registerComparisons(a, b types.Type) {
	var made [6]*Scalar
	for i := range made {
		op := cmpOp(i)
		made[i] = &Scalar{Name: comparisonNames[op], Args: []types.Type{a, b}, Ret: types.Of(types.Bool),
			Eval: compareEval(op), Select: compareSelect(op), Fresh: true}
	}
	for i, s := range made {
		s.Negated = made[cmpOp(i).negate()]
	}
	RegisterScalar(made[:]...)
}

func init() {
	for _, id := range []types.ID{types.Bool, types.Numeric, types.Text, types.Char, types.Name, types.Bytea, types.Date,
		types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval, types.UUID, types.OID, types.JSONB,
		types.Bit, types.VarBit, types.InternalChar} {
		registerComparisons(types.Of(id), types.Of(id))
	}
	registerComparisons(types.Of(types.AnyArray), types.Of(types.AnyArray))
	registerComparisons(types.Of(types.AnyEnum), types.Of(types.AnyEnum))
	ints := []types.ID{types.Int16, types.Int32, types.Int64}
	floats := []types.ID{types.Float32, types.Float64}
	for _, group := range [][]types.ID{ints, floats} {
		for _, a := range group {
			for _, b := range group {
				registerComparisons(types.Of(a), types.Of(b))
			}
		}
	}
}
