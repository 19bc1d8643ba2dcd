package fn

import (
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has what functions are built from when they need no loop of their own:
//
//	Map0..Map3     Eval from a Go function of one row's values, NULL rows left out
//	MapNull1..3    the same for functions that may answer NULL
//	Reader         typed access to one argument
//	Strings        builds string results, sharing the bytes of an argument where it can
//
// The values' Go types are: bool, int16, int32, int64, float32, float64, vec.Num (any numeric), []byte (any
// string, bytea, json), vec.Interval, vec.TimeTZ, [16]byte; date is int32, time and timestamps are int64.
// A []byte argument belongs to the vector and must not be changed or kept. A []byte result is copied, so a
// function may build all its results in one buffer.
//
// The price is an indirect call per row: right for functions that do real work, wrong for arithmetic.

// check returns Ctx.Check, nil without one.
func (c *Call) check() func() error {
	if c.Ctx == nil {
		return nil
	}
	return c.Ctx.Check
}

// Each calls f for every row in which no argument of a strict function is NULL, until f fails or the query is
// cancelled.
func (c *Call) Each(f func(i int) error) error {
	for i := range c.N {
		if i&255 == 255 && c.Ctx != nil && c.Ctx.Check != nil { // a call may take as long as a regular expression
			if err := c.Ctx.Check(); err != nil {
				return err
			}
		}
		if c.Valid != nil && !c.Valid.Get(i) {
			continue
		}
		if err := f(i); err != nil {
			return err
		}
	}
	return nil
}

// Row returns the place of row i of an argument, which is flat or constant, in its Data.
func Row(v *vec.Vector, i int) int {
	if v.Enc == vec.Const {
		return 0
	}
	return i
}

// Reader returns a function that reads row i of v, which is flat or constant, as a T; see the list of types
// above. What it returns for a NULL is any value.
func Reader[T any](v *vec.Vector) func(i int) T {
	var f any
	switch any(*new(T)).(type) {
	case bool:
		get := fixed[uint8](v)
		f = func(i int) bool { return get(i) != 0 }
	case []byte:
		views, bufs, one := vec.Values[vec.View](v), v.Bufs, v.Enc == vec.Const
		f = func(i int) []byte {
			if one {
				i = 0
			}
			return views[i].In(bufs, &views[i])
		}
	case int16:
		f = fixed[int16](v)
	case int32:
		f = fixed[int32](v)
	case int64:
		f = fixed[int64](v)
	case float32:
		f = fixed[float32](v)
	case float64:
		f = fixed[float64](v)
	case vec.Num:
		f = numReader(v)
	case vec.Interval:
		f = fixed[vec.Interval](v)
	case vec.TimeTZ:
		f = fixed[vec.TimeTZ](v)
	case [16]byte:
		f = fixed[[16]byte](v)
	default:
		panic("fn: Reader of an unknown type")
	}
	return f.(func(int) T)
}

func fixed[T vec.Fixed](v *vec.Vector) func(i int) T {
	values := vec.Values[T](v)
	if v.Enc == vec.Const {
		x := values[0]
		return func(int) T { return x }
	}
	return func(i int) T { return values[i] }
}

func numReader(v *vec.Vector) func(i int) vec.Num {
	scale := int32(v.Type.Scale)
	switch v.Kind {
	case types.KInt64:
		get := fixed[int64](v)
		return func(i int) vec.Num { return vec.Num{Coef: vec.Int128Of(get(i)), Scale: scale} }
	case types.KInt128:
		get := fixed[vec.Int128](v)
		return func(i int) vec.Num { return vec.Num{Coef: get(i), Scale: scale} }
	}
	return fixed[vec.Num](v)
}

// writer collects the results of a function row by row.
type writer[T any] struct {
	set    func(i int, x T)
	finish func(t types.Type, valid vec.Bitmap) (*vec.Vector, error)
}

func newWriter[T any](n int) writer[T] {
	var set, finish any
	switch any(*new(T)).(type) {
	case bool:
		out := make([]uint8, n)
		set = func(i int, x bool) {
			if x {
				out[i] = 1
			}
		}
		finish = finishFixed(out, types.KBool)
	case []byte:
		s := NewStrings(n, nil)
		set = s.Set
		finish = func(t types.Type, valid vec.Bitmap) (*vec.Vector, error) { return s.Finish(t, valid), nil }
	case int16:
		set, finish = fixedWriter[int16](n, types.KInt16)
	case int32:
		set, finish = fixedWriter[int32](n, types.KInt32)
	case int64:
		set, finish = fixedWriter[int64](n, types.KInt64)
	case float32:
		set, finish = fixedWriter[float32](n, types.KFloat32)
	case float64:
		set, finish = fixedWriter[float64](n, types.KFloat64)
	case vec.Num:
		out := make([]vec.Num, n)
		set = func(i int, x vec.Num) { out[i] = x }
		finish = func(t types.Type, valid vec.Bitmap) (*vec.Vector, error) { return numsTo(out, t, valid) }
	case vec.Interval:
		set, finish = fixedWriter[vec.Interval](n, types.KInterval)
	case vec.TimeTZ:
		set, finish = fixedWriter[vec.TimeTZ](n, types.KTimeTZ)
	case [16]byte:
		set, finish = fixedWriter[[16]byte](n, types.KUUID)
	default:
		panic("fn: result of an unknown type")
	}
	return writer[T]{set.(func(int, T)), finish.(func(types.Type, vec.Bitmap) (*vec.Vector, error))}
}

func fixedWriter[T vec.Fixed](n int, k types.Kind) (set, finish any) {
	out := make([]T, n)
	return func(i int, x T) { out[i] = x }, finishFixed(out, k)
}

func finishFixed[T vec.Fixed](out []T, k types.Kind) func(types.Type, vec.Bitmap) (*vec.Vector, error) {
	return func(t types.Type, valid vec.Bitmap) (*vec.Vector, error) { return vec.New(t, k, out, valid), nil }
}

// Map0 makes Eval from a function without arguments, called for each row.
func Map0[R any](f func(c *Call) (R, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		return run(c, func(int) (R, error) { return f(c) })
	}
}

// Map1 makes Eval of a strict function from a function of one row.
func Map1[A, R any](f func(c *Call, a A) (R, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		a := Reader[A](c.Args[0])
		return run(c, func(i int) (R, error) { return f(c, a(i)) })
	}
}

// Map2 is Map1 for two arguments.
func Map2[A, B, R any](f func(c *Call, a A, b B) (R, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		a, b := Reader[A](c.Args[0]), Reader[B](c.Args[1])
		return run(c, func(i int) (R, error) { return f(c, a(i), b(i)) })
	}
}

// Map3 is Map1 for three arguments.
func Map3[A, B, C, R any](f func(c *Call, a A, b B, d C) (R, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		a, b, d := Reader[A](c.Args[0]), Reader[B](c.Args[1]), Reader[C](c.Args[2])
		return run(c, func(i int) (R, error) { return f(c, a(i), b(i), d(i)) })
	}
}

func run[R any](c *Call, f func(i int) (R, error)) (*vec.Vector, error) {
	w := newWriter[R](c.N)
	err := c.Each(func(i int) error {
		x, err := f(i)
		if err == nil {
			w.set(i, x)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return w.finish(c.Ret, c.Valid)
}

// MapNull1 is Map1 for a function that answers NULL by returning false.
func MapNull1[A, R any](f func(c *Call, a A) (R, bool, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		a := Reader[A](c.Args[0])
		return runNull(c, func(i int) (R, bool, error) { return f(c, a(i)) })
	}
}

// MapNull2 is MapNull1 for two arguments.
func MapNull2[A, B, R any](f func(c *Call, a A, b B) (R, bool, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		a, b := Reader[A](c.Args[0]), Reader[B](c.Args[1])
		return runNull(c, func(i int) (R, bool, error) { return f(c, a(i), b(i)) })
	}
}

// MapNull3 is MapNull1 for three arguments.
func MapNull3[A, B, C, R any](f func(c *Call, a A, b B, d C) (R, bool, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		a, b, d := Reader[A](c.Args[0]), Reader[B](c.Args[1]), Reader[C](c.Args[2])
		return runNull(c, func(i int) (R, bool, error) { return f(c, a(i), b(i), d(i)) })
	}
}

func runNull[R any](c *Call, f func(i int) (R, bool, error)) (*vec.Vector, error) {
	w := newWriter[R](c.N)
	valid := vec.NewBitmap(c.N)
	nulls := false
	err := c.Each(func(i int) error {
		x, ok, err := f(i)
		if err != nil || !ok {
			nulls = true
			return err
		}
		w.set(i, x)
		valid.Set(i)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !nulls {
		valid = c.Valid
	}
	return w.finish(c.Ret, valid)
}

// Strings builds a vector of strings. Rows that are not set are empty.
type Strings struct {
	views []vec.View
	bufs  [][]byte // of the source
	buf   []byte   // what does not fit into its view
	full  [][]byte // earlier bufs, each as large as an offset allows
	start int      // of the row begun
}

// NewStrings returns a builder of n rows. src may be an argument whose bytes results share (see Sub), or nil.
func NewStrings(n int, src *vec.Vector) *Strings {
	s := &Strings{views: make([]vec.View, n)}
	if src != nil {
		s.bufs = src.Bufs
	}
	return s
}

// Set makes row i a copy of b.
func (s *Strings) Set(i int, b []byte) {
	if len(b) <= vec.ViewInline {
		s.views[i] = vec.MakeView(b, 0, 0)
		return
	}
	s.End(i, append(s.Begin(), b...))
}

// Begin returns a buffer to append one row to; End takes it.
//
//	dst := s.Begin()
//	dst = append(dst, ...)
//	s.End(i, dst)
func (s *Strings) Begin() []byte {
	if len(s.buf) > 1<<30 { // offsets have 32 bits
		s.full = append(s.full, s.buf)
		s.buf = nil
	}
	s.start = len(s.buf)
	return s.buf
}

// End makes row i what was appended to the buffer since Begin.
func (s *Strings) End(i int, dst []byte) {
	b := dst[s.start:]
	s.views[i] = vec.MakeView(b, uint32(len(s.bufs)+len(s.full)), uint32(s.start))
	if len(b) <= vec.ViewInline {
		dst = dst[:s.start]
	}
	s.buf = dst
}

// Sub makes row i the bytes from..to-1 of a view of the source, without copying long ones.
func (s *Strings) Sub(i int, src *vec.View, from, to int) {
	b := src.In(s.bufs, src)[from:to]
	s.views[i] = vec.MakeView(b, src.Buf, src.Off+uint32(from))
}

// Finish returns the rows as a vector of type t.
func (s *Strings) Finish(t types.Type, valid vec.Bitmap) *vec.Vector {
	v := vec.New(t, types.KView, s.views, valid)
	v.Bufs = s.bufs
	if len(s.buf) > 0 || len(s.full) > 0 {
		v.Bufs = append(append(s.bufs[:len(s.bufs):len(s.bufs)], s.full...), s.buf)
	}
	return v
}

// scalar returns an immutable, strict function.
func scalar(name string, ret types.ID, eval func(*Call) (*vec.Vector, error), args ...types.ID) *Scalar {
	return &Scalar{Name: name, Args: typesOf(args), Ret: types.Of(ret), Eval: eval}
}

func typesOf(ids []types.ID) []types.Type {
	t := make([]types.Type, len(ids))
	for i, id := range ids {
		t[i] = types.Of(id)
	}
	return t
}

// retOf sets a function's result type to depend on its arguments'.
func (s *Scalar) retOf(f func(args []types.Type) types.Type) *Scalar {
	s.RetOf = f
	return s
}

// fresh says that the result shares no memory with the arguments.
func (s *Scalar) fresh() *Scalar {
	s.Fresh = true
	return s
}
