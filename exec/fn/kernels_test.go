package fn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// keyValues has values of types that are held as bytes of a form of their own.
var keyValues = map[types.ID][]string{
	types.Inet:           {"10.0.0.0/8", "10.1.2.3", "10.1.2.3/8", "10.1.0.0/15", "0.0.0.0/0", "255.255.255.255", "::", "::1/64", "2001:db8::1", "2001:db8::/32"},
	types.CIDR:           {"10.0.0.0/8", "10.1.2.3", "10.2.0.0/15", "0.0.0.0/0", "::", "2001:db8::/32"},
	types.MacAddr:        {"08:00:2b:01:02:03", "08:00:2b:01:02:04", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"},
	types.Point:          {"(0,0)", "(1,1)", "(-3,4)", "(0.5,0.5)", "(1e308,-1e308)"},
	types.Line:           {"{1,-1,0}", "{0,-1,5}", "{-1,0,3}", "{2,-1,1}"},
	types.LSeg:           {"[(0,0),(1,1)]", "[(1,2),(3,4)]", "[(3,0),(3,9)]", "[(0,2),(5,2)]"},
	types.Box:            {"(1,1),(0,0)", "(3,3),(1,1)", "(10,10),(-10,-10)", "(2,2),(2,2)"},
	types.Path:           {"((0,0),(1,0),(1,1),(0,1))", "[(0,0),(3,0),(4,5)]", "[(0,0)]"},
	types.Polygon:        {"((0,0),(1,0),(1,1),(0,1))", "((2,0),(2,4),(0,0))", "((0,0))"},
	types.Circle:         {"<(0,0),1>", "<(1,2),3>", "<(1,1),0>"},
	types.Int4Range:      {"[1,5)", "[5,9)", "(,3]", "[2,)", "(,)", "empty", "[2,4)"},
	types.NumRange:       {"[1,5.0)", "[1.0,5]", "(5,9)", "(,3]", "[2.50,)", "(,)", "empty", "[NaN,NaN]"},
	types.TSRange:        {"[2020-01-01,2020-01-02)", "(2020-01-01,infinity]", "(,2020-01-01]", "empty"},
	types.Int4Multirange: {"{[1,5),[7,9)}", "{(,0),[3,)}", "{}", "{[1,2),[3,4),[6,9)}", "{(,)}"},
	types.NumMultirange:  {"{[1,5.0),(7,9)}", "{(,0),[3,)}", "{}", "{[1,2.00),[3,4),[6,9)}"},
	types.TSMultirange:   {"{[2020-01-01,2020-01-02),(2020-01-04,2020-01-05)}", "{(,2020-01-01]}", "{}"},
	types.MacAddr8:       {"08:00:2b:01:02:03", "08:00:2b:01:02:04:05:06", "00:00:00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff:ff:ff"},
}

// randomNumber appends a number: small, or with edge set, one of those that overflow.
func randomNumber(r *rand.Rand, b *vec.Builder, t types.Type, edge bool) {
	small := int64(r.IntN(21) - 10)
	if edge && r.IntN(3) == 0 {
		small = []int64{math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, 1 << 62, -1, 0, 3037000500}[r.IntN(7)]
	}
	switch t.Kind() {
	case types.KBool:
		b.AppendBool(small&1 == 0)
	case types.KInt16:
		vec.Append(b, int16(small>>(r.IntN(2)*48)))
	case types.KInt32:
		vec.Append(b, int32(small>>(r.IntN(2)*32)))
	case types.KInt64:
		if t.ID == types.Numeric && edge && r.IntN(6) == 0 {
			b.AppendInt128(vec.Int128{Lo: r.Uint64(), Hi: int64(r.IntN(1000) - 500)})
			return
		}
		if t.ID == types.OID {
			small = int64(uint32(small))
		}
		vec.Append(b, small)
	case types.KFloat32:
		vec.Append(b, []float32{float32(small), 0.5, float32(math.Inf(1)), float32(math.NaN()), math.MaxFloat32, 1e-44}[r.IntN(6)*int(b2u(edge))])
	case types.KFloat64:
		vec.Append(b, []float64{float64(small), 0.5, math.Inf(-1), math.NaN(), math.MaxFloat64, 5e-324}[r.IntN(6)*int(b2u(edge))])
	case types.KNum:
		n := vec.Num{Coef: vec.Int128Of(small), Scale: int32(r.IntN(5))}
		if r.IntN(10) == 0 {
			n = vec.Num{Special: vec.NumSpecial(1 + r.IntN(3))}
		}
		vec.Append(b, n)
	case types.KView:
		if values := keyValues[t.ID]; values != nil {
			if err := text.Parse(b, t, []byte(values[r.IntN(len(values))]), nil); err != nil {
				panic(err)
			}
			return
		}
		b.AppendString([]string{"", "a", "b ", "b", "abcdefghijkl", "abcdefghijklm", "abcdefghijklmn", "abcdefghijklm "}[r.IntN(8)])
	case types.KInterval:
		vec.Append(b, vec.Interval{Micros: small % 5, Days: int32(r.IntN(40)), Months: int32(r.IntN(3))})
	case types.KTimeTZ:
		vec.Append(b, vec.TimeTZ{Micros: int64(r.IntN(3)) * 3_600_000_000, Zone: int32(r.IntN(3)) * 3600})
	case types.KUUID:
		vec.Append(b, [16]byte{byte(r.IntN(3)), 15: byte(r.IntN(3))})
	case types.KRow:
		b.AppendRow(func(fields []*vec.Builder) {
			for k, f := range fields {
				if r.IntN(4) == 0 {
					f.AppendNull()
				} else {
					randomNumber(r, f, t.Fields()[k].Type, false)
				}
			}
		})
	case types.KList:
		b.AppendList(func(c *vec.Builder) {
			for range r.IntN(3) {
				if r.IntN(4) == 0 {
					c.AppendNull()
				} else {
					randomNumber(r, c, t.Element(), false)
				}
			}
		})
	default:
		panic(t.String())
	}
}

func randomColumn(r *rand.Rand, t types.Type, n int, nulls, edge bool) *vec.Vector {
	one := r.IntN(3) == 0
	b := vec.NewBuilder(t)
	for range n {
		if nulls && r.IntN(5) == 0 {
			b.AppendNull()
		} else {
			randomNumber(r, b, t, edge)
		}
		if one {
			break
		}
	}
	v := b.Finish()
	if one {
		v.Enc, v.Len = vec.Const, n
	} else if nulls && v.Valid != nil && v.Kind == types.KInt32 && r.IntN(2) == 0 {
		for i := range n { // what lies under a NULL must not matter
			if v.IsNull(i) {
				vec.Values[int32](v)[i] = []int32{0, math.MaxInt32, math.MinInt32}[r.IntN(3)]
			}
		}
	}
	return v
}

func rowOf(v *vec.Vector, i int) *vec.Vector {
	w := *vec.Flatten(vec.Gather(v, []uint32{uint32(i)}))
	w.Enc = vec.Const
	return &w
}

// operatorNames are those whose vector forms are tested against single values.
var operatorNames = []string{"+", "-", "*", "/", "%", "=", "<>", "<", "<=", ">", ">=", "@", "abs", "round", "trunc", "floor", "ceil",
	"is_distinct_from", "greatest", "least", "&", "|", "#", "~", "<<", ">>", "power", "div", "sign", "gcd",
	"@>", "<@", "&&", "&<", "&>", "-|-", "lower", "upper", "isempty", "lower_inc", "upper_inf", "range_merge", "multirange", "unnest[]"}

// concrete returns a type for a declared one, numerics in all scales.
func concrete(r *rand.Rand, t types.Type) types.Type {
	switch t.ID {
	case types.Numeric:
		return []types.Type{types.NumericOf(0, 0), types.NumericOf(0, 2), types.NumericOf(10, 5), types.Of(types.Numeric)}[r.IntN(4)]
	case types.AnyArray:
		return types.ArrayOf(types.Of(types.Int32))
	case types.Record:
		return types.RecordOf("", []types.Field{{Name: "a", Type: types.NumericOf(0, 2)}, {Name: "b", Type: types.Of(types.Text)}})
	}
	return t
}

// TestKernelsAgreeWithRows evaluates every operator on columns with NULLs and on constants, and each row
// alone, which the comparison with PostgreSQL covers; results, errors and Select must agree.
func TestKernelsAgreeWithRows(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for _, name := range operatorNames {
		for _, f := range Scalars(name) {
			if !knownTypes(f) {
				continue
			}
			for round := range 24 {
				checkKernel(t, r, f, round%2 == 1, round%3 > 0)
			}
		}
	}
}

func knownTypes(f *Scalar) bool {
	for _, a := range f.Args {
		if a.ID == types.JSONB || a.ID == types.Date && len(f.Args) == 2 && f.Args[0] != f.Args[1] {
			return false
		}
	}
	return f.Volatility == Immutable
}

func checkKernel(t *testing.T, r *rand.Rand, f *Scalar, edge, nulls bool) {
	t.Helper()
	n := 1 + r.IntN(130)
	args, ts := make([]*vec.Vector, len(f.Args)), make([]types.Type, len(f.Args))
	if f.Variadic {
		args, ts = make([]*vec.Vector, 3), make([]types.Type, 3)
	}
	element := []types.Type{types.Of(types.Int32), types.NumericOf(0, 3), types.Of(types.Text), types.Of(types.Float64)}[r.IntN(4)]
	ofRange := types.Type{ID: types.Int4Range + 2*types.ID(r.IntN(3))}
	for _, a := range f.Args {
		if a.ID == types.AnyRange || a.ID == types.AnyMultirange {
			element = ofRange.RangeBound()
		}
	}
	for i := range args {
		d := concrete(r, f.Args[min(i, len(f.Args)-1)])
		switch d.ID {
		case types.AnyRange:
			d = ofRange
		case types.AnyMultirange:
			d = ofRange.MultirangeOf()
		}
		if d.ID == types.AnyElement {
			d = element
		}
		args[i], ts[i] = randomColumn(r, d, n, nulls, edge), d
	}
	ret := f.ReturnType(ts)
	var valid vec.Bitmap
	if !f.NotStrict {
		valid = vec.NewBitmapSet(n)
		for i := range n {
			for _, a := range args {
				if a.IsNull(i) {
					valid.Clear(i)
				}
			}
		}
		for _, a := range args {
			if a.Enc == vec.Const && a.IsNull(0) {
				return // the caller answers NULL itself
			}
		}
		if valid.Count(n) == n {
			valid = nil
		}
	}
	what := fmt.Sprintf("%s%v", f.Name, ts)
	c := &Call{Ctx: &Ctx{}, Args: args, N: n, Ret: ret, Valid: valid}
	if f.Fresh {
		c.Mem = &Memory{words: []uint64{3, 1 << 63, 77}}
	}
	got, gotErr := f.Eval(c)
	var wantErr error
	var true_ []uint32
	for i := range n {
		if valid != nil && !valid.Get(i) {
			if gotErr == nil && !got.IsNull(i) {
				t.Fatalf("%s: row %d is not NULL", what, i)
			}
			continue
		}
		row := make([]*vec.Vector, len(args))
		for k, a := range args {
			row[k] = rowOf(a, i)
		}
		want, err := f.Eval(&Call{Ctx: &Ctx{}, Args: row, N: 1, Ret: ret})
		if err != nil {
			wantErr = err
			break
		}
		if gotErr != nil {
			continue
		}
		if g, w := text.String(got, i, nil), text.String(want, 0, nil); g != w || got.Type != ret {
			t.Fatalf("%s: row %d (%s) is %s of %v, alone %s", what, i, rowText(row), g, got.Type, w)
		}
		if ret.ID == types.Bool && !got.IsNull(i) && vec.At[uint8](got, i) == 1 {
			true_ = append(true_, uint32(i))
		}
	}
	if (gotErr == nil) != (wantErr == nil) || gotErr != nil && sqlstate.Of(gotErr) != sqlstate.Of(wantErr) {
		t.Fatalf("%s: error %v, alone %v", what, gotErr, wantErr)
	}
	if f.Select == nil || gotErr != nil {
		return
	}
	checkSelect(t, r, f, &Call{Ctx: &Ctx{}, Args: args, N: n, Ret: ret, Valid: valid}, true_, what)
}

func checkSelect(t *testing.T, r *rand.Rand, f *Scalar, c *Call, want []uint32, what string) {
	t.Helper()
	all, err := f.Select(c, nil, nil)
	if err != nil || !slices.Equal(all, want) {
		t.Fatalf("%s selects %v %v, want %v", what, all, err, want)
	}
	var sel, some []uint32
	for i := range uint32(c.N) {
		if r.IntN(2) == 0 {
			sel = append(sel, i)
			if slices.Contains(want, i) {
				some = append(some, i)
			}
		}
	}
	got, err := f.Select(c, sel, []uint32{99})
	if sel != nil && (err != nil || got[0] != 99 || !slices.Equal(got[1:], some)) {
		t.Fatalf("%s selects %v %v of %v, want %v", what, got, err, sel, some)
	}
}

func rowText(row []*vec.Vector) (s string) {
	for _, v := range row {
		s += text.String(v, 0, nil) + " "
	}
	return s
}

func benchmark(b *testing.B, name string, args ...*vec.Vector) {
	ts := make([]types.Type, len(args))
	for i, a := range args {
		ts[i] = a.Type
	}
	for _, f := range Scalars(name) {
		if len(f.Args) != 2 || f.Args[0].ID != ts[0].ID || f.Args[1].ID != ts[1].ID {
			continue
		}
		c := &Call{Ctx: &Ctx{}, Args: args, N: args[0].Len, Ret: f.ReturnType(ts), Mem: &Memory{}}
		b.SetBytes(int64(c.N)) // MB/s are millions of rows
		b.Run("eval", func(b *testing.B) {
			b.SetBytes(int64(c.N))
			for b.Loop() {
				if _, err := f.Eval(c); err != nil {
					b.Fatal(err)
				}
			}
		})
		if f.Select == nil {
			return
		}
		dst := make([]uint32, 0, c.N)
		b.Run("select", func(b *testing.B) {
			b.SetBytes(int64(c.N))
			for b.Loop() {
				if _, err := f.Select(c, nil, dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchColumn(t types.Type, n int) *vec.Vector {
	r := rand.New(rand.NewPCG(1, 1))
	b := vec.NewBuilder(t)
	for range n {
		randomNumber(r, b, t, false)
	}
	return b.Finish()
}

func BenchmarkKernels(b *testing.B) {
	const n = 8192
	price, float, text_ := types.NumericOf(15, 2), types.Of(types.Float64), types.Of(types.Text)
	int4, int8 := types.Of(types.Int32), types.Of(types.Int64)
	for _, c := range []struct {
		op   string
		a, b types.Type
	}{
		{"+", int8, int8}, {"*", int8, int8}, {"+", int4, int4}, {"+", int4, int8}, {"/", int4, int4},
		{"*", price, price}, {"-", price, price}, {"/", price, price}, {"+", float, float}, {"*", float, float},
		{"<", int4, int4}, {"=", int8, int8}, {"<", price, price}, {"<", float, float}, {"=", text_, text_}, {"<", text_, text_},
	} {
		x, y := benchColumn(c.a, n), benchColumn(c.b, n)
		one := rowOf(y, 1)
		one.Len = n
		if c.op != "/" {
			b.Run(fmt.Sprintf("%s %v columns", c.op, c.a), func(b *testing.B) { benchmark(b, c.op, x, y) })
		}
		b.Run(fmt.Sprintf("%s %v constant", c.op, c.a), func(b *testing.B) { benchmark(b, c.op, x, one) })
	}
}
