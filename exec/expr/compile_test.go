package expr

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"gsql/exec/fn"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// The tests here evaluate random expressions over random batches in all encodings and compare with a naive
// evaluator, which goes row by row and knows SQL's three-valued logic and nothing of vectors.

var (
	tBool    = types.Of(types.Bool)
	tInt     = types.Of(types.Int32)
	tBig     = types.Of(types.Int64)
	tText    = types.Of(types.Text)
	tFloat   = types.Of(types.Float64)
	tNum     = types.Of(types.Numeric)
	tPrice   = types.NumericOf(0, 2)
	tDate    = types.Of(types.Date)
	colTypes = []types.Type{tBool, tInt, tBig, tText, tFloat, tPrice, tNum, tDate, tInt, tText, tPrice, tBool}
)

// randomValue appends a value from a small range, so that comparisons are often equal.
func randomValue(r *rand.Rand, b *vec.Builder, t types.Type) {
	words := []string{"", "a", "ab", "abcdefghijkl", "abcdefghijklm", "abcdefghijkln", "zz", "abcdefghijklmnopqrstuvwxyz"}
	switch t.ID {
	case types.Bool:
		b.AppendBool(r.IntN(2) == 0)
	case types.Int32, types.Date:
		vec.Append(b, int32(r.IntN(9)-3))
	case types.Int64:
		vec.Append(b, int64(r.IntN(9)-3)*(1+int64(r.IntN(2))<<33))
	case types.Float64:
		vec.Append(b, []float64{0, 1, -1.5, 2.25, text2float("NaN"), text2float("Infinity"), 1e300}[r.IntN(7)])
	case types.Text:
		b.AppendString(words[r.IntN(len(words))])
	case types.Numeric:
		if t.Scale == types.DynamicScale {
			vec.Append(b, vec.Num{Coef: vec.Int128Of(int64(r.IntN(500) - 200)), Scale: int32(r.IntN(4))})
		} else if r.IntN(200) == 0 {
			b.AppendInt128(vec.Int128{Lo: r.Uint64(), Hi: int64(r.IntN(100))})
		} else {
			b.AppendInt128(vec.Int128Of(int64(r.IntN(700) - 300)))
		}
	default:
		panic(t.String())
	}
}

func text2float(s string) float64 {
	v, err := text.Const(tFloat, s, nil)
	if err != nil {
		panic(err)
	}
	return vec.At[float64](v, 0)
}

// randomVector returns n rows of type t in a random encoding, with NULLs or without.
func randomVector(r *rand.Rand, t types.Type, n int) *vec.Vector {
	nulls := r.IntN(2) * r.IntN(60)
	flat := func(n int) *vec.Vector {
		b := vec.NewBuilder(t)
		for range n {
			if r.IntN(100) < nulls {
				b.AppendNull()
			} else {
				randomValue(r, b, t)
			}
		}
		return b.Finish()
	}
	switch r.IntN(5) {
	case 0:
		v := flat(1)
		v.Enc = vec.Const
		return v.WithLen(n)
	case 1, 2:
		d := flat(1 + r.IntN(2*n))
		codes := make([]uint32, n)
		var valid vec.Bitmap
		if r.IntN(2) == 0 {
			valid = vec.NewBitmapSet(n)
		}
		for i := range codes {
			codes[i] = uint32(r.IntN(d.Len))
			if valid != nil && r.IntN(4) == 0 {
				valid.Clear(i)
				codes[i] = 0
			}
		}
		return vec.NewDict(codes, valid, d)
	}
	return flat(n)
}

func randomBatch(r *rand.Rand) *vec.Batch {
	n := 1 + r.IntN(150)
	b := &vec.Batch{Rows: n, Cols: make([]*vec.Vector, len(colTypes))}
	for i, t := range colTypes {
		b.Cols[i] = randomVector(r, t, n)
	}
	if r.IntN(2) == 0 {
		b.Sel = []uint32{}
		for i := range n {
			if r.IntN(3) > 0 {
				b.Sel = append(b.Sel, uint32(i))
			}
		}
		if len(b.Sel) == 0 {
			b.Sel = nil
		}
	}
	return b
}

