package expr

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

func col(i int, t types.Type) *Column {
	return &Column{ID: ColID(i), Name: fmt.Sprintf("c%d", i), Typ: t}
}

func lit(t *testing.T, ty types.Type, s string) *Const {
	t.Helper()
	v, err := text.Const(ty, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Const{v}
}

func call(name string, args ...Expr) Expr { return maker{}.call(name, args...) }

func vector(t *testing.T, ty types.Type, values ...string) *vec.Vector {
	t.Helper()
	b := vec.NewBuilder(ty)
	for _, s := range values {
		if s == "NULL" {
			b.AppendNull()
		} else if err := text.Parse(b, ty, []byte(s), nil); err != nil {
			t.Fatal(err)
		}
	}
	return b.Finish()
}

func eval(t *testing.T, e Expr, b *vec.Batch) ([]string, error) {
	t.Helper()
	p, err := Compile(e, index)
	if err != nil {
		t.Fatal(err)
	}
	v, err := p.Eval(&fn.Ctx{}, b)
	if err != nil {
		return nil, err
	}
	out := make([]string, v.Len)
	for i := range out {
		out[i] = text.String(v, i, nil)
	}
	return out, nil
}

// A branch or a term is evaluated only for the rows that reach it, so that it cannot fail for others.
func TestGuardedErrors(t *testing.T) {
	x := col(0, tInt)
	zero, one := lit(t, tInt, "0"), lit(t, tInt, "1")
	inverse := call("/", one, x)
	guard := call("<>", x, zero)
	b := &vec.Batch{Rows: 4, Cols: []*vec.Vector{vector(t, tInt, "1", "0", "NULL", "-1")}}
	for _, c := range []struct {
		e    Expr
		want string
	}{
		{&Case{Whens: []When{{guard, inverse}}, Else: lit(t, tInt, "7"), Typ: tInt}, "[1 7 7 -1]"},
		{&Coalesce{[]Expr{&Case{Whens: []When{{call("=", x, zero), lit(t, tInt, "5")}}, Typ: tInt}, inverse}, tInt}, "[1 5 NULL -1]"},
		{&And{[]Expr{guard, call(">", inverse, zero)}}, "[t f NULL f]"},
		{&Or{[]Expr{call("=", x, zero), call("<", inverse, zero)}}, "[f t NULL t]"},
		{&Not{&And{[]Expr{guard, call(">", inverse, zero)}}}, "[f t NULL t]"},
	} {
		got, err := eval(t, c.e, b)
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%v is %v %v, want %s", c.e, got, err, c.want)
		}
		if c.e.Type() != tBool {
			continue
		}
		p, _ := Compile(c.e, index)
		if _, err := p.Select(&fn.Ctx{}, b); err != nil {
			t.Errorf("%v selects %v", c.e, err)
		}
	}
	if _, err := eval(t, inverse, b); sqlstate.Of(err) != sqlstate.DivisionByZero {
		t.Errorf("1/0: %v", err)
	}
	if _, err := eval(t, call("/", one, zero), b); sqlstate.Of(err) != sqlstate.DivisionByZero {
		t.Errorf("constant 1/0: %v", err)
	}
}

