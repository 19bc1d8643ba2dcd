package exec_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// naiveWindow evaluates one item over a table whose rows are wanted as text, row by row from the definition.
type naiveWindow struct {
	tab  *exectest.Table
	item *expr.Window
	rows []int // in order of partition and order
}

func (n *naiveWindow) col(e expr.Expr) *vec.Vector {
	return n.tab.Cols[n.tab.Schema.Index(e.(*expr.Column).ID)]
}

func (n *naiveWindow) samePartition(i, j int) bool {
	for _, e := range n.item.PartitionBy {
		if !vec.EqualRows(n.col(e), i, n.col(e), j) {
			return false
		}
	}
	return true
}

func (n *naiveWindow) compareOrder(i, j int) int {
	for _, k := range n.item.OrderBy {
		if c := naiveCompare(n.col(k.Expr), i, j, k); c != 0 {
			return c
		}
	}
	return 0
}

// sort fills rows; the table's order decides between equals.
func (n *naiveWindow) sort() {
	keys := []expr.SortKey{}
	for _, e := range n.item.PartitionBy {
		keys = append(keys, expr.SortKey{Expr: e})
	}
	n.rows = naiveSort(n.tab, append(keys, n.item.OrderBy...))
}

// values returns the value of each sorted row as text.
func (n *naiveWindow) values() []string {
	n.sort()
	out := make([]string, len(n.rows))
	for at, row := range n.rows {
		from, to := at, at+1
		for from > 0 && n.samePartition(n.rows[from-1], row) {
			from--
		}
		for to < len(n.rows) && n.samePartition(n.rows[to], row) {
			to++
		}
		out[at] = n.value(n.rows[from:to], at-from)
	}
	return out
}

// value returns the value of row k of a partition.
func (n *naiveWindow) value(part []int, k int) string {
	before, peers, distinct := 0, 0, 0
	for i, r := range part {
		switch c := n.compareOrder(r, part[k]); {
		case c < 0:
			before++
			if i == 0 || n.compareOrder(part[i-1], r) != 0 {
				distinct++
			}
		case c == 0:
			peers++
		}
	}
	if n.item.Agg != nil {
		return n.aggregate(part, n.frame(part, k))
	}
	arg := func(a, row int) string { return text.String(n.col(n.item.Args[a]), row, nil) }
	number := func(a, row int) (int, bool) {
		v := n.item.Args[a]
		if c, ok := v.(*expr.Const); ok {
			return int(vec.At[int32](c.Value, 0)), true
		}
		return int(vec.At[int32](n.col(v), row)), !n.col(v).IsNull(row)
	}
	switch name := n.item.Fn.Name; name {
	case "row_number":
		return strconv.Itoa(k + 1)
	case "rank":
		return strconv.Itoa(before + 1)
	case "dense_rank":
		return strconv.Itoa(distinct + 1)
	case "percent_rank":
		if len(part) == 1 {
			return "0"
		}
		return strconv.FormatFloat(float64(before)/float64(len(part)-1), 'g', -1, 64)
	case "cume_dist":
		return strconv.FormatFloat(float64(before+peers)/float64(len(part)), 'g', -1, 64)
	case "ntile":
		buckets, _ := number(0, 0)
		for b, at := 1, 0; ; b++ {
			at += len(part) / buckets
			if b <= len(part)%buckets {
				at++
			}
			if k < at {
				return strconv.Itoa(b)
			}
		}
	case "lag", "lead":
		by := 1
		if len(n.item.Args) > 1 {
			var ok bool
			if by, ok = number(1, part[k]); !ok {
				return "NULL"
			}
		}
		if name == "lag" {
			by = -by
		}
		if k+by >= 0 && k+by < len(part) {
			return arg(0, part[k+by])
		}
		if len(n.item.Args) > 2 {
			return arg(2, part[k])
		}
		return "NULL"
	}
	frame := n.frame(part, k)
	at := 0
	switch n.item.Fn.Name {
	case "last_value":
		at = len(frame) - 1
	case "nth_value":
		i, ok := number(1, part[k])
		if !ok {
			return "NULL"
		}
		at = i - 1
	}
	if at < 0 || at >= len(frame) {
		return "NULL"
	}
	return arg(0, frame[at])
}