// maker makes random expressions.
type maker struct{ *rand.Rand }

func (m maker) pick(es ...func() Expr) Expr { return es[m.IntN(len(es))]() }

func (m maker) constant(t types.Type) Expr {
	b := vec.NewBuilder(t)
	if m.IntN(8) == 0 {
		return Null(t)
	}
	randomValue(m.Rand, b, t)
	v := b.Finish()
	v.Enc = vec.Const
	return &Const{v}
}

func (m maker) column(t types.Type) Expr {
	var is []int
	for i, c := range colTypes {
		if c == t {
			is = append(is, i)
		}
	}
	i := is[m.IntN(len(is))]
	return &Column{ID: ColID(i), Name: fmt.Sprintf("c%d", i), Typ: t}
}

func (m maker) call(name string, args ...Expr) Expr {
	ts := make([]types.Type, len(args))
	for i, a := range args {
		ts[i] = a.Type()
	}
next:
	for _, f := range fn.Scalars(name) {
		if len(f.Args) != len(args) && !f.Variadic {
			continue
		}
		for i, a := range ts {
			d := f.Args[min(i, len(f.Args)-1)]
			if d.ID != a.ID && d.ID != types.AnyElement {
				continue next
			}
		}
		return &Call{f, args, f.ReturnType(ts)}
	}
	panic(fmt.Sprintf("no %s%v", name, ts))
}

func (m maker) expr(t types.Type, depth int) Expr {
	if depth == 0 {
		if m.IntN(4) == 0 {
			return m.constant(t)
		}
		return m.column(t)
	}
	sub := func(t types.Type) Expr { return m.expr(t, m.IntN(depth)) }
	same := func() Expr {
		return m.pick(
			func() Expr { return m.column(t) },
			func() Expr {
				c := &Case{Typ: t, Whens: []When{{sub(tBool), sub(t)}}}
				for range m.IntN(3) {
					c.Whens = append(c.Whens, When{sub(tBool), sub(t)})
				}
				if m.IntN(3) > 0 {
					c.Else = sub(t)
				}
				return c
			},
			func() Expr { return &Coalesce{[]Expr{sub(t), sub(t), sub(t)}[m.IntN(2):], t} },
			func() Expr { return m.call([]string{"greatest", "least"}[m.IntN(2)], sub(t), sub(t), sub(t)) },
		)
	}
	switch t {
	case tBool:
		return m.boolean(depth, sub, same)
	case tInt:
		return m.pick(same, func() Expr { return m.call("@", sub(tInt)) },
			func() Expr { return m.call("&", sub(tInt), sub(tInt)) },
			func() Expr { return &Cast{fn.LookupCast(types.Bool, types.Int32), sub(tBool), tInt} })
	case tBig:
		return m.pick(same, func() Expr { return m.call("+", sub(tInt), sub(tBig)) },
			func() Expr { return m.call("-", sub(tBig), sub(tInt)) },
			func() Expr { return &Cast{fn.LookupCast(types.Int32, types.Int64), sub(tInt), tBig} })
	case tPrice:
		return m.pick(same, func() Expr { return m.call("-", sub(tPrice), m.column(tPrice)) },
			func() Expr { return &Cast{fn.LookupCast(types.Int32, types.Numeric), sub(tInt), tPrice} },
			func() Expr { return m.call("abs", sub(tPrice)) })
	case tNum:
		return m.pick(same, func() Expr { return m.call("*", m.column(tPrice), m.column(tNum)) },
			func() Expr { return &Cast{fn.LookupCast(types.Numeric, types.Numeric), sub(tPrice), tNum} })
	case tText:
		return m.pick(same, func() Expr { return &Cast{fn.LookupCast(types.Int64, types.Text), sub(tBig), tText} })
	}
	return same()
}

