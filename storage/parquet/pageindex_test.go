package parquet

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/parquet/bloom"
	write "gsql/storage/write/parquet"
)

// indexedRows is several pages of the writer's.
const indexedRows = 65_000

// indexedFile writes a file of groups of rows with page indexes and Bloom filters: k ascends, r is random, t is k's text, n is
// NULL for long stretches, l is arrays of k, and d is of few values.
func indexedFile(t testing.TB, groups int) []byte {
	t.Helper()
	text, number := types.Of(types.Text), types.Of(types.Int64)
	codec, err := write.NewCodec("snappy", 0)
	if err != nil {
		t.Fatal(err)
	}
	f, err := write.NewFile([]write.Column{{Name: "k", Type: number, Bloom: true}, {Name: "r", Type: types.Of(types.Int32), Bloom: true}, {Name: "t", Type: text, Bloom: true},
		{Name: "n", Type: number}, {Name: "l", Type: types.ArrayOf(number)}, {Name: "d", Type: text}}, codec, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := bytes.NewBufferString(write.Magic)
	r := rand.New(rand.NewPCG(1, 1))
	for g := range groups {
		b := make([]*vec.Builder, 6)
		for i, typ := range []types.Type{number, types.Of(types.Int32), text, number, types.ArrayOf(number), text} {
			b[i] = vec.NewBuilder(typ)
		}
		for i := range indexedRows {
			k := int64(g*indexedRows + i)
			vec.Append(b[0], 2*k)
			vec.Append(b[1], int32(r.IntN(1<<30)*2))
			b[2].AppendString(fmt.Sprintf("text %08d", 2*k))
			if i < 20_000 || i >= 45_000 {
				b[3].AppendNull()
			} else {
				vec.Append(b[3], k)
			}
			b[4].AppendList(func(c *vec.Builder) {
				for range k % 3 {
					vec.Append(c, k)
				}
			})
			b[5].AppendString("d" + strconv.Itoa(int(k%7)))
		}
		batch := &vec.Batch{Rows: indexedRows}
		for _, x := range b {
			batch.Cols = append(batch.Cols, x.Finish())
		}
		group := f.NewGroup()
		if err := group.Add(context.Background(), batch); err != nil {
			t.Fatal(err)
		}
		if err := group.Finish(); err != nil {
			t.Fatal(err)
		}
		if err := group.Append(out, int64(out.Len())); err != nil {
			t.Fatal(err)
		}
	}
	out.Write(f.Footer(int64(out.Len())))
	return out.Bytes()
}

// conditions of a table of indexedFile's: the prune expression, and which rows it is true for.
type condition struct {
	e    expr.Expr
	pass func(row []string) bool
}

func indexedConditions(t testing.TB, tab exec.Table) map[string]condition {
	k, r, text, n := columnOf(tab, 0), columnOf(tab, 1), columnOf(tab, 2), columnOf(tab, 3)
	big := func(x int64) *expr.Const { return constant(t, types.Of(types.Int64), strconv.FormatInt(x, 10)) }
	between := func(c expr.Expr, from, to int64) expr.Expr {
		return &expr.And{Terms: []expr.Expr{operator(">=", c, big(from)), operator("<", c, big(to))}}
	}
	num := func(s string) int64 { x, _ := strconv.ParseInt(s, 10, 64); return x }
	eq := fn.Scalars("=")[0]
	return map[string]condition{
		"range":        {between(k, 100_000, 100_100), func(v []string) bool { return num(v[0]) >= 100_000 && num(v[0]) < 100_100 }},
		"two ranges":   {&expr.Or{Terms: []expr.Expr{between(k, 10, 20), between(k, 110_000, 129_000)}}, func(v []string) bool { x := num(v[0]); return x >= 10 && x < 20 || x >= 110_000 && x < 129_000 }},
		"last row":     {operator("=", k, big(2*(indexedRows-1))), func(v []string) bool { return num(v[0]) == 2*(indexedRows-1) }},
		"NULL":         {&expr.IsNull{Arg: n}, func(v []string) bool { return v[3] == "NULL" }},
		"n":            {between(n, 30_000, 30_010), func(v []string) bool { return v[3] != "NULL" && num(v[3]) >= 30_000 && num(v[3]) < 30_010 }},
		"text":         {operator("=", text, constant(t, types.Of(types.Text), "text 00090000")), func(v []string) bool { return v[2] == "text 00090000" }},
		"absent":       {operator("=", r, constant(t, types.Of(types.Int32), "1000001")), func([]string) bool { return false }},
		"absent texts": {&expr.In{Arg: text, List: []*expr.Const{constant(t, types.Of(types.Text), "text 00000001"), constant(t, types.Of(types.Text), "text 00000003")}, Eq: eq}, func([]string) bool { return false }},
	}
}

// scanned runs a scan with a condition and returns the rows for which it is true, in their order, and what was read.
func scanned(tab exec.Table, c condition, batchRows, parts int, columns []int) (rows []string, stats *exec.OpStats, err error) {
	req := exec.ScanRequest{Limit: -1, Partitions: parts, Prune: c.e}
	for _, i := range columns {
		req.Columns, req.IDs = append(req.Columns, i), append(req.IDs, expr.ColID(i+1))
	}
	p, err := tab.Scan(context.Background(), req)
	if err != nil {
		return nil, nil, err
	}
	env := newEnv(batchRows)
	stats = env.Profile.Of(p)
	cols, err := collect(env, p)
	if err != nil {
		return nil, stats, err
	}
	for i := range cols[0] {
		row := make([]string, len(tab.Schema()))
		for k, at := range columns {
			row[at] = cols[k][i]
		}
		if c.pass(row) {
			rows = append(rows, strings.Join(row, "|"))
		}
	}
	slices.Sort(rows)
	return rows, stats, nil
}

var everyColumn = []int{0, 1, 2, 3, 4, 5}

// Pages that the conditions exclude are not read, and all columns have the values of the same rows.
func TestPageIndex(t *testing.T) {
	b := indexedFile(t, 2)
	tab := tableOf(t, save(t, b))
	plain := tableOf(t, save(t, withoutIndexes(t, b)))
	rows, all, err := scanned(plain, condition{nil, func([]string) bool { return true }}, 8192, 1, everyColumn)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range indexedConditions(t, tab) {
		var want []string
		for _, row := range rows {
			if c.pass(strings.Split(row, "|")) {
				want = append(want, row)
			}
		}
		for _, batchRows := range []int{1, 1000, 8192} {
			for _, parts := range []int{1, 5} {
				if !exectest.Long() && (batchRows != 1000 || len(want) > 1000) && batchRows+parts != 8193 {
					continue
				}
				got, stats, err := scanned(tab, c, batchRows, parts, everyColumn)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s, batches of %d rows, %d partitions: %d rows, want %d", name, batchRows, parts, len(got), len(want))
				}
				if pruned := stats.PagesPruned.Load() + stats.GroupsPruned.Load(); pruned == 0 || name != "NULL" && stats.BytesRead() > all.BytesRead()*7/10 {
					t.Errorf("%s: %d pages and row groups left out, %d bytes read of %d", name, pruned, stats.BytesRead(), all.BytesRead())
				}
			}
		}
	}
}