// aggregate joins the argument's values, or gives the frame to a new accumulator.
func (n *naiveWindow) aggregate(part, frame []int) string {
	if n.item.Agg.Fn != joined {
		return n.accumulate(frame)
	}
	var s []string
	for _, r := range frame {
		if f := n.item.Agg.Filter; f != nil && (n.col(f).IsNull(r) || vec.At[uint8](n.col(f), r) == 0) {
			continue
		}
		v := n.col(n.item.Agg.Args[0])
		if !v.IsNull(r) {
			s = append(s, text.String(v, r, nil))
		}
	}
	return strings.Join(s, ",")
}

func (n *naiveWindow) accumulate(frame []int) string {
	var rows []uint32
	for _, r := range frame {
		if f := n.item.Agg.Filter; f == nil || !n.col(f).IsNull(r) && vec.At[uint8](n.col(f), r) != 0 {
			rows = append(rows, uint32(r))
		}
	}
	var args []*vec.Vector
	var ts []types.Type
	for _, a := range n.item.Agg.Args {
		args = append(args, vec.Gather(n.col(a), rows))
		ts = append(ts, a.Type())
	}
	acc := n.item.Agg.Fn.New(ts, n.item.Typ)
	acc.Grow(1)
	if err := acc.Update(args, make([]uint32, len(rows))); err != nil {
		panic(err)
	}
	v, err := acc.Result(0, 1)
	if err != nil {
		panic(err)
	}
	return text.String(v, 0, nil)
}

// frame returns the rows of the frame of row k of a partition.
func (n *naiveWindow) frame(part []int, k int) (rows []int) {
	f := n.item.Frame
	offset := func(b expr.Bound) int { return int(vec.At[int32](b.Offset.(*expr.Const).Value, 0)) }
	group := make([]int, len(part)) // number of the peers' group
	for i := 1; i < len(part); i++ {
		group[i] = group[i-1]
		if n.compareOrder(part[i-1], part[i]) != 0 {
			group[i]++
		}
	}
	// distance says how far row i is behind row k in the unit of the frame, and whether that is known.
	distance := func(i int) (int, bool) {
		switch f.Mode {
		case expr.Rows:
			return i - k, true
		case expr.Groups:
			return group[i] - group[k], true
		}
		v := n.col(n.item.OrderBy[0].Expr)
		in, kn := v.IsNull(part[i]), v.IsNull(part[k])
		if in || kn {
			return 0, in && kn
		}
		d := int(vec.At[int32](v, part[i])) - int(vec.At[int32](v, part[k]))
		if n.item.OrderBy[0].Desc {
			d = -d
		}
		return d, true
	}
	inside := func(b expr.Bound, i int, end bool) bool {
		sign := 1
		if end {
			sign = -1
		}
		switch b.Kind {
		case expr.UnboundedPreceding, expr.UnboundedFollowing:
			return true
		case expr.CurrentRow:
			if f.Mode == expr.Rows {
				return sign*(i-k) >= 0
			}
			return sign*(group[i]-group[k]) >= 0
		}
		d, ok := distance(i)
		if !ok { // one is NULL: before or behind all others
			return sign*(i-k) >= 0
		}
		if f.Mode == expr.Range && n.col(n.item.OrderBy[0].Expr).IsNull(part[k]) {
			return true
		}
		by := offset(b)
		if b.Kind == expr.Preceding {
			by = -by
		}
		return sign*(d-by) >= 0
	}
	for i, r := range part {
		if inside(f.Start, i, false) && inside(f.End, i, true) {
			rows = append(rows, r)
		}
	}
	return rows
}

