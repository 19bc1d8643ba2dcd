package fn

import (
	"slices"
)

// ordered is the set of Go types that compare by <. Comparisons of floats put NaN above all numbers and
// equal to itself, as PostgreSQL does.
type ordered interface {
	uint8 | int16 | int32 | int64 | float32 | float64
}

// cmpOp is a comparison. Each loop below computes one of three tests and inverts it where inv is 1: <> is
// the inverse of =, >= of <, and > of <=, NaN included.
type cmpOp uint8

const (
	cmpEq cmpOp = iota
	cmpNe
	cmpLt
	cmpLe
	cmpGt
	cmpGe
)

// flip returns the operator with its operands exchanged.
func (op cmpOp) flip() cmpOp { return [...]cmpOp{cmpEq, cmpNe, cmpGt, cmpGe, cmpLt, cmpLe}[op] }

// negate returns the operator that is true where op is false.
func (op cmpOp) negate() cmpOp { return [...]cmpOp{cmpNe, cmpEq, cmpGe, cmpGt, cmpLe, cmpLt}[op] }

// holds reports whether the operator is true for operands of which the first compares to the second as c.
func (op cmpOp) holds(c int) bool {
	switch op {
	case cmpEq:
		return c == 0
	case cmpNe:
		return c != 0
	case cmpLt:
		return c < 0
	case cmpLe:
		return c <= 0
	case cmpGt:
		return c > 0
	}
	return c >= 0
}

// test splits the operator into the test of a loop (=, < or <=) and whether to invert it.
func (op cmpOp) test() (base cmpOp, inv uint8) {
	switch op {
	case cmpNe:
		return cmpEq, 1
	case cmpGe:
		return cmpLt, 1
	case cmpGt:
		return cmpLe, 1
	}
	return op, 0
}

func b2u(b bool) uint8 {
	var x uint8
	if b {
		x = 1
	}
	return x
}

func lessNaN[T ordered](x, y T) bool { return x < y || y != y && x == x }

func equalNaN[T ordered](x, y T) bool { return x == y || x != x && y != y }

// bitsVC writes op of each value and a constant, which is not NaN.
func bitsVC[T ordered](op cmpOp, dst []uint8, a []T, c T) {
	base, inv := op.test()
	a = a[:len(dst)]
	switch base {
	case cmpEq:
		for i, x := range a {
			dst[i] = b2u(x == c) ^ inv
		}
	case cmpLt:
		for i, x := range a {
			dst[i] = b2u(x < c) ^ inv
		}
	case cmpLe:
		for i, x := range a {
			dst[i] = b2u(x <= c) ^ inv
		}
	}
}

// bitsVV writes op of the values of two columns.
func bitsVV[T ordered](op cmpOp, dst []uint8, a, b []T) {
	base, inv := op.test()
	if base == cmpLe { // a <= b is not b < a
		a, b, base, inv = b, a, cmpLt, inv^1
	}
	a, b = a[:len(dst)], b[:len(dst)]
	if base == cmpEq {
		for i, x := range a {
			dst[i] = b2u(equalNaN(x, b[i])) ^ inv
		}
		return
	}
	for i, x := range a {
		dst[i] = b2u(lessNaN(x, b[i])) ^ inv
	}
}

// room returns dst with space for n more and that space.
func room(dst []uint32, n int) (grown, out []uint32) {
	dst = slices.Grow(dst, n)
	return dst, dst[len(dst) : len(dst)+n]
}

// selVC appends the rows of sel (nil: 0..n-1) whose value is op to the constant, which is not NaN.
func selVC[T ordered](op cmpOp, dst []uint32, sel []uint32, n int, a []T, c T) []uint32 {
	if sel == nil {
		return selAllVC(op, dst, a[:n], c)
	}
	dst, out := room(dst, len(sel))
	base, inv := op.test()
	k := 0
	switch base {
	case cmpEq:
		for _, s := range sel {
			out[k] = s
			k += int(b2u(a[s] == c) ^ inv)
		}
	case cmpLt:
		for _, s := range sel {
			out[k] = s
			k += int(b2u(a[s] < c) ^ inv)
		}
	case cmpLe:
		for _, s := range sel {
			out[k] = s
			k += int(b2u(a[s] <= c) ^ inv)
		}
	}
	return dst[:len(dst)+k]
}

func selAllVC[T ordered](op cmpOp, dst []uint32, a []T, c T) []uint32 {
	dst, out := room(dst, len(a))
	base, inv := op.test()
	k := 0
	switch base {
	case cmpEq:
		for i, x := range a {
			out[k] = uint32(i)
			k += int(b2u(x == c) ^ inv)
		}
	case cmpLt:
		for i, x := range a {
			out[k] = uint32(i)
			k += int(b2u(x < c) ^ inv)
		}
	case cmpLe:
		for i, x := range a {
			out[k] = uint32(i)
			k += int(b2u(x <= c) ^ inv)
		}
	}
	return dst[:len(dst)+k]
}

// selVV appends the rows of sel (nil: 0..n-1) where op holds between two columns.
func selVV[T ordered](op cmpOp, dst []uint32, sel []uint32, n int, a, b []T) []uint32 {
	base, inv := op.test()
	if base == cmpLe {
		a, b, base, inv = b, a, cmpLt, inv^1
	}
	if sel == nil {
		return selAllVV(base, inv, dst, a[:n], b[:n])
	}
	dst, out := room(dst, len(sel))
	k := 0
	if base == cmpEq {
		for _, s := range sel {
			out[k] = s
			k += int(b2u(equalNaN(a[s], b[s])) ^ inv)
		}
		return dst[:len(dst)+k]
	}
	for _, s := range sel {
		out[k] = s
		k += int(b2u(lessNaN(a[s], b[s])) ^ inv)
	}
	return dst[:len(dst)+k]
}

func selAllVV[T ordered](base cmpOp, inv uint8, dst []uint32, a, b []T) []uint32 {
	dst, out := room(dst, len(a))
	k := 0
	if base == cmpEq {
		for i, x := range a {
			out[k] = uint32(i)
			k += int(b2u(equalNaN(x, b[i])) ^ inv)
		}
		return dst[:len(dst)+k]
	}
	for i, x := range a {
		out[k] = uint32(i)
		k += int(b2u(lessNaN(x, b[i])) ^ inv)
	}
	return dst[:len(dst)+k]
}

// selWhere appends the rows of sel (nil: 0..n-1) for which f is true. It is for comparisons that cost more
// than a call.
func selWhere(dst []uint32, sel []uint32, n int, f func(i int) bool) []uint32 {
	if sel == nil {
		for i := range n {
			if f(i) {
				dst = append(dst, uint32(i))
			}
		}
		return dst
	}
	for _, s := range sel {
		if f(int(s)) {
			dst = append(dst, s)
		}
	}
	return dst
}

// selAll appends all rows of sel (nil: 0..n-1).
func selAll(dst []uint32, sel []uint32, n int) []uint32 {
	if sel != nil {
		return append(dst, sel...)
	}
	dst, out := room(dst, n)
	for i := range out {
		out[i] = uint32(i)
	}
	return dst[:len(dst)+n]
}
