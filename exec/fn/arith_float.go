package fn

import (
	"math"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

type float interface{ float32 | float64 }

func errOverflow() error {
	return sqlstate.New(sqlstate.NumericOutOfRange, "value out of range: overflow")
}

func errUnderflow() error {
	return sqlstate.New(sqlstate.NumericOutOfRange, "value out of range: underflow")
}

func isInf[T float](x T) bool { return x-x != 0 && x == x }

// floatResult returns the error of a result r of operands a and b: infinite though they are not, or, when
// lossy says that 0 means underflow, 0.
func floatResult[T float](a, b, r T, lossy bool) error {
	switch {
	case isInf(r) && !isInf(a) && !isInf(b):
		return errOverflow()
	case lossy && r == 0:
		return errUnderflow()
	}
	return nil
}

func addFloats[T float]() kernel[T] {
	vc := func(dst, a []T, y T) bool {
		ok := true
		for i, x := range a {
			r := x + y
			dst[i] = r
			if r-r != 0 && x-x == 0 && y-y == 0 { // infinite, though the operands are not
				ok = false
			}
		}
		return ok
	}
	return kernel[T]{
		vv: func(dst, a, b []T) bool {
			ok := true
			for i, x := range a {
				y := b[i]
				r := x + y
				dst[i] = r
				if r-r != 0 && x-x == 0 && y-y == 0 {
					ok = false
				}
			}
			return ok
		},
		vc:    vc,
		cv:    func(dst []T, x T, b []T) bool { return vc(dst, b, x) },
		check: func(a, b T) error { return floatResult(a, b, a+b, false) },
	}
}

func subFloats[T float]() kernel[T] {
	add := addFloats[T]()
	return kernel[T]{
		vv: func(dst, a, b []T) bool {
			ok := true
			for i, x := range a {
				y := b[i]
				r := x - y
				dst[i] = r
				if r-r != 0 && x-x == 0 && y-y == 0 {
					ok = false
				}
			}
			return ok
		},
		vc: func(dst, a []T, y T) bool { return add.vc(dst, a, -y) },
		cv: func(dst []T, x T, b []T) bool {
			ok := true
			for i, y := range b {
				r := x - y
				dst[i] = r
				if r-r != 0 && x-x == 0 && y-y == 0 {
					ok = false
				}
			}
			return ok
		},
		check: func(a, b T) error { return floatResult(a, b, a-b, false) },
	}
}

// suspicious reports whether a product or a quotient may be an error, which check then knows: infinite or NaN
// though the operands are not, or 0 though they are not.
func suspicious[T float](x, y, r T) bool {
	return r-r != 0 && x-x == 0 && y-y == 0 || r == 0 && x != 0 && y != 0
}

func mulFloats[T float]() kernel[T] {
	vc := func(dst, a []T, y T) bool {
		ok := true
		for i, x := range a {
			r := x * y
			dst[i] = r
			if suspicious(x, y, r) {
				ok = false
			}
		}
		return ok
	}
	return kernel[T]{
		vv: func(dst, a, b []T) bool {
			ok := true
			for i, x := range a {
				y := b[i]
				r := x * y
				dst[i] = r
				if suspicious(x, y, r) {
					ok = false
				}
			}
			return ok
		},
		vc:    vc,
		cv:    func(dst []T, x T, b []T) bool { return vc(dst, b, x) },
		check: func(a, b T) error { return floatResult(a, b, a*b, a != 0 && b != 0) },
	}
}

func divFloats[T float]() kernel[T] {
	vv := func(dst, a, b []T) bool {
		ok := true
		for i, x := range a {
			y := b[i]
			r := x / y
			dst[i] = r
			if y == 0 || suspicious(x, y, r) {
				ok = false
			}
		}
		return ok
	}
	return kernel[T]{
		vv: vv,
		vc: func(dst, a []T, y T) bool {
			ok := true
			for i, x := range a {
				r := x / y
				dst[i] = r
				if y == 0 || suspicious(x, y, r) {
					ok = false
				}
			}
			return ok
		},
		cv: func(dst []T, x T, b []T) bool { return vv(dst, repeat(x, len(b)), b) },
		check: func(a, b T) error {
			if b == 0 && a == a {
				return errDivisionByZero()
			}
			return floatResult(a, b, a/b, a != 0 && !isInf(b))
		},
	}
}

func registerFloats[T float](k types.Kind, ret types.ID, a, b types.ID) {
	RegisterScalar(
		scalar("+", ret, addFloats[T]().eval(k), a, b).fresh(),
		scalar("-", ret, subFloats[T]().eval(k), a, b).fresh(),
		scalar("*", ret, mulFloats[T]().eval(k), a, b).fresh(),
		scalar("/", ret, divFloats[T]().eval(k), a, b).fresh(),
	)
}

func registerFloat[T float](k types.Kind, id types.ID) {
	abs := map1(k, func(dst, a []T) {
		for i, x := range a {
			dst[i] = T(math.Abs(float64(x)))
		}
	})
	RegisterScalar(
		scalar("-", id, map1(k, func(dst, a []T) {
			for i, x := range a {
				dst[i] = -x
			}
		}), id),
		scalar("+", id, func(c *Call) (*vec.Vector, error) { return c.Args[0], nil }, id),
		scalar("@", id, abs, id),
		scalar("abs", id, abs, id),
	)
}

func init() {
	registerFloats[float32](types.KFloat32, types.Float32, types.Float32, types.Float32)
	for _, p := range [][2]types.ID{{types.Float64, types.Float64}, {types.Float32, types.Float64}, {types.Float64, types.Float32}} {
		registerFloats[float64](types.KFloat64, types.Float64, p[0], p[1])
	}
	registerFloat[float32](types.KFloat32, types.Float32)
	registerFloat[float64](types.KFloat64, types.Float64)
}
