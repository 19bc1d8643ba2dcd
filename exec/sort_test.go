package exec_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/vec"
)

// run executes a plan and returns all batches, partition after partition.
func run(t testing.TB, p exec.Plan) []*vec.Batch {
	t.Helper()
	pool := mem.NewPool(0)
	env := exec.NewEnv(context.Background(), &fn.Ctx{Location: time.UTC}, pool, 8192)
	parts, err := env.CollectAll(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	if err := env.Close(); err != nil {
		t.Fatal(err)
	}
	if pool.Used() != 0 {
		t.Fatalf("%d bytes are still reserved", pool.Used())
	}
	var all []*vec.Batch
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// naiveSort returns the numbers of a table's rows in order.
func naiveSort(t *exectest.Table, keys []expr.SortKey) []int {
	rows := make([]int, t.Rows)
	for i := range rows {
		rows[i] = i
	}
	slices.SortStableFunc(rows, func(i, j int) int {
		for _, k := range keys {
			v := t.Cols[t.Schema.Index(k.Expr.(*expr.Column).ID)]
			if c := naiveCompare(v, i, j, k); c != 0 {
				return c
			}
		}
		return 0
	})
	return rows
}

func naiveCompare(v *vec.Vector, i, j int, k expr.SortKey) int {
	in, jn := v.IsNull(i), v.IsNull(j)
	switch {
	case in && jn:
		return 0
	case in || jn:
		if in == k.NullsFirst {
			return -1
		}
		return 1
	case k.Desc:
		return vec.CompareRows(v, j, v, i)
	}
	return vec.CompareRows(v, i, v, j)
}

// TestSort: every type and direction gives the order of a stable sort.
func TestSort(t *testing.T) {
	for _, typ := range []string{"bool", "int2", "int4", "int8", "float4", "float8", "numeric(20,2)", "numeric", "text", "date",
		"timestamp", "time", "interval", "uuid", "int4[]", "row(int4,text)"} {
		for dir := range 4 {
			t.Run(fmt.Sprintf("%s/%d", typ, dir), func(t *testing.T) {
				tab := exectest.Random(uint64(dir), "1:k:"+typ+" 2:n:int4", 90, []int{40, 3}[dir%2], 0.1)
				checkSort(t, tab, []expr.SortKey{{Expr: tab.Col("k"), Desc: dir&1 != 0, NullsFirst: dir&2 != 0}}, -1, 7, 50)
			})
		}
	}
}

// TestSortKeys: several keys, which share words or not.
func TestSortKeys(t *testing.T) {
	for n, cols := range []string{"bool int4 text", "text int4", "int8 int8", "date date int2 bool", "text text", "interval int4", "numeric text int4"} {
		t.Run(cols, func(t *testing.T) {
			var schema strings.Builder
			for i, typ := range strings.Fields(cols) {
				fmt.Fprintf(&schema, "%d:k%d:%s ", i+1, i, typ)
			}
			tab := exectest.Random(uint64(n), schema.String(), 120, 4, 0.1)
			var keys []expr.SortKey
			for i := range tab.Schema {
				keys = append(keys, expr.SortKey{Expr: tab.Col(fmt.Sprintf("k%d", i)), Desc: (n+i)%2 == 1, NullsFirst: (n+i)%3 == 1})
			}
			tab.Schema = append(tab.Schema, exec.Field{ID: 99, Name: "n", Type: tab.Schema[0].Type})
			tab.Cols = append(tab.Cols, tab.Cols[0])
			checkSort(t, tab, keys, -1, 0, 1, 7, 50, 1000)
		})
	}
}

// TestSortStrings: bytes of value zero, long common prefixes, strings that begin others.
func TestSortStrings(t *testing.T) {
	long := strings.Repeat("prefix", 5)
	tab := &exectest.Table{Schema: exectest.ParseSchema("1:k:text 2:n:int4")}
	k, n := vec.NewBuilder(tab.Schema[0].Type), vec.NewBuilder(tab.Schema[1].Type)
	for i, s := range []string{"", "a", "a\x00", "a\x00\x00", "\x00", "b", "abcdefgh", "abcdefgh\x00", "abcdefghi", "abcdefg", "ab",
		"", "a", "b", "abcdefgh", "\xff", "abcdefghijklm", "abcdefghijkl", "abcdefghijkl\x00"} {
		for _, p := range []string{"", long} {
			k.AppendString(p + s)
			vec.Append(n, int32(i))
			tab.Rows++
		}
	}
	tab.Cols = []*vec.Vector{k.Finish(), n.Finish()}
	for _, desc := range []bool{false, true} {
		checkSort(t, tab, []expr.SortKey{{Expr: tab.Col("k"), Desc: desc}}, -1, 7)
		few := &exectest.Table{Schema: tab.Schema, Rows: tab.Rows / 2}
		var odd []uint32
		for i := range few.Rows {
			odd = append(odd, uint32(2*i+1))
		}
		few.Cols = []*vec.Vector{vec.Gather(tab.Cols[0], odd), vec.Gather(tab.Cols[1], odd)}
		checkSort(t, few, []expr.SortKey{{Expr: tab.Col("k"), Desc: desc}}, -1, 7)
	}
}

// checkSort sorts a table for the first rows, or with -1, all.
func checkSort(t *testing.T, tab *exectest.Table, keys []expr.SortKey, tops ...int64) {
	t.Helper()
	want := []string{}
	for _, i := range naiveSort(tab, keys) {
		want = append(want, tab.Row(i))
	}
	for _, top := range tops {
		rows := want
		if top >= 0 {
			rows = want[:min(int(top), len(want))]
		}
		exectest.Check(t, exectest.Case{
			Inputs: []*exectest.Table{tab}, Parts: []int{1}, Want: rows, Ordered: true, MayStopEarly: top == 0,
			Plan: func(in []exec.Plan, parts int) exec.Plan { return &exec.Sort{Input: in[0], Keys: keys, Top: top} },
		})
	}
}

// TestSortLarge sorts enough rows for radix passes, with many and with few distinct keys.
func TestSortLarge(t *testing.T) {
	for _, distinct := range []int{50, 1 << 30} {
		tab := exectest.Random(1, "1:a:int8 2:b:text 3:c:float8", 30_000, distinct, 0.01)
		for _, name := range []string{"a", "b", "c"} {
			keys := []expr.SortKey{{Expr: tab.Col(name), Desc: true}}
			want := naiveSort(tab, keys)
			var got []string
			for _, b := range run(t, &exec.Sort{Input: exectest.Source(tab, 1), Keys: keys, Top: -1}) {
				for i := range b.Rows {
					got = append(got, (&exectest.Table{Cols: b.Cols}).Row(i))
				}
			}
			for i, w := range want {
				if got[i] != tab.Row(w) {
					t.Fatalf("%s, %d distinct: row %d is %s, want %s", name, distinct, i, got[i], tab.Row(w))
				}
			}
		}
	}
}