func int4(x int32) expr.Expr {
	return &expr.Const{Value: vec.NewConst(types.Of(types.Int32), types.KInt32, x, 1)}
}

// joined is an aggregate for tests that joins int4 values by commas: it sees every row that is missing,
// repeated, or out of order.
var joined = &fn.Aggregate{Name: "joined", Args: []types.Type{types.Of(types.Int32)}, Ret: types.Of(types.Text),
	State: func([]types.Type) []types.Type { return []types.Type{types.Of(types.Text)} },
	New:   func([]types.Type, types.Type) fn.Accumulator { return &joiner{} }}

type joiner struct{ s []string }

func (j *joiner) Grow(n int) { j.s = append(j.s, make([]string, n-len(j.s))...) }
func (j *joiner) add(g uint32, s string) {
	if j.s[g] != "" && s != "" {
		s = "," + s
	}
	j.s[g] += s
}
func (j *joiner) Update(args []*vec.Vector, groups []uint32) error {
	for i, g := range groups {
		if !args[0].IsNull(i) {
			j.add(g, strconv.Itoa(int(vec.At[int32](args[0], i))))
		}
	}
	return nil
}
func (j *joiner) Merge(state []*vec.Vector, groups []uint32) error {
	for i, g := range groups {
		j.add(g, string(state[0].Bytes(i)))
	}
	return nil
}
func (j *joiner) State(from, to int) ([]*vec.Vector, error) {
	v, err := j.Result(from, to)
	return []*vec.Vector{v}, err
}
func (j *joiner) Result(from, to int) (*vec.Vector, error) {
	b := vec.NewBuilder(types.Of(types.Text))
	for _, s := range j.s[from:to] {
		b.AppendString(s)
	}
	return b.Finish(), nil
}
func (j *joiner) Bytes() int64 { return int64(len(j.s)) * 16 }

// checkWindow runs items over a table. The last column of the table numbers its rows, and the order has it as
// its last key where unique is set, so that results do not depend on the order of equals.
func checkWindow(t *testing.T, tab *exectest.Table, items ...*expr.Window) {
	t.Helper()
	out := append(exec.Schema{}, tab.Schema...)
	var values [][]string
	n := &naiveWindow{tab: tab}
	for i, w := range items {
		typ := w.Typ
		out = append(out, exec.Field{ID: expr.ColID(500 + i), Name: "w" + strconv.Itoa(i), Type: typ})
		n.item = w
		values = append(values, n.values())
	}
	want := []string{}
	for at, r := range n.rows {
		s := tab.Row(r)
		for _, v := range values {
			s += "|" + v[at]
		}
		want = append(want, s)
	}
	exectest.Check(t, exectest.Case{Inputs: []*exectest.Table{tab}, Parts: []int{1}, Want: want, Ordered: true,
		Plan: func(in []exec.Plan, parts int) exec.Plan { return &exec.Window{Input: in[0], Items: items, Out: out} }})
}

func windowFn(name string, args ...expr.Expr) *expr.Window {
	for _, f := range fn.Windows(name) {
		if len(f.Args) == len(args) {
			ts := make([]types.Type, len(args))
			for i, a := range args {
				ts[i] = a.Type()
			}
			return &expr.Window{Fn: f, Args: args, Typ: f.ReturnType(ts), Frame: expr.Frame{End: expr.Bound{Kind: expr.CurrentRow}}}
		}
	}
	panic("no window function " + name)
}

func windowAgg(filter expr.Expr, args ...expr.Expr) *expr.Window {
	return &expr.Window{Agg: &expr.Aggregate{Fn: joined, Args: args, Filter: filter, Typ: joined.Ret}, Typ: joined.Ret,
		Frame: expr.Frame{End: expr.Bound{Kind: expr.CurrentRow}}}
}

