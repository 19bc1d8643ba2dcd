package parquet

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	apq "github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// constant returns the value of a type that has a text.
func constant(t testing.TB, typ types.Type, s string) *expr.Const {
	t.Helper()
	if s == "NULL" {
		return &expr.Const{Value: vec.NewNull(typ, 1)}
	}
	b := vec.NewBuilder(typ)
	if err := text.Parse(b, typ, []byte(s), nil); err != nil {
		t.Fatal(err)
	}
	v := b.Finish()
	v.Enc = vec.Const
	return &expr.Const{Value: v}
}

// operator returns a op b for operands of one type, nil when there is no such operator.
func operator(op string, a, b expr.Expr) expr.Expr {
	for _, f := range fn.Scalars(op) {
		if len(f.Args) == 2 && f.Args[0].ID == a.Type().ID && f.Args[1].ID == b.Type().ID {
			return &expr.Call{Fn: f, Args: []expr.Expr{a, b}, Typ: types.Of(types.Bool)}
		}
	}
	return nil
}

func columnOf(tab exec.Table, i int) *expr.Column {
	f := tab.Schema()[i]
	return &expr.Column{ID: expr.ColID(i + 1), Name: f.Name, Typ: f.Type}
}

// pruned runs a scan with a prune expression and returns how many row groups were left out, and the rows.
func pruned(t testing.TB, tab exec.Table, e expr.Expr, batchRows int) (int64, [][]string) {
	t.Helper()
	req := request(tab, 1)
	req.Prune = e
	p, err := tab.Scan(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	env := newEnv(batchRows)
	stats := env.Profile.Of(p)
	cols, err := collect(env, p)
	if err != nil {
		t.Fatal(err)
	}
	return stats.GroupsPruned.Load(), cols
}

// What statistics exclude is left out, and nothing else. The file has ten row groups; a is 0 to 99, 100 to
// 199 and so on, n is NULL in the first five.
func TestPrune(t *testing.T) {
	n := data{node: schema.NewInt64Node("n", apq.Repetitions.Optional, -1)}
	var nv []int64
	for i := range 1000 {
		n.def = append(n.def, int16(i/500))
		if i >= 500 {
			nv = append(nv, int64(i))
		}
		n.texts = append(n.texts, "")
	}
	n.values = nv
	tab := tableOf(t, save(t, encode(t, []data{int64Column("a", 0, 1000), n}, 100)))
	a, nn := columnOf(tab, 0), columnOf(tab, 1)
	k := func(x int) *expr.Const { return constant(t, types.Of(types.Int64), strconv.Itoa(x)) }
	op := func(s string, l, r expr.Expr) expr.Expr { return operator(s, l, r) }
	eq := fn.Scalars("=")[0]
	for _, c := range []struct {
		e    expr.Expr
		want int64
	}{
		{op("=", a, k(250)), 9},
		{op("=", k(250), a), 9},
		{op("=", a, k(1000)), 10},
		{op("<", a, k(100)), 9},
		{op("<=", a, k(100)), 8},
		{op(">", a, k(899)), 9},
		{op(">", a, k(898)), 8},
		{op(">=", a, k(900)), 9},
		{op(">", k(100), a), 9},
		{op("<>", a, k(5)), 0},
		{&expr.And{Terms: []expr.Expr{op(">=", a, k(250)), op("<", a, k(350))}}, 8},
		{&expr.Or{Terms: []expr.Expr{op("<", a, k(50)), op(">", a, k(950))}}, 8},
		{&expr.In{Arg: a, List: []*expr.Const{k(5), k(7), k(555), k(5000)}, Eq: eq}, 8},
		{&expr.Not{Arg: &expr.In{Arg: a, List: []*expr.Const{k(5)}, Eq: eq}}, 0},
		{&expr.IsNull{Arg: nn}, 5},
		{&expr.IsNull{Arg: nn, Not: true}, 5},
		{&expr.Not{Arg: &expr.IsNull{Arg: nn}}, 5},
		{&expr.IsNull{Arg: a}, 10},
		{op(">", nn, k(0)), 5},
		{op("=", a, constant(t, types.Of(types.Int64), "NULL")), 10},
		{op("=", a, nn), 0},
	} {
		if got, _ := pruned(t, tab, c.e, 100); got != c.want {
			t.Errorf("%v: %d row groups left out, want %d", c.e, got, c.want)
		}
	}
}

// Whatever the condition, filtering what the scan with a hint yields gives the same rows as filtering all.
func TestPruneKeepsRows(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	var cols []data
	for _, k := range kinds() {
		cols = append(cols, withNulls(r, k.node(apq.Repetitions.Optional), 800, k.make))
	}
	cols = append(cols, floatsWithNaN(r, 800))
	tab := tableOf(t, save(t, encode(t, cols, 90, apq.WithDataPageSize(200), apq.WithBatchSize(10))))
	ops := []string{"=", "<>", "<", "<=", ">", ">="}
	term := func() expr.Expr {
		for {
			i := r.IntN(len(cols))
			c := columnOf(tab, i)
			value := cols[i].texts[r.IntN(800)]
			if r.IntN(10) == 0 {
				return &expr.IsNull{Arg: c, Not: r.IntN(2) == 0}
			}
			e := operator(ops[r.IntN(len(ops))], c, constant(t, c.Typ, value))
			if e != nil {
				return e
			}
		}
	}
	for range 80 {
		var e expr.Expr
		switch a, b := term(), term(); r.IntN(3) {
		case 0:
			e = a
		case 1:
			e = &expr.And{Terms: []expr.Expr{a, b}}
		case 2:
			e = &expr.Or{Terms: []expr.Expr{a, b}}
		}
		want := filtered(t, tab, nil, e, 8192)
		for _, rows := range []int{7, 8192} {
			got := filtered(t, tab, e, e, rows)
			for i := range cols {
				equalColumns(t, fmt.Sprintf("%v, column %d, %d rows", e, i, rows), got[i], want[i])
			}
		}
	}
}

func floatsWithNaN(r *rand.Rand, n int) data {
	return withNulls(r, schema.NewFloat64Node("nan", apq.Repetitions.Optional, -1), n, func(r *rand.Rand, n int) (any, []string) {
		v, s := make([]float64, n), make([]string, n)
		for i := range v {
			if v[i], s[i] = float64(i/50), strconv.Itoa(i/50); r.IntN(9) == 0 {
				v[i], s[i] = math.NaN(), "NaN"
			}
		}
		return v, s
	})
}

// filtered returns the rows of a scan with a hint that meet a condition.
func filtered(t testing.TB, tab exec.Table, hint, cond expr.Expr, batchRows int) [][]string {
	t.Helper()
	req := request(tab, 1)
	req.Prune = hint
	p, err := tab.Scan(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	cols, err := collect(newEnv(batchRows), &exec.Filter{Input: p, Cond: cond})
	if err != nil {
		t.Fatalf("%v: %v", cond, err)
	}
	return cols
}

// With a selective condition on one column, pages of another column in which no row is left are not read.
func TestPagesSkipped(t *testing.T) {
	const n = 100000
	a := int64Column("a", 0, n)
	b := int64Column("b", 0, n)
	bytesRead := func(sorted bool) int64 {
		v := slices.Clone(a.values.([]int64))
		if !sorted {
			rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { v[i], v[j] = v[j], v[i] })
		}
		tab := tableOf(t, save(t, encode(t, []data{{node: a.node, values: v, texts: a.texts}, b}, n,
			apq.WithDictionaryDefault(false), apq.WithDataPageSize(8000), apq.WithStats(false))))
		req := request(tab, 1)
		req.Prune = operator("<", columnOf(tab, 0), constant(t, types.Of(types.Int64), "100"))
		p, err := tab.Scan(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		env := newEnv(1024)
		stats := env.Profile.Of(p)
		cols, err := collect(env, p)
		if err != nil {
			t.Fatal(err)
		}
		if len(cols[1]) != 100 {
			t.Fatalf("%d rows, want 100", len(cols[1]))
		}
		return stats.BytesRead()
	}
	if few, all := bytesRead(true), bytesRead(false); few > all*7/10 {
		t.Errorf("%d bytes read when the rows are together, %d when they are scattered", few, all)
	}
}

// A join's filter leaves out row groups, and rows one by one.
func TestRuntimeFilter(t *testing.T) {
	tab := tableOf(t, save(t, encode(t, []data{int64Column("a", 0, 1000), int64Column("b", 5000, 1000)}, 100)))
	typ := types.Of(types.Int64)
	bound := func(x int64) *vec.Vector { return vec.NewConst(typ, types.KInt64, x, 1) }
	for _, c := range []struct {
		name   string
		filter *exec.KeyFilter
		rows   int
		pruned int64
	}{
		{"unknown", nil, 1000, 0},
		{"empty", &exec.KeyFilter{Empty: true}, 0, 10},
		{"range", &exec.KeyFilter{Min: bound(250), Max: bound(320)}, 200, 8},
		{"contains", &exec.KeyFilter{Min: bound(250), Max: bound(320), Contains: odd}, 100, 8},
	} {
		req := request(tab, 1)
		req.Filters = []exec.RuntimeFilter{{ID: 7, Col: 1}}
		p, err := tab.Scan(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		env := newEnv(64)
		if c.filter != nil {
			env.Publish(7, c.filter)
		}
		stats := env.Profile.Of(p)
		cols, err := collect(env, p)
		if err != nil {
			t.Fatal(err)
		}
		if len(cols[0]) != c.rows || stats.GroupsPruned.Load() != c.pruned {
			t.Errorf("%s: %d rows, %d row groups left out, want %d and %d", c.name, len(cols[0]), stats.GroupsPruned.Load(), c.rows, c.pruned)
		}
		for i, s := range cols[0] {
			if x, _ := strconv.Atoi(s); cols[1][i] != strconv.Itoa(x+5000) {
				t.Fatalf("%s: row %s has %s beside it", c.name, s, cols[1][i])
			}
		}
	}
}

func odd(v *vec.Vector, sel, dst []uint32) []uint32 {
	for i, x := range vec.Values[int64](v) {
		if x%2 == 1 {
			dst = append(dst, uint32(i))
		}
	}
	return dst
}

// Statistics of a table: exact rows, bounds over all row groups, and the share of NULLs.
func TestStats(t *testing.T) {
	s := data{node: schema.Must(schema.NewPrimitiveNodeLogical("s", apq.Repetitions.Optional, schema.StringLogicalType{}, apq.Types.ByteArray, 0, -1)),
		values: []apq.ByteArray{apq.ByteArray("b"), apq.ByteArray("aa"), apq.ByteArray("c")}, def: []int16{1, 0, 1, 1}, texts: make([]string, 4)}
	one := save(t, encode(t, []data{int64Column("a", 5, 4), s}, 2))
	two := save(t, encode(t, []data{int64Column("a", -3, 4), s}, 3))
	st := tableOf(t, one, two).Stats()
	if st.Rows != 8 || st.Bytes != one.Size+two.Size {
		t.Errorf("%v rows, %d bytes", st.Rows, st.Bytes)
	}
	show := func(v *vec.Vector) string {
		if v == nil {
			return "unknown"
		}
		return appendTexts(nil, v)[0]
	}
	a, b := st.Columns[0], st.Columns[1]
	if got := show(a.Min) + " " + show(a.Max) + " " + show(b.Min) + " " + show(b.Max); got != "-3 8 aa c" {
		t.Errorf("bounds %s", got)
	}
	if b.Distinct < 2 || b.Distinct > 8 {
		t.Errorf("%v distinct values", b.Distinct)
	}
	if a.NullFrac != 0 || b.NullFrac != 0.25 {
		t.Errorf("NULLs %v, %v", a.NullFrac, b.NullFrac)
	}
}
