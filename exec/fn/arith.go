package fn

import (
	"unsafe"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// number is the set of Go types of PostgreSQL's binary numbers.
type number interface {
	int16 | int32 | int64 | float32 | float64
}

// kernel is a binary operator on numbers as loops over slices. A loop writes all of dst and returns false
// when there was an error in some row. check says what it is, for one row: NULL rows hold anything, so an
// error counts only where a valid row has it.
type kernel[T number] struct {
	vv    func(dst, a, b []T) bool
	vc    func(dst, a []T, b T) bool
	cv    func(dst []T, a T, b []T) bool
	check func(a, b T) error
}

// eval returns Eval of the operator for arguments of any number types that convert to T without loss.
func (k kernel[T]) eval(kind types.Kind) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		a, b := c.Args[0], c.Args[1]
		x, y := numbers[T](a), numbers[T](b)
		dst := alloc[T](c, c.N)
		var ok bool
		switch {
		case c.N == 0:
			ok = true
		case b.Enc == vec.Const && (a.Enc != vec.Const || c.N == 1):
			ok = k.vc(dst, x[:c.N], y[0])
		case a.Enc == vec.Const && b.Enc != vec.Const:
			ok = k.cv(dst, x[0], y[:c.N])
		case a.Enc == vec.Const:
			x, y = repeat(x[0], c.N), repeat(y[0], c.N)
			fallthrough
		default:
			ok = k.vv(dst, x[:c.N], y[:c.N])
		}
		if !ok {
			err := c.Each(func(i int) error { return k.check(x[min(i, len(x)-1)], y[min(i, len(y)-1)]) })
			if err != nil {
				return nil, err
			}
		}
		return vec.New(c.Ret, kind, dst, c.Valid), nil
	}
}

// Memory is reused from call to call for results of fixed width.
type Memory struct{ words []uint64 }

// alloc returns room for n values of a result. They hold anything.
func alloc[T vec.Fixed](c *Call, n int) []T {
	if c.Mem == nil {
		return vec.Make[T](n)
	}
	var z T
	need := (n*int(unsafe.Sizeof(z)) + 7) / 8
	if cap(c.Mem.words) < need {
		c.Mem.words = vec.Make[uint64](need)
	}
	return vec.As[T](vec.BytesOf(c.Mem.words[:need]))[:n:n]
}

func repeat[T vec.Fixed](x T, n int) []T {
	s := vec.Make[T](n)
	for i := range s {
		s[i] = x
	}
	return s
}

// numbers returns the values of a flat or constant vector of numbers as Ts.
func numbers[T number](v *vec.Vector) []T {
	switch any(*new(T)).(type) {
	case int16:
		return any(vec.Values[int16](v)).([]T)
	case int32:
		if v.Kind == types.KInt32 {
			return any(vec.Values[int32](v)).([]T)
		}
	case int64:
		if v.Kind == types.KInt64 {
			return any(vec.Values[int64](v)).([]T)
		}
	case float32:
		return any(vec.Values[float32](v)).([]T)
	case float64:
		if v.Kind == types.KFloat64 {
			return any(vec.Values[float64](v)).([]T)
		}
	}
	switch v.Kind {
	case types.KInt16:
		return convert[T](vec.Values[int16](v))
	case types.KInt32:
		return convert[T](vec.Values[int32](v))
	case types.KInt64:
		return convert[T](vec.Values[int64](v))
	case types.KFloat32:
		return convert[T](vec.Values[float32](v))
	}
	panic("fn: not a number")
}

func convert[To, From number](s []From) []To {
	d := vec.Make[To](len(s))
	for i, x := range s {
		d[i] = To(x)
	}
	return d
}

// map1 is a strict function of one number that cannot fail, in a loop of its own.
func map1[A, R vec.Fixed](kind types.Kind, loop func(dst []R, a []A)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		a := vec.Values[A](vec.Flatten(c.Args[0]))
		dst := alloc[R](c, len(a))
		loop(dst, a)
		return vec.New(c.Ret, kind, dst, c.Valid), nil
	}
}