// over sets the window of items.
func over(partition []expr.Expr, order []expr.SortKey, items ...*expr.Window) []*expr.Window {
	for _, w := range items {
		w.PartitionBy, w.OrderBy = partition, order
	}
	return items
}

// TestWindowFunctions: all functions with the default frame, over partitions of several shapes.
func TestWindowFunctions(t *testing.T) {
	tables := map[string]*exectest.Table{
		"many":          exectest.Random(1, "1:p:int4 2:k:int4 3:v:text 4:n:int4 5:f:bool", 80, 6, 0.15),
		"one partition": exectest.Random(2, "1:p:int4 2:k:int4 3:v:text 4:n:int4 5:f:bool", 50, 1, 0),
		"no peers":      exectest.Random(3, "1:p:text 2:k:int4 3:v:text 4:n:int4 5:f:bool", 60, 1000, 0.1),
		"no rows":       exectest.NewTable("1:p:int4 2:k:int4 3:v:text 4:n:int4 5:f:bool"),
	}
	for name, tab := range tables {
		for _, order := range [][]expr.SortKey{nil, {{Expr: tab.Col("k")}}, {{Expr: tab.Col("k"), Desc: true, NullsFirst: true}, {Expr: tab.Col("v")}}} {
			for _, partition := range [][]expr.Expr{nil, {tab.Col("p")}, {tab.Col("p"), tab.Col("v")}} {
				t.Run(fmt.Sprintf("%s/%d/%d", name, len(order), len(partition)), func(t *testing.T) {
					v, n := tab.Col("v"), tab.Col("n")
					checkWindow(t, tab, over(partition, order,
						windowFn("row_number"), windowFn("rank"), windowFn("dense_rank"), windowFn("percent_rank"), windowFn("cume_dist"),
						windowFn("ntile", int4(3)), windowFn("lag", v), windowFn("lead", v), windowFn("lag", v, n), windowFn("lead", v, int4(2), v),
						windowFn("first_value", v), windowFn("last_value", v), windowFn("nth_value", v, int4(2)),
						windowAgg(nil, n), windowAgg(tab.Col("f"), n))...)
				})
			}
		}
	}
}

// TestWindowFrames: random frames of all modes.
func TestWindowFrames(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	tabs := []*exectest.Table{
		exectest.Random(1, "1:p:int4 2:k:int4 4:n:int4 5:f:bool", 70, 5, 0.15),
		exectest.Random(2, "1:p:int4 2:k:int4 4:n:int4 5:f:bool", 150, 40, 0.05),
	}
	for i := range 60 {
		tab := tabs[i%2]
		f := expr.Frame{Mode: expr.FrameMode(i % 3), Start: randomBound(rng, false), End: randomBound(rng, true)}
		var partition []expr.Expr
		if i%4 < 2 {
			partition = []expr.Expr{tab.Col("p")}
		}
		order := []expr.SortKey{{Expr: tab.Col("k"), Desc: i%5 < 2, NullsFirst: i%7 < 3}}
		t.Run(fmt.Sprintf("%d/%s", i, f.String()), func(t *testing.T) {
			items := over(partition, order, windowAgg(nil, tab.Col("n")), windowAgg(tab.Col("f"), tab.Col("n")),
				windowFn("first_value", tab.Col("n")), windowFn("last_value", tab.Col("n")), windowFn("nth_value", tab.Col("n"), int4(3)))
			for _, w := range items {
				w.Frame = f
			}
			checkWindow(t, tab, items...)
		})
	}
}

