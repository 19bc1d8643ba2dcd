package fn

import (
	"math"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// An accumulator keeps one cell per group in a slice of pointer-free structs, so that a row touches one
// place in memory and the garbage collector looks at none. Its loops run over rows with the group as index;
// where there is but one group they keep the cell in registers instead.

// Descending is implemented by the accumulators of ordered-set aggregates whose result depends on the
// direction of WITHIN GROUP (ORDER BY ...), which is ascending unless this is called before the first row.
type Descending interface{ Descending() }

// Checking is implemented by accumulators that take long at times, so that they see when their query is cancelled:
// check is a Ctx.Check.
type Checking interface{ CheckWith(check func() error) }

// aggregate returns one overload with a fixed result type and fixed state types.
func aggregate(name string, ret types.ID, state []types.Type, create func(args []types.Type, ret types.Type) Accumulator, args ...types.ID) *Aggregate {
	return &Aggregate{Name: name, Args: typesOf(args), Ret: types.Of(ret), New: create,
		State: func([]types.Type) []types.Type { return state }}
}

// grown returns s with n elements, the new ones zero. It never shrinks.
func grown[T any](s []T, n int) []T {
	if n <= cap(s) {
		return s[:max(n, len(s))]
	}
	t := make([]T, n, max(n, 2*cap(s), 8))
	copy(t, s)
	return t
}

// validity returns the bitmap of the rows of v that are not NULL, whatever its encoding; nil means all.
func validity(v *vec.Vector) vec.Bitmap {
	switch v.Enc {
	case vec.Const:
		if v.IsNull(0) {
			return vec.NewBitmap(v.Len)
		}
		return nil
	case vec.Dict:
		if v.Dict.Valid == nil {
			return v.Valid
		}
		b := vec.NewBitmap(v.Len)
		for i := range v.Len {
			if !v.IsNull(i) {
				b.Set(i)
			}
		}
		return b
	}
	return v.Valid
}

// both returns the rows that are set in both bitmaps.
func both(a, b vec.Bitmap, n int) vec.Bitmap {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	c := vec.NewBitmap(n)
	for i := range c {
		c[i] = a[i] & b[i]
	}
	return c
}

// flags collects the validity of results.
type flags struct {
	valid vec.Bitmap
	n     int
}

// null marks result i as NULL.
func (f *flags) null(i int) {
	if f.valid == nil {
		f.valid = vec.NewBitmapSet(f.n)
	}
	f.valid.Clear(i)
}

// results returns the vector of f(g) for groups from..to-1; ok false is NULL.
func results[T vec.Fixed](t types.Type, kind types.Kind, from, to int, f func(g int) (x T, ok bool)) *vec.Vector {
	out := make([]T, to-from)
	fl := flags{n: to - from}
	for i := range out {
		x, ok := f(from + i)
		if !ok {
			fl.null(i)
			continue
		}
		out[i] = x
	}
	return vec.New(t, kind, out, fl.valid)
}

// resultsErr is results for a function that can fail.
func resultsErr[T vec.Fixed](t types.Type, kind types.Kind, from, to int, f func(g int) (x T, ok bool, err error)) (*vec.Vector, error) {
	var first error
	v := results(t, kind, from, to, func(g int) (T, bool) {
		x, ok, err := f(g)
		if err != nil && first == nil {
			first = err
		}
		return x, ok
	})
	return v, first
}

// exactVector returns integers as numerics of fixed scale, in 64 bits each where all fit.
func exactVector(t types.Type, from, to int, f func(g int) (x vec.Int128, ok bool)) (*vec.Vector, error) {
	wide := results(t, types.KInt128, from, to, f)
	vals := vec.Values[vec.Int128](wide)
	narrow := true
	for _, x := range vals {
		if !x.IsInt64() {
			narrow = false
			if x.Digits() > vec.MaxDigits {
				return nil, errNumericSum()
			}
		}
	}
	if !narrow {
		return wide, nil
	}
	out := make([]int64, len(vals))
	for i, x := range vals {
		out[i] = int64(x.Lo)
	}
	return vec.New(t, types.KInt64, out, wide.Valid), nil
}

// countAcc is count(*) and count(x).
type countAcc struct {
	n    []int64
	star bool
}

func (a *countAcc) Grow(n int)   { a.n = grown(a.n, n) }
func (a *countAcc) Bytes() int64 { return 8 * int64(cap(a.n)) }

func (a *countAcc) Update(args []*vec.Vector, groups []uint32) error {
	var valid vec.Bitmap
	if !a.star {
		valid = validity(args[0])
	}
	return a.add(valid, groups)
}

// add counts the rows of valid.
func (a *countAcc) add(valid vec.Bitmap, groups []uint32) error {
	n := a.n
	switch {
	case len(n) == 1:
		n[0] += int64(valid.Count(len(groups)))
	case valid == nil:
		for _, g := range groups {
			n[g]++
		}
	default:
		for i, g := range groups {
			n[g] += int64(valid[i>>6] >> (uint(i) & 63) & 1)
		}
	}
	return nil
}

func (a *countAcc) Merge(state []*vec.Vector, groups []uint32) error {
	n := a.n
	for i, x := range vec.Values[int64](vec.Flatten(state[0])) {
		n[groups[i]] += x
	}
	return nil
}

func (a *countAcc) State(from, to int) ([]*vec.Vector, error) {
	v, err := a.Result(from, to)
	return []*vec.Vector{v}, err
}

func (a *countAcc) Result(from, to int) (*vec.Vector, error) {
	return vec.New(types.Of(types.Int64), types.KInt64, append([]int64(nil), a.n[from:to]...), nil), nil
}

// CountDistinctRows counts the rows that it gets, NULLs or not. It is for calls with DISTINCT, which gives it the first
// of those whose arguments are the same.
var CountDistinctRows = &Aggregate{Name: "count", Args: []types.Type{types.Of(types.Any)}, Variadic: true, Ret: types.Of(types.Int64),
	State: func([]types.Type) []types.Type { return []types.Type{types.Of(types.Int64)} },
	New:   func([]types.Type, types.Type) Accumulator { return &countAcc{star: true} }}

func init() {
	state := []types.Type{types.Of(types.Int64)}
	RegisterAggregate(
		aggregate("count", types.Int64, state, func([]types.Type, types.Type) Accumulator { return &countAcc{star: true} }),
		aggregate("count", types.Int64, state, func([]types.Type, types.Type) Accumulator { return &countAcc{} }, types.Any),
	)
}

// isFinite reports whether x is a number and not an infinity.
func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