// A function runs on a dictionary, but a value that no row has raises no error, and a result is kept while
// batches share the dictionary.
func TestDictionaryEvaluation(t *testing.T) {
	d := vector(t, tText, "1", "x", "3")
	toInt := &Cast{fn.LookupCast(types.Text, types.Int32), col(0, tText), tInt}
	good := &vec.Batch{Rows: 4, Cols: []*vec.Vector{vec.NewDict([]uint32{0, 2, 2, 0}, nil, d)}}
	if got, err := eval(t, toInt, good); err != nil || fmt.Sprint(got) != "[1 3 3 1]" {
		t.Errorf("%v %v", got, err)
	}
	bad := &vec.Batch{Rows: 4, Cols: []*vec.Vector{vec.NewDict([]uint32{0, 1, 2, 0}, nil, d)}}
	if _, err := eval(t, toInt, bad); sqlstate.Of(err) != sqlstate.BadTextValue {
		t.Errorf("%v", err)
	}
	calls := 0
	counting := &fn.Scalar{Name: "f", Args: []types.Type{tText}, Ret: tInt, Eval: func(c *fn.Call) (*vec.Vector, error) {
		calls++
		return vec.New(c.Ret, types.KInt32, make([]int32, c.N), c.Valid), nil
	}}
	p, err := Compile(&Call{counting, []Expr{col(0, tText)}, tInt}, index)
	if err != nil {
		t.Fatal(err)
	}
	var last *vec.Vector
	for range 3 {
		v, err := p.Eval(&fn.Ctx{}, &vec.Batch{Rows: 3, Cols: []*vec.Vector{vec.NewDict([]uint32{0, 2, 1}, nil, d)}})
		if err != nil || v.Enc != vec.Dict {
			t.Fatal(v, err)
		}
		if last != nil && v.Dict != last {
			t.Error("the dictionary changes from batch to batch")
		}
		last = v.Dict
	}
	if calls != 1 {
		t.Errorf("%d calls for one dictionary", calls)
	}
	// Only NULLs, and no dictionary values at all.
	empty := vec.NewDict([]uint32{0, 0}, vec.NewBitmap(2), vector(t, tText))
	for _, e := range []Expr{toInt, call("=", col(0, tText), lit(t, tText, "a")), call("is_distinct_from", col(0, tText), lit(t, tText, "a")),
		&In{col(0, tText), []*Const{lit(t, tText, "a")}, nil}} {
		if _, err := eval(t, e, &vec.Batch{Rows: 2, Cols: []*vec.Vector{empty}}); err != nil {
			t.Errorf("%v of no values: %v", e, err)
		}
	}
}

func TestSharing(t *testing.T) {
	calls := 0
	f := &fn.Scalar{Name: "f", Args: []types.Type{tInt}, Ret: tInt, Eval: func(c *fn.Call) (*vec.Vector, error) {
		calls++
		return c.Args[0], nil
	}}
	x := func() Expr { return &Call{f, []Expr{col(0, tInt)}, tInt} }
	b := &vec.Batch{Rows: 2, Cols: []*vec.Vector{vector(t, tInt, "1", "2")}}
	ps, err := CompileAll([]Expr{call("+", x(), x()), x(), call("*", x(), lit(t, tInt, "2"))}, index)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		if _, err := p.Eval(nil, b); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 1 {
		t.Errorf("a common subexpression is computed %d times", calls)
	}
	c := *b
	if _, err := ps[1].Eval(nil, &c); err != nil || calls != 2 {
		t.Errorf("a new batch is computed anew: %d, %v", calls, err)
	}
	f.Volatility, calls = fn.Volatile, 0
	if _, err := eval(t, call("+", x(), x()), b); err != nil || calls != 2 {
		t.Errorf("volatile functions are called each time: %d", calls)
	}
}

func TestLargeSets(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, ty := range []types.Type{tBig, tText, tFloat, tPrice} {
		has := map[string]bool{}
		in := &In{Arg: col(0, ty), Eq: call("=", col(0, ty), col(0, ty)).(*Call).Fn}
		value := func() string { return fmt.Sprint(r.Int64N(1<<40) * int64(1-2*r.IntN(2))) }
		for range 1000 {
			s := value()
			c := lit(t, ty, s)
			in.List = append(in.List, c)
			has[text.String(c.Value, 0, nil)] = true
		}
		b := vec.NewBuilder(ty)
		for i := range 2000 {
			if i%2 == 0 {
				b.AppendFrom(in.List[r.IntN(1000)].Value, 0)
			} else {
				b.AppendFrom(lit(t, ty, value()).Value, 0)
			}
		}
		v := b.Finish()
		got, err := eval(t, in, &vec.Batch{Rows: 2000, Cols: []*vec.Vector{v}})
		if err != nil {
			t.Fatal(err)
		}
		for i, g := range got {
			if s := text.String(v, i, nil); (g == "t") != has[s] {
				t.Fatalf("%v %s in the set: %s", ty, s, g)
			}
		}
	}
}

