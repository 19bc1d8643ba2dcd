package fn

import (
	"math/bits"
	"unsafe"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

type integer interface{ int16 | int32 | int64 }

// errDivisionByZero is a fresh error, since callers add a position.
func errDivisionByZero() error { return sqlstate.New(sqlstate.DivisionByZero, "division by zero") }

func errOutOfRange(id types.ID) error {
	return sqlstate.New(sqlstate.NumericOutOfRange, "%s out of range", id)
}

func addInts[T integer](id types.ID) kernel[T] {
	return kernel[T]{
		vv: func(dst, a, b []T) bool {
			var over T // its sign is set when a sum's sign differs from both operands'
			for i, x := range a {
				y := b[i]
				s := x + y
				dst[i] = s
				over |= (x ^ s) & (y ^ s)
			}
			return over >= 0
		},
		vc: addConst[T],
		cv: func(dst []T, a T, b []T) bool { return addConst(dst, b, a) },
		check: func(a, b T) error {
			if s := a + b; (a^s)&(b^s) < 0 {
				return errOutOfRange(id)
			}
			return nil
		},
	}
}

func addConst[T integer](dst, a []T, c T) bool {
	var over T
	for i, x := range a {
		s := x + c
		dst[i] = s
		over |= (x ^ s) & (c ^ s)
	}
	return over >= 0
}

func subInts[T integer](id types.ID) kernel[T] {
	return kernel[T]{
		vv: func(dst, a, b []T) bool {
			var over T
			for i, x := range a {
				y := b[i]
				d := x - y
				dst[i] = d
				over |= (x ^ y) & (x ^ d)
			}
			return over >= 0
		},
		vc: func(dst, a []T, y T) bool {
			var over T
			for i, x := range a {
				d := x - y
				dst[i] = d
				over |= (x ^ y) & (x ^ d)
			}
			return over >= 0
		},
		cv: func(dst []T, x T, b []T) bool {
			var over T
			for i, y := range b {
				d := x - y
				dst[i] = d
				over |= (x ^ y) & (x ^ d)
			}
			return over >= 0
		},
		check: func(a, b T) error {
			if d := a - b; (a^b)&(a^d) < 0 {
				return errOutOfRange(id)
			}
			return nil
		},
	}
}

// mulNarrow multiplies integers whose products fit in 64 bits.
func mulNarrow[T int16 | int32](id types.ID) kernel[T] {
	vc := func(dst, a []T, c T) bool {
		var over int64
		for i, x := range a {
			p := int64(x) * int64(c)
			dst[i] = T(p)
			over |= p ^ int64(T(p))
		}
		return over == 0
	}
	return kernel[T]{
		vv: func(dst, a, b []T) bool {
			var over int64
			for i, x := range a {
				p := int64(x) * int64(b[i])
				dst[i] = T(p)
				over |= p ^ int64(T(p))
			}
			return over == 0
		},
		vc: vc,
		cv: func(dst []T, a T, b []T) bool { return vc(dst, b, a) },
		check: func(a, b T) error {
			if p := int64(a) * int64(b); p != int64(T(p)) {
				return errOutOfRange(id)
			}
			return nil
		},
	}
}

// mulHigh returns the upper 64 bits of a product less what they are when it fits in 64: zero if it does.
func mulHigh(x, y int64) (lo int64, over uint64) {
	hi, l := bits.Mul64(uint64(x), uint64(y))
	hi -= uint64(x>>63)&uint64(y) + uint64(y>>63)&uint64(x)
	return int64(l), hi ^ uint64(int64(l)>>63)
}

func mulInt64VV(dst, a, b []int64) bool {
	var over uint64
	for i, x := range a {
		p, o := mulHigh(x, b[i])
		dst[i] = p
		over |= o
	}
	return over == 0
}

func mulInt64VC(dst, a []int64, c int64) bool {
	var over uint64
	for i, x := range a {
		p, o := mulHigh(x, c)
		dst[i] = p
		over |= o
	}
	return over == 0
}

func mulInt64() kernel[int64] {
	return kernel[int64]{
		vv: mulInt64VV,
		vc: mulInt64VC,
		cv: func(dst []int64, a int64, b []int64) bool { return mulInt64VC(dst, b, a) },
		check: func(a, b int64) error {
			if _, o := mulHigh(a, b); o != 0 {
				return errOutOfRange(types.Int64)
			}
			return nil
		},
	}
}

// lowest returns the least value of an integer type.
func lowest[T integer]() T {
	return T(-1) << (unsafe.Sizeof(T(0))*8 - 1)
}

// divInts makes / or, with mod set, %. Division truncates; lowest % -1 is 0 and lowest / -1 out of range.
func divInts[T integer](id types.ID, mod bool) kernel[T] {
	least := lowest[T]()
	bad := func(x, y T) bool { return y == 0 || y == -1 && x == least && !mod }
	one := func(x, y T) T {
		switch {
		case y == 0:
			return 0
		case mod:
			return x % y
		}
		return x / y // Go defines least / -1 as least
	}
	return kernel[T]{
		vv: func(dst, a, b []T) bool {
			ok := true
			for i, x := range a {
				y := b[i]
				if bad(x, y) {
					ok = false
				}
				dst[i] = one(x, y)
			}
			return ok
		},
		vc: func(dst, a []T, y T) bool {
			switch {
			case y == 0:
				return false
			case y == -1: // the only one that may overflow
				ok := true
				for i, x := range a {
					ok = ok && !bad(x, y)
					dst[i] = one(x, y)
				}
				return ok
			case mod:
				for i, x := range a {
					dst[i] = x % y
				}
			default:
				for i, x := range a {
					dst[i] = x / y
				}
			}
			return true
		},
		cv: func(dst []T, x T, b []T) bool {
			ok := true
			for i, y := range b {
				if bad(x, y) {
					ok = false
				}
				dst[i] = one(x, y)
			}
			return ok
		},
		check: func(x, y T) error {
			switch {
			case y == 0:
				return errDivisionByZero()
			case bad(x, y):
				return errOutOfRange(id)
			}
			return nil
		},
	}
}

// registerInts adds the operators of two integer types, whose results have the wider one.
func registerInts[T integer](k types.Kind, ret types.ID, mul kernel[T], a, b types.ID) {
	RegisterScalar(
		scalar("+", ret, addInts[T](ret).eval(k), a, b).fresh(),
		scalar("-", ret, subInts[T](ret).eval(k), a, b).fresh(),
		scalar("*", ret, mul.eval(k), a, b).fresh(),
		scalar("/", ret, divInts[T](ret, false).eval(k), a, b).fresh(),
	)
}

// registerInt adds what an integer type has for itself only.
func registerInt[T integer](k types.Kind, id types.ID) {
	mod := divInts[T](id, true).eval(k)
	neg := Map1(func(_ *Call, x T) (T, error) {
		if x == lowest[T]() {
			return 0, errOutOfRange(id)
		}
		return -x, nil
	})
	abs := Map1(func(_ *Call, x T) (T, error) {
		if x == lowest[T]() {
			return 0, errOutOfRange(id)
		}
		return max(x, -x), nil
	})
	bit := func(f func(x, y T) T) func(*Call) (*vec.Vector, error) {
		return Map2(func(_ *Call, x, y T) (T, error) { return f(x, y), nil })
	}
	// PostgreSQL shifts as the processor does: by the count modulo the width (int2 as int4).
	mask := int32(max(unsafe.Sizeof(T(0))*8, 32) - 1)
	shift := func(f func(x int64, n int32) int64) func(*Call) (*vec.Vector, error) {
		return Map2(func(_ *Call, x T, n int32) (T, error) { return T(f(int64(x), n&mask)), nil })
	}
	RegisterScalar(
		scalar("%", id, mod, id, id).fresh(),
		scalar("mod", id, mod, id, id).fresh(),
		scalar("-", id, neg, id),
		scalar("+", id, func(c *Call) (*vec.Vector, error) { return c.Args[0], nil }, id),
		scalar("@", id, abs, id),
		scalar("abs", id, abs, id),
		scalar("&", id, bit(func(x, y T) T { return x & y }), id, id),
		scalar("|", id, bit(func(x, y T) T { return x | y }), id, id),
		scalar("#", id, bit(func(x, y T) T { return x ^ y }), id, id),
		scalar("~", id, map1(k, func(dst, a []T) {
			for i, x := range a {
				dst[i] = ^x
			}
		}), id),
		scalar("<<", id, shift(func(x int64, n int32) int64 { return x << n }), id, types.Int32),
		scalar(">>", id, shift(func(x int64, n int32) int64 { return x >> n }), id, types.Int32),
	)
}

func init() {
	m2, m4, m8 := mulNarrow[int16](types.Int16), mulNarrow[int32](types.Int32), mulInt64()
	registerInts(types.KInt16, types.Int16, m2, types.Int16, types.Int16)
	for _, p := range [][2]types.ID{{types.Int32, types.Int32}, {types.Int16, types.Int32}, {types.Int32, types.Int16}} {
		registerInts(types.KInt32, types.Int32, m4, p[0], p[1])
	}
	for _, p := range [][2]types.ID{{types.Int64, types.Int64}, {types.Int16, types.Int64}, {types.Int64, types.Int16},
		{types.Int32, types.Int64}, {types.Int64, types.Int32}} {
		registerInts(types.KInt64, types.Int64, m8, p[0], p[1])
	}
	registerInt[int16](types.KInt16, types.Int16)
	registerInt[int32](types.KInt32, types.Int32)
	registerInt[int64](types.KInt64, types.Int64)
}