// TestWindowAggregates: the aggregates themselves, over frames short and long, against one accumulator per row.
func TestWindowAggregates(t *testing.T) {
	tab := exectest.Random(7, "1:p:int4 2:k:int4 3:i2:int2 4:i4:int4 5:i8:int8 6:f8:float8 7:num:numeric(20,2) 8:s:text 9:f:bool 10:d:date", 130, 60, 0.1)
	frames := []expr.Frame{
		{End: expr.Bound{Kind: expr.CurrentRow}},
		{End: expr.Bound{Kind: expr.UnboundedFollowing}},
		{Mode: expr.Rows, End: expr.Bound{Kind: expr.CurrentRow}},
		{Mode: expr.Rows, Start: expr.Bound{Kind: expr.Preceding, Offset: int4(3)}, End: expr.Bound{Kind: expr.Following, Offset: int4(2)}},
		{Mode: expr.Rows, Start: expr.Bound{Kind: expr.Preceding, Offset: int4(50)}, End: expr.Bound{Kind: expr.Preceding, Offset: int4(5)}},
	}
	for _, f := range frames {
		for _, partition := range [][]expr.Expr{nil, {tab.Col("p")}} {
			t.Run(fmt.Sprintf("%s/%d", f.String(), len(partition)), func(t *testing.T) {
				var items []*expr.Window
				add := func(name string, args ...expr.Expr) {
					for _, filter := range []expr.Expr{nil, tab.Col("f")} {
						a := aggregateOf(name, args...)
						a.Filter = filter
						items = append(items, &expr.Window{Agg: a, Typ: a.Typ, Frame: f})
					}
				}
				add("count")
				for _, col := range []string{"i2", "i4", "i8", "f8", "num"} {
					for _, name := range []string{"sum", "avg", "count", "min", "max"} {
						add(name, tab.Col(col))
					}
				}
				add("min", tab.Col("d"))
				add("max", tab.Col("s"))
				checkWindow(t, tab, over(partition, []expr.SortKey{{Expr: tab.Col("k")}, {Expr: tab.Col("i4")}, {Expr: tab.Col("s")}}, items...)...)
			})
		}
	}
}

// aggregateOf returns a call of the aggregate of a name with arguments of these types.
func aggregateOf(name string, args ...expr.Expr) *expr.Aggregate {
	var ts []types.Type
	for _, a := range args {
		ts = append(ts, a.Type())
	}
	for _, f := range fn.Aggregates(name) {
		ok := len(f.Args) == len(args)
		for i := range args {
			ok = ok && (f.Args[i].ID == ts[i].ID || f.Args[i].ID == types.AnyElement || f.Args[i].ID == types.Any)
		}
		if ok {
			return &expr.Aggregate{Fn: f, Args: args, Typ: f.ReturnType(ts)}
		}
	}
	panic("no aggregate " + name)
}

func randomBound(rng *rand.Rand, end bool) expr.Bound {
	b := expr.Bound{Kind: expr.BoundKind(rng.IntN(4))}
	if end {
		b.Kind++
	}
	if b.Kind == expr.Preceding || b.Kind == expr.Following {
		b.Offset = int4(int32(rng.IntN(6)))
	}
	return b
}

// TestWindowErrors: arguments that PostgreSQL refuses.
func TestWindowErrors(t *testing.T) {
	tab := exectest.NewTable("1:k:int4 2:d:date", "1|2020-01-01", "2|2020-01-02")
	rows := func(mode expr.FrameMode, offset expr.Expr) *expr.Window {
		w := windowAgg(nil, tab.Col("k"))
		w.Frame = expr.Frame{Mode: mode, Start: expr.Bound{Kind: expr.Preceding, Offset: offset}, End: expr.Bound{Kind: expr.CurrentRow}}
		return w
	}
	null := &expr.Const{Value: vec.NewNull(types.Of(types.Int32), 1)}
	for code, items := range map[sqlstate.Code][]*expr.Window{
		sqlstate.InvalidNtileArgument:    {windowFn("ntile", int4(0))},
		sqlstate.InvalidNthValueArgument: {windowFn("nth_value", tab.Col("k"), int4(-1))},
		sqlstate.InvalidFrameSize:        {rows(expr.Rows, int4(-1)), rows(expr.Range, int4(-1)), rows(expr.Groups, int4(-2))},
		sqlstate.NullNotAllowed:          {rows(expr.Rows, null), rows(expr.Range, null)},
	} {
		for _, w := range items {
			w.OrderBy = []expr.SortKey{{Expr: tab.Col("k")}}
			exectest.Check(t, exectest.Case{Inputs: []*exectest.Table{tab}, Parts: []int{1}, Code: code, MayStopEarly: true,
				Plan: func(in []exec.Plan, parts int) exec.Plan {
					return &exec.Window{Input: in[0], Items: []*expr.Window{w}, Out: append(append(exec.Schema{}, tab.Schema...), exec.Field{ID: 9, Type: w.Typ})}
				}})
		}
	}
}