func (m maker) boolean(depth int, sub func(types.Type) Expr, same func() Expr) Expr {
	compare := func() Expr {
		op := []string{"=", "<>", "<", "<=", ">", ">="}[m.IntN(6)]
		t := colTypes[m.IntN(len(colTypes))]
		a, b := sub(t), sub(t)
		if t == tInt && m.IntN(2) == 0 {
			b = sub(tBig)
		}
		if t == tPrice && m.IntN(3) == 0 {
			b = sub(tNum)
		}
		return m.call(op, a, b)
	}
	return m.pick(same, compare, compare, compare,
		func() Expr { return &And{[]Expr{sub(tBool), sub(tBool), sub(tBool)}[m.IntN(2):]} },
		func() Expr { return &Or{[]Expr{sub(tBool), sub(tBool), sub(tBool)}[m.IntN(2):]} },
		func() Expr { return &Not{sub(tBool)} },
		func() Expr { return &IsNull{sub(colTypes[m.IntN(len(colTypes))]), m.IntN(2) == 0} },
		func() Expr {
			t := colTypes[m.IntN(len(colTypes))]
			return m.call([]string{"is_distinct_from", "is_not_distinct_from"}[m.IntN(2)], sub(t), sub(t))
		},
		func() Expr {
			t := colTypes[m.IntN(len(colTypes))]
			in := &In{Arg: sub(t), Eq: m.call("=", m.column(t), m.column(t)).(*Call).Fn}
			for range 1 + m.IntN(12) {
				in.List = append(in.List, m.constant(t).(*Const))
			}
			return in
		})
}

// naive evaluates e for one row to a constant vector.
func naive(e Expr, b *vec.Batch, row uint32) (*vec.Vector, error) {
	truth := func(e Expr) (value, null bool, err error) {
		v, err := naive(e, b, row)
		if err != nil || v.IsNull(0) {
			return false, true, err
		}
		return vec.At[uint8](v, 0) == 1, false, nil
	}
	logic := func(terms []Expr, absorbs bool) (*vec.Vector, error) {
		null := false
		for _, t := range terms {
			v, n, err := truth(t)
			if err != nil {
				return nil, err
			}
			if !n && v == absorbs {
				return Bool(absorbs).Value, nil
			}
			null = null || n
		}
		if null {
			return vec.NewNull(tBool, 1), nil
		}
		return Bool(!absorbs).Value, nil
	}
	call := func(f *fn.Scalar, args []Expr, ret types.Type) (*vec.Vector, error) {
		vs := make([]*vec.Vector, len(args))
		for i, a := range args {
			var err error
			if vs[i], err = naive(a, b, row); err != nil {
				return nil, err
			}
			if vs[i].IsNull(0) && !f.NotStrict {
				return vec.NewNull(ret, 1), nil
			}
		}
		v, err := f.Eval(&fn.Call{Ctx: &fn.Ctx{}, Args: vs, N: 1, Ret: ret})
		if err != nil {
			return nil, err
		}
		w := *vec.Flatten(v)
		w.Enc = vec.Const
		return &w, nil
	}
	switch e := e.(type) {
	case *Column:
		v := *vec.Flatten(vec.Gather(b.Cols[e.ID], []uint32{row}))
		v.Enc = vec.Const
		return &v, nil
	case *Const:
		return e.Value, nil
	case *Call:
		return call(e.Fn, e.Args, e.Typ)
	case *Cast:
		return call(e.Cast.Scalar, []Expr{e.Arg}, e.Typ)
	case *And:
		return logic(e.Terms, false)
	case *Or:
		return logic(e.Terms, true)
	case *Not:
		v, null, err := truth(e.Arg)
		if err != nil || null {
			return vec.NewNull(tBool, 1), err
		}
		return Bool(!v).Value, nil
	case *IsNull:
		v, err := naive(e.Arg, b, row)
		if err != nil {
			return nil, err
		}
		return Bool(v.IsNull(0) != e.Not).Value, nil
	case *Case:
		for _, w := range e.Whens {
			v, null, err := truth(w.Cond)
			if err != nil {
				return nil, err
			}
			if v && !null {
				return naive(w.Then, b, row)
			}
		}
		if e.Else == nil {
			return vec.NewNull(e.Typ, 1), nil
		}
		return naive(e.Else, b, row)
	case *Coalesce:
		for _, a := range e.Args {
			v, err := naive(a, b, row)
			if err != nil || !v.IsNull(0) {
				return v, err
			}
		}
		return vec.NewNull(e.Typ, 1), nil
	case *In:
		var terms []Expr
		for _, c := range e.List {
			terms = append(terms, &Call{e.Eq, []Expr{e.Arg, c}, tBool})
		}
		return logic(terms, true)
	}
	panic(fmt.Sprintf("%T", e))
}

