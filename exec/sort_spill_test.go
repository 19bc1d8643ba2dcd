package exec_test

import (
	"fmt"
	"slices"
	"testing"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/vec"
)

// TestSortSpills: a sort of more rows than fit in memory is the one that is done in memory, for keys of several
// kinds, with NULLs at either end, and equal keys in the order of the input.
func TestSortSpills(t *testing.T) {
	tab := exectest.Random(5, "1:i:int4 2:s:text 3:f:float8 4:n:numeric(20,2) 5:a:int4[] 6:b:bool 7:row:int8 8:r:row(int8,text,numeric)", 20_000, 3000, 0.05)
	for i := range tab.Rows {
		vec.Values[int64](tab.Cols[6])[i] = int64(i)
	}
	tab.Cols[6].Valid = nil
	key := func(name string, desc, nullsFirst bool) expr.SortKey {
		return expr.SortKey{Expr: tab.Col(name), Desc: desc, NullsFirst: nullsFirst}
	}
	for n, keys := range [][]expr.SortKey{
		{key("i", false, false)},
		{key("s", true, true), key("i", false, true)},
		{key("f", false, true), key("n", true, false), key("s", false, false)},
		{key("n", true, true)},
		{key("b", true, false)},
		{key("b", false, false), key("a", true, true)},
		nil,
	} {
		t.Run(expr.Keys(keys), func(t *testing.T) {
			want := []string{}
			for _, r := range naiveSort(tab, keys) {
				want = append(want, tab.Row(r))
			}
			tops := []int64{-1, 1, 15_000, 100_000}
			if n%3 != 0 {
				tops = tops[:1]
			}
			for i, top := range tops {
				if !exectest.Sample(t, i, 2) {
					continue
				}
				rows := want
				if top >= 0 {
					rows = want[:min(int(top), len(want))]
				}
				p := &exec.Sort{Input: exectest.Source(tab, 1), Keys: keys, Top: top}
				for _, limit := range []int64{0, 1, 300 << 10} {
					got, files := limited(t, limit, 500, p)
					if !slices.Equal(got, rows) {
						t.Fatalf("top %d, limit %d: other rows", top, limit)
					}
					if limit > 0 && top != 1 && files == 0 || limit == 0 && files > 0 {
						t.Fatalf("top %d, limit %d: %d files", top, limit, files)
					}
				}
			}
		})
	}
}

// TestSortSpillsInAllWays gives a sort that spills to the harness.
func TestSortSpillsInAllWays(t *testing.T) {
	tab := exectest.Random(6, "1:k:int4 2:s:text 3:v:numeric(20,2)", 21_000, 500, 0.1)
	keys := []expr.SortKey{{Expr: tab.Col("k"), Desc: true}, {Expr: &expr.Coalesce{Args: []expr.Expr{tab.Col("s")}, Typ: tab.Col("s").Typ}, NullsFirst: true}}
	for _, top := range []int64{-1, 12_000} {
		exectest.Check(t, exectest.Case{Inputs: []*exectest.Table{tab}, Spills: true, Ordered: true, Parts: []int{1},
			Plan: func(in []exec.Plan, parts int) exec.Plan { return &exec.Sort{Input: in[0], Keys: keys, Top: top} }})
	}
	exectest.Check(t, exectest.Case{Inputs: []*exectest.Table{tab}, Spills: true, Parts: []int{3},
		Plan: func(in []exec.Plan, parts int) exec.Plan {
			return &exec.Exchange{Input: &exec.Sort{Input: in[0], Keys: keys, Top: -1}, Kind: exec.Merge, N: 1, Keys: keys}
		}})
}

// TestSortSpillsWide: rows that are larger than what a holder is sure to get are sorted one by one, while memory
// is not all taken by others.
func TestSortSpillsWide(t *testing.T) {
	tab := exectest.Random(7, "1:k:int4 2:s:text", 300, 100, 0)
	b := vec.NewBuilder(tab.Schema[1].Type)
	for i := range tab.Rows {
		b.AppendString(fmt.Sprintf("%020000d", i))
	}
	tab.Cols[1] = b.Finish()
	keys := []expr.SortKey{{Expr: tab.Col("k")}}
	want, _ := limited(t, 0, 100, &exec.Sort{Input: exectest.Source(tab, 1), Keys: keys, Top: -1})
	got, files := limited(t, 1<<20, 100, &exec.Sort{Input: exectest.Source(tab, 1), Keys: keys, Top: -1})
	if !slices.Equal(got, want) || files == 0 {
		t.Fatalf("other rows, or no files: %d", files)
	}
}

// TestMergeKinds: numerics of 64 and of 128 bits, which come in different batches, are in one order.
func TestMergeKinds(t *testing.T) {
	tab := exectest.NewTable("1:n:numeric(38,0) 2:i:int4", "5|1", "-100000000000000000000000|2", "100000000000000000000000|3", "-7|4",
		"NULL|5", "9223372036854775807|6", "9223372036854775808|7", "-9223372036854775808|8", "0|9")
	narrow := func(v *vec.Vector) *vec.Vector { // each row in its usual kind
		b := vec.NewBuilder(v.Type)
		b.AppendFrom(v, 0)
		return b.Finish()
	}
	schema := tab.Schema
	in := &repeated{out: schema, parts: 1, times: 1}
	for i := range tab.Rows {
		in.batches = append(in.batches, &vec.Batch{Rows: 1, Cols: []*vec.Vector{narrow(vec.Slice(tab.Cols[0], i, i+1)), vec.Slice(tab.Cols[1], i, i+1)}})
	}
	keys := []expr.SortKey{{Expr: tab.Col("n")}}
	var parts []exec.Plan
	for i := range in.batches {
		one := *in
		one.batches = in.batches[i : i+1]
		parts = append(parts, &one)
	}
	u := &exec.Union{In: parts, Out: schema}
	got, _ := limited(t, 0, 4, &exec.Exchange{Input: u, Kind: exec.Merge, N: 1, Keys: keys})
	want, _ := limited(t, 0, 4, &exec.Sort{Input: exectest.Source(tab, 1), Keys: keys, Top: -1})
	if !slices.Equal(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
}