func TestFold(t *testing.T) {
	x, y := col(0, tBool), col(1, tBool)
	i := col(2, tInt)
	one, two := lit(t, tInt, "1"), lit(t, tInt, "2")
	null := Null(tBool)
	for _, c := range []struct {
		e    Expr
		want string
	}{
		{call("+", one, two), "3"},
		{call("/", one, lit(t, tInt, "0")), "1 / 0"},
		{call("+", i, call("+", one, two)), "c2 + 3"},
		{call("+", i, Null(tInt)), "NULL"},
		{&And{[]Expr{x, Bool(true), &And{[]Expr{y, x}}}}, "c0 AND c1"},
		{&And{[]Expr{x, Bool(false)}}, "false"},
		{&And{[]Expr{x, null, null}}, "c0 AND NULL"},
		{&Or{[]Expr{x, Bool(true)}}, "true"},
		{&Or{[]Expr{x, Bool(false), null}}, "c0 OR NULL"},
		{&Or{[]Expr{Bool(false)}}, "false"},
		{&Not{call("<", i, two)}, "c2 >= 2"},
		{&Not{&Not{x}}, "c0"},
		{&Not{&IsNull{i, false}}, "c2 IS NOT NULL"},
		{&Not{null}, "NULL"},
		{&IsNull{one, false}, "false"},
		{&Case{[]When{{Bool(false), one}, {x, two}, {Bool(true), i}, {y, one}}, one, tInt}, "CASE WHEN c0 THEN 2 ELSE c2 END"},
		{&Case{[]When{{null, one}}, nil, tInt}, "NULL"},
		{&Case{[]When{{Bool(true), i}}, nil, tInt}, "c2"},
		{&Coalesce{[]Expr{Null(tInt), i, one, two}, tInt}, "COALESCE(c2, 1)"},
		{&Coalesce{[]Expr{Null(tInt), one, i}, tInt}, "1"},
		{&In{one, []*Const{one, two}, nil}, "true"},
		{&Cast{fn.LookupCast(types.Text, types.Date), lit(t, tText, "2024-02-29"), tDate}, "'2024-02-29'::date"},
		{&Cast{fn.LookupCast(types.Text, types.Int32), lit(t, tText, "x"), tInt}, "'x'::integer"},
	} {
		if got := Fold(c.e, &fn.Ctx{}, true).String(); got != c.want {
			t.Errorf("%v folds to %s, want %s", c.e, got, c.want)
		}
	}
	same := &And{[]Expr{x, call("<", i, two)}}
	if Fold(same, &fn.Ctx{}, true) != Expr(same) {
		t.Error("what does not change is kept")
	}
	random := call("random")
	if Fold(random, &fn.Ctx{}, true) != random {
		t.Error("volatile functions are not folded")
	}
}

// Two random expressions have one key exactly when they print the same, for trees whose text says all.
func TestKey(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	keys, texts := map[string]string{}, map[string]string{}
	for range 20000 {
		e := maker{r}.expr(colTypes[r.IntN(2)], r.IntN(3))
		k, s := Key(e), e.String()+e.Type().String()
		if old, ok := keys[k]; ok && old != s {
			t.Fatalf("one key for %s and %s", old, s)
		}
		keys[k] = s
		texts[s] = k
		if !Equal(e, Rewrite(e, func(x Expr) Expr {
			if c, ok := x.(*Column); ok {
				d := *c
				return &d
			}
			return x
		})) {
			t.Fatalf("%s does not equal its copy", s)
		}
	}
	if len(texts)*10 < len(keys)*9 {
		t.Errorf("%d keys for %d texts", len(keys), len(texts))
	}
}

func TestConjuncts(t *testing.T) {
	x, y, z := col(0, tBool), col(1, tBool), col(5, tBool)
	e := NewAnd(x, nil, NewAnd(y, &And{[]Expr{z, x}}))
	if got := e.String(); got != "c0 AND c1 AND c5 AND c0" {
		t.Error(got)
	}
	if got := Conjuncts(e); !slices.Equal(got, []Expr{x, y, z, x}) {
		t.Error(got)
	}
	if NewAnd() != nil || NewAnd(nil, x) != Expr(x) || len(Conjuncts(nil)) != 0 || len(SplitOr(NewOr(x, NewOr(y, z)))) != 3 {
		t.Error("small cases")
	}
}