func rowsOf(b *vec.Batch) []uint32 {
	if b.Sel != nil {
		return b.Sel
	}
	sel := make([]uint32, b.Rows)
	for i := range sel {
		sel[i] = uint32(i)
	}
	return sel
}

func index(id ColID) int { return int(id) }

func TestAgainstNaive(t *testing.T) {
	seed := uint64(1)
	errs := 0
	for range 2500 {
		seed++
		r := rand.New(rand.NewPCG(seed, 5))
		m := maker{r}
		e := m.expr(colTypes[r.IntN(len(colTypes))], r.IntN(5))
		if r.IntN(2) == 0 {
			e = m.expr(tBool, 1+r.IntN(4))
		}
		p, err := Compile(e, index)
		if err != nil {
			t.Fatal(err)
		}
		folded, err := Compile(Fold(e, &fn.Ctx{}, true), index)
		if err != nil {
			t.Fatal(err)
		}
		first := randomBatch(r)
		second := randomBatch(r) // some dictionaries stay the same from batch to batch
		for i, v := range second.Cols {
			if o := first.Cols[i]; v.Enc == vec.Dict && o.Enc == vec.Dict {
				codes := make([]uint32, second.Rows)
				for k := range codes {
					codes[k] = uint32(r.IntN(o.Dict.Len))
				}
				second.Cols[i] = vec.NewDict(codes, nil, o.Dict)
			}
		}
		for _, b := range []*vec.Batch{first, second} {
			if check(t, e, p, b, seed) {
				errs++
			}
			check(t, e, folded, b, seed)
			if t.Failed() {
				t.Fatalf("seed %d: %v\nfolded %v", seed, e, Fold(e, &fn.Ctx{}, true))
			}
		}
	}
	if errs > 1000 {
		t.Errorf("%d of the cases are errors", errs)
	}
}

// check compares Eval and Select with the naive evaluation and reports whether that raises an error.
func check(t *testing.T, e Expr, p *Program, b *vec.Batch, seed uint64) bool {
	t.Helper()
	rows := rowsOf(b)
	want := make([]*vec.Vector, len(rows))
	var sel []uint32
	for i, row := range rows {
		v, err := naive(e, b, row)
		if err != nil {
			if _, err := p.Eval(&fn.Ctx{}, b); err == nil && len(Children(e)) == 0 {
				t.Errorf("no error, want %v", err)
			}
			return true
		}
		want[i] = v
		if e.Type() == tBool && !v.IsNull(0) && vec.At[uint8](v, 0) == 1 {
			sel = append(sel, row)
		}
	}
	ctx := &fn.Ctx{}
	evaluate := func() {
		run := p.Eval
		if seed%3 == 0 {
			run = p.EvalTemp
		}
		got, err := run(ctx, b)
		if err != nil {
			t.Errorf("error %v", err)
			return
		}
		if got.Len != len(rows) || got.Type != e.Type() {
			t.Errorf("%d rows of %v, want %d of %v", got.Len, got.Type, len(rows), e.Type())
			return
		}
		for i, w := range want {
			if g, w := text.String(got, i, nil), text.String(w, 0, nil); g != w {
				t.Errorf("row %d (%d) is %s, want %s", i, rows[i], g, w)
			}
		}
	}
	choose := func() {
		got, err := p.Select(ctx, b)
		if err != nil || got == nil || !slices.Equal(got, sel) {
			t.Errorf("selected %v %v, want %v", got, err, sel)
		}
	}
	if e.Type() != tBool {
		evaluate()
		return false
	}
	if seed%2 == 0 { // in both orders, since the second of them finds values kept by the first
		evaluate()
		choose()
	} else {
		choose()
		evaluate()
	}
	return false
}