// withoutIndexes returns a file without page indexes and Bloom filters: the footer's fields for them get numbers that nobody knows.
func withoutIndexes(t testing.TB, b []byte) []byte {
	t.Helper()
	b = bytes.Clone(b)
	for _, at := range indexFields(t, b) {
		b[at] = 0xf0 | b[at]&15 // a step of 15 to the next number
	}
	return b
}

// indexFields returns where the fields of a file's footer begin that say where its offset indexes are.
func indexFields(t testing.TB, b []byte) (places []int) {
	t.Helper()
	size := int(binary.LittleEndian.Uint32(b[len(b)-8:]))
	c := &compact{b: b[:len(b)-8], pos: len(b) - 8 - size}
	c.fields(func(id int, typ byte) bool {
		if id != 4 {
			return false
		}
		c.list(tStruct, nil, func() {
			c.fields(func(id int, typ byte) bool {
				if id != 1 {
					return false
				}
				c.list(tStruct, nil, func() {
					c.fields(func(id int, typ byte) bool {
						if id == 4 || id == 5 {
							places = append(places, c.pos-1)
						}
						return false
					})
				})
				return true
			})
		})
		return true
	})
	if c.err != nil {
		t.Fatal(c.err)
	}
	return places
}

// The keys of a join leave out row groups by their Bloom filters and pages by their bounds.
func TestPageIndexOfKeys(t *testing.T) {
	tab := tableOf(t, save(t, indexedFile(t, 2)))
	keys := func(values ...int32) *exec.KeyFilter {
		v := vec.New(types.Of(types.Int32), types.KInt32, values, nil)
		return &exec.KeyFilter{Min: constOf(v, 0), Max: constOf(v, len(values)-1), Keys: v}
	}
	wide := func(values ...int64) *exec.KeyFilter {
		v := vec.New(types.Of(types.Int64), types.KInt64, values, nil)
		return &exec.KeyFilter{Min: constOf(v, 0), Max: constOf(v, len(values)-1), Keys: v}
	}
	for _, c := range []struct {
		col           int
		filter        *exec.KeyFilter
		groups, pages bool // something is left out
	}{
		{1, keys(1001, 40_001, 1<<30-1), true, false},
		{0, wide(5, 7, 300_001), true, false},
		{0, wide(2, 129_998), true, true},
	} {
		req := request(tab, 1)
		req.Filters = []exec.RuntimeFilter{{ID: 7, Col: expr.ColID(c.col + 1)}}
		p, err := tab.Scan(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		env := newEnv(8192)
		env.Publish(7, c.filter)
		stats := env.Profile.Of(p)
		cols, err := collect(env, p)
		if err != nil {
			t.Fatal(err)
		}
		if groups, pages := stats.GroupsPruned.Load(), stats.PagesPruned.Load(); groups > 0 != c.groups || pages > 0 != c.pages {
			t.Errorf("column %d: %d row groups and %d pages left out", c.col, groups, pages)
		}
		if c.pages && (!slices.Contains(cols[0], "2") || !slices.Contains(cols[0], "129998")) {
			t.Errorf("column %d: the keys' rows are not there", c.col)
		}
	}
}

// An offset index that is damaged is not used, or found out when a page is not what it says. No row is wrong or missing.
func TestPageIndexDamaged(t *testing.T) {
	b := indexedFile(t, 1)
	f := save(t, b)
	tab := tableOf(t, f)
	conditions := indexedConditions(t, tab)
	var places []region
	ft, err := readFooter(f, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range ft.groups[0].cols {
		places = append(places, region{k.offsetIndexAt, k.offsetIndexLen})
	}
	want := map[string][]string{}
	columns := []int{0, 3, 4, 5}
	for name, c := range conditions {
		if name != "range" && name != "two ranges" && name != "n" {
			delete(conditions, name)
			continue
		}
		if want[name], _, err = scanned(tab, c, 8192, 1, columns); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(3, 3))
	errors := 0
	rounds := 15
	if exectest.Long() {
		rounds = 1000
	}
	for range rounds {
		bad := bytes.Clone(b)
		place := places[r.IntN(len(places))]
		for range 1 + r.IntN(3) {
			bad[place.at+r.Int64N(int64(place.n))] += byte(1 + r.IntN(255))
		}
		damaged := tableOf(t, save(t, bad))
		for name, c := range conditions {
			got, _, err := scanned(damaged, c, 8192, 1, columns)
			if err != nil {
				errors++
			} else if !slices.Equal(got, want[name]) {
				t.Fatalf("%s: %d rows, want %d", name, len(got), len(want[name]))
			}
		}
	}
	t.Logf("%d errors", errors)
}

// What an index says lies outside the file, or is cut off, is not read.
func TestReadRegions(t *testing.T) {
	b := []byte("0123456789")
	got := readRegions(bytes.NewReader(b), 10, []region{{8, 2}, {2, 3}, {9, 2}, {-1, 4}, {4, 0}, {3, 1}, {1, maxIndexBytes + 1}})
	if want := "[89 234    3 ]"; fmt.Sprintf("%s", got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Foreign bytes as indexes and filters do no harm.
func FuzzPageIndex(f *testing.F) {
	b := indexedFile(f, 1)
	ft, err := readFooter(save(f, b), bytes.NewReader(b))
	if err != nil {
		f.Fatal(err)
	}
	for _, k := range ft.groups[0].cols {
		f.Add(b[k.offsetIndexAt:][:k.offsetIndexLen], b[k.columnIndexAt:][:k.columnIndexLen])
		if k.bloomAt > 0 {
			f.Add(b[k.bloomAt:][:64], []byte{})
		}
	}
	cols := []*column{{typ: types.Of(types.Int64), kind: types.KInt64, phys: physInt64}, {typ: types.Of(types.Text), kind: types.KView, phys: physBytes, optional: true}}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		k := ft.groups[0].cols[0]
		if x := readOffsetIndex(a, &k, indexedRows); x != nil {
			for _, c := range cols {
				if y := readColumnIndex(b, c, x); y != nil {
					for i := range x.pages {
						y.bounds(i)
						x.runEnd([]rowRange{{10, 20}, {30_000, 30_001}}, i)
					}
				}
			}
		}
		m := &membership{column: cols[0], r: bytes.NewReader(a), fileSize: int64(len(a)), at: 0}
		m.has(bloom.Hash(b))
	})
}

// A Bloom filter is asked for a constant in the form that the column has it, whatever the constant's type.
func TestPhysical(t *testing.T) {
	num := func(s string) *vec.Vector { return constant(t, types.Of(types.Numeric), s).Value }
	integer := func(id types.ID, s string) *vec.Vector { return constant(t, types.Of(id), s).Value }
	of := func(typ types.Type, phys int32, conv conversion) *column {
		return &column{typ: typ, kind: typ.Kind(), phys: phys, conv: conv}
	}
	i32, i64 := of(types.Of(types.Int32), physInt32, convertNone), of(types.Of(types.Int64), physInt64, convertNone)
	u32 := of(types.Of(types.Int64), physInt32, convertUnsigned)
	u32.unsigned = true
	u64 := of(types.NumericOf(20, 0), physInt64, convertUnsigned)
	u64.unsigned = true
	dec := of(types.NumericOf(9, 2), physInt32, convertMul)
	wide := of(types.NumericOf(30, 2), physFixed, convertDecimal)
	wide.typeLen = 13
	ms := of(types.Of(types.Timestamp), physInt64, convertMul)
	ms.factor = 1000
	ns := of(types.Of(types.Timestamp), physInt64, convertDiv)
	f32 := of(types.Of(types.Float32), physFloat, convertNone)
	for _, c := range []struct {
		col  *column
		k    *vec.Vector
		want string // hexadecimal forms, none, or unknown
	}{
		{i32, integer(types.Int64, "-2"), "feffffff"},
		{i32, integer(types.Int64, "5000000000"), "none"},
		{i32, num("7.00"), "07000000"},
		{i32, num("7.5"), "none"},
		{i64, integer(types.Int16, "3"), "0300000000000000"},
		{u32, integer(types.Int64, "4294967295"), "ffffffff"},
		{u32, integer(types.Int64, "-1"), "none"},
		{u64, num("18446744073709551615"), "ffffffffffffffff"},
		{u64, num("-1"), "none"},
		{dec, num("1.5"), "96000000"},
		{dec, num("1.555"), "none"},
		{wide, num("-1"), "ffffffffffffffffffffffff9c"},
		{wide, integer(types.Int32, "1"), "00000000000000000000000064"},
		{ms, integer(types.Timestamp, "1970-01-01 00:00:01"), "e803000000000000"},
		{ms, integer(types.Timestamp, "1970-01-01 00:00:01.000001"), "none"},
		{ns, integer(types.Timestamp, "1970-01-01 00:00:01"), "unknown"},
		{f32, integer(types.Float64, "0"), "00000000 00000080"},
		{f32, integer(types.Float64, "0.1"), "none"},
		{f32, integer(types.Float64, "NaN"), "unknown"},
		{i64, integer(types.Text, "1"), "unknown"},
	} {
		forms, ok := c.col.physical(c.k)
		got := fmt.Sprintf("%x", forms)
		switch got = strings.Trim(got, "[]"); {
		case !ok:
			got = "unknown"
		case got == "":
			got = "none"
		}
		if got != c.want {
			t.Errorf("%v in %v: %s, want %s", c.k.Type, c.col.typ, got, c.want)
		}
	}
}