// TestWindowRangeTypes: RANGE with offsets over the types that have them. Expected values are PostgreSQL's.
func TestWindowRangeTypes(t *testing.T) {
	value := func(typ types.Type, s string) expr.Expr {
		b := vec.NewBuilder(typ)
		if err := text.Parse(b, typ, []byte(s), nil); err != nil {
			t.Fatal(err)
		}
		v := b.Finish()
		v.Enc = vec.Const
		return &expr.Const{Value: v}
	}
	interval := types.Of(types.Interval)
	cases := []struct {
		typ    string
		rows   []string
		offset expr.Expr
		desc   bool
		want   []string
	}{
		{"int8", []string{"9223372036854775806|1", "9223372036854775807|2", "-9223372036854775808|3"}, int4(1), false, []string{"3", "1", "1,2"}},
		{"float8", []string{"1.5|1", "2|2", "3.5|3", "Infinity|4", "NaN|5", "NULL|6"}, value(types.Of(types.Float64), "1.5"), false,
			[]string{"1", "1,2", "2,3", "4", "5", "6"}},
		{"numeric(10,2)", []string{"1.50|1", "2.00|2", "2.01|3"}, value(types.NumericOf(3, 1), "0.5"), false, []string{"1", "1,2", "2,3"}},
		{"numeric", []string{"1.50|1", "2|2", "2.01|3", "NaN|4"}, value(types.Of(types.Numeric), "0.50"), true, []string{"4", "3", "3,2", "2,1"}},
		{"date", []string{"2020-01-31|1", "2020-02-29|2", "2020-03-30|3"}, value(interval, "1 month"), false, []string{"1", "1,2", "2,3"}},
		{"timestamp", []string{"2020-01-01 00:00:00|1", "2020-01-01 01:00:00|2", "2020-01-01 02:00:01|3"}, value(interval, "1 hour"), false,
			[]string{"1", "1,2", "3"}},
		{"timestamptz", []string{"2020-01-01 00:00:00+00|1", "2020-01-02 00:00:00+00|2"}, value(interval, "1 day"), true, []string{"2", "2,1"}},
		{"time", []string{"00:10:00|1", "00:20:00|2", "23:55:00|3"}, value(interval, "15 minutes"), false, []string{"1", "1,2", "3"}},
	}
	for _, c := range cases {
		tab := exectest.NewTable("1:k:"+c.typ+" 2:n:int4", c.rows...)
		w := windowAgg(nil, tab.Col("n"))
		w.OrderBy = []expr.SortKey{{Expr: tab.Col("k"), Desc: c.desc}}
		w.Frame = expr.Frame{Start: expr.Bound{Kind: expr.Preceding, Offset: c.offset}, End: expr.Bound{Kind: expr.CurrentRow}}
		out := append(append(exec.Schema{}, tab.Schema...), exec.Field{ID: 9, Type: w.Typ})
		var got []string
		for _, b := range run(t, &exec.Window{Input: exectest.Source(tab, 1), Items: []*expr.Window{w}, Out: out}) {
			for i := range b.Rows {
				got = append(got, text.String(b.Cols[2], i, nil))
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", c.typ, got, c.want)
		}
	}
}
