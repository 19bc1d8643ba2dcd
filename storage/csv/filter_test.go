package csv

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// compare returns column op constant.
func compare(col *expr.Column, op, value string) expr.Expr {
	v, err := text.Const(col.Typ, value, nil)
	if err != nil {
		panic(err)
	}
	for _, f := range fn.Scalars(op) {
		if len(f.Args) == 2 && f.Args[0] == col.Typ && f.Args[1] == col.Typ {
			return &expr.Call{Fn: f, Args: []expr.Expr{col, &expr.Const{Value: v}}, Typ: types.Of(types.Bool)}
		}
	}
	panic("no operator " + op)
}

// mixedFile has columns of all usual types, with NULLs, quotes, and texts of few and of many values.
func mixedFile(t *testing.T, rows int) (*table, []string) {
	t.Helper()
	r := rand.New(rand.NewPCG(5, 5))
	var b strings.Builder
	b.WriteString("id,kind,name,price,day\n")
	var want []string
	for i := range rows {
		kind := fmt.Sprintf("kind number %d", r.IntN(9))
		name := fmt.Sprintf("name %d", r.IntN(100_000))
		if r.IntN(4) == 0 {
			name = "a longer name, " + name
		}
		price := fmt.Sprintf("%d.5", r.IntN(1000))
		day := fmt.Sprintf("2024-%02d-%02d", 1+r.IntN(12), 1+r.IntN(28))
		row := []string{fmt.Sprint(i), kind, name, price, day}
		for c := 1; c < 5; c++ {
			if r.IntN(10) == 0 {
				row[c] = ""
			}
		}
		for c, v := range row {
			if c > 0 {
				b.WriteByte(',')
			}
			if strings.Contains(v, ",") || r.IntN(50) == 0 && v != "" {
				v = `"` + v + `"`
			}
			b.WriteString(v)
			if row[c] == "" {
				row[c] = "NULL"
			}
		}
		b.WriteByte('\n')
		want = append(want, strings.Join(row, "|"))
	}
	tab, err := openTable([]fileT{writeFile(t, t.TempDir(), "x.csv", b.String())}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	tab.split = 10_000
	return tab, want
}

func columnOf(tab *table, i int) *expr.Column {
	f := tab.Schema()[i]
	return &expr.Column{ID: expr.ColID(i + 1), Name: f.Name, Typ: f.Type}
}

// TestFiltersAreHints: a filtered scan yields rows of the file only, and all that pass the filter.
func TestFiltersAreHints(t *testing.T) {
	tab, rows := mixedFile(t, 20_000)
	id, kind, name, price, day := columnOf(tab, 0), columnOf(tab, 1), columnOf(tab, 2), columnOf(tab, 3), columnOf(tab, 4)
	for _, c := range []struct {
		name  string
		prune expr.Expr
		keep  func(v []string) bool
		most  int // rows that may be left
	}{
		{"dictionary", compare(kind, "=", "kind number 3"), func(v []string) bool { return v[1] == "kind number 3" }, 3000},
		{"plain text", compare(name, "=", "name 77"), func(v []string) bool { return v[2] == "name 77" }, 50},
		{"long text", compare(name, ">", "a longer name, name 9"), func(v []string) bool { return v[2] != "NULL" && v[2] > "a longer name, name 9" }, 20_000},
		{"number", compare(id, "<", "100"), func(v []string) bool { return len(v[0]) < 3 }, 100},
		{"several", &expr.And{Terms: []expr.Expr{compare(price, "<", "10"), compare(day, ">=", "2024-11-01")}},
			func(v []string) bool { return len(v[3]) < 4 && v[4] != "NULL" && v[4] >= "2024-11-01" }, 200},
		{"none", compare(id, "<", "0"), func([]string) bool { return false }, 0},
		{"all", compare(id, ">=", "0"), func([]string) bool { return true }, 20_000},
		{"an error is no business of a hint", compare(&expr.Column{ID: 99, Name: "x", Typ: id.Typ}, "=", "1"), func([]string) bool { return false }, 20_000},
	} {
		for _, parts := range []int{1, 3} {
			for _, batch := range []int{1, 7, 1000, 8192} {
				cols, ids := ids(5)
				got, err := scanRows(tab, exec.ScanRequest{Columns: cols, IDs: ids, Prune: c.prune, Limit: -1, Partitions: parts}, batch)
				if err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
				checkSubset(t, fmt.Sprintf("%s parts=%d batch=%d", c.name, parts, batch), got, rows, c.keep, c.most)
			}
		}
	}
}

func checkSubset(t *testing.T, name string, got, all []string, keep func([]string) bool, most int) {
	t.Helper()
	if len(got) > most {
		t.Errorf("%s: %d rows are left", name, len(got))
	}
	have := map[string]int{}
	for _, r := range got {
		have[r]++
	}
	for _, r := range all {
		have[r]--
		if keep(strings.Split(r, "|")) && have[r] < 0 {
			t.Fatalf("%s: row %s is missing", name, r)
		}
	}
	for r, n := range have {
		if n > 0 {
			t.Fatalf("%s: row %s is not in the file", name, r)
		}
	}
}

// TestRuntimeFilters: what joins publish is used from then on.
func TestRuntimeFilters(t *testing.T) {
	tab, rows := mixedFile(t, 5000)
	cols, id := ids(5)
	const40 := func(x int64) *vec.Vector { return vec.NewConst(types.Of(types.Int64), types.KInt64, x, 1) }
	for _, c := range []struct {
		name   string
		filter *exec.KeyFilter
		keep   func(v []string) bool
		most   int
	}{
		{"unknown", nil, func([]string) bool { return true }, 5000},
		{"empty", &exec.KeyFilter{Empty: true}, func([]string) bool { return false }, 0},
		{"range", &exec.KeyFilter{Min: const40(10), Max: const40(40)}, func(v []string) bool { return len(v[0]) == 2 && v[0] <= "40" }, 31},
		{"keys", &exec.KeyFilter{Min: const40(10), Max: const40(4000), Contains: func(v *vec.Vector, sel, dst []uint32) []uint32 {
			for i, x := range vec.Values[int64](v) {
				if x%100 == 7 {
					dst = append(dst, uint32(i))
				}
			}
			return dst
		}}, func(v []string) bool { return strings.HasSuffix(v[0], "07") }, 50},
	} {
		p, err := tab.Scan(context.Background(), exec.ScanRequest{Columns: cols, IDs: id, Limit: -1, Partitions: 2, Filters: []exec.RuntimeFilter{{ID: 5, Col: 1}}})
		if err != nil {
			t.Fatal(err)
		}
		env := newEnv(100)
		if c.filter != nil {
			env.Publish(5, c.filter)
		}
		got, err := planRows(env, p)
		env.Close()
		if err != nil {
			t.Fatal(err)
		}
		checkSubset(t, c.name, got, rows, c.keep, c.most)
	}
}

// TestDictionariesAreOnlyAForm: columns of few texts come as dictionaries, and a column with more texts than the
// sample told is right as well.
func TestDictionariesAreOnlyAForm(t *testing.T) {
	var b strings.Builder
	b.WriteString("few,many,late\n")
	var want []string
	for i := range 60_000 {
		few, many, late := fmt.Sprintf("value number %d", i%7), fmt.Sprintf("m%d", i), "same old text"
		if i > 30_000 {
			late = fmt.Sprintf("a new text, number %d", i)
		}
		if i%11 == 0 {
			few, late = "", ""
		}
		if i%13 == 0 {
			few = `say ""` + few + `""`
		}
		row := fmt.Sprintf("%s|%s|%s", strings.ReplaceAll(few, `""`, `"`), many, late)
		row = strings.ReplaceAll("|"+row+"|", "||", "|NULL|")
		want = append(want, strings.Trim(row, "|"))
		quoted := few
		if strings.Contains(few, `"`) {
			quoted = `"` + few + `"`
		}
		if late != "" && i > 30_000 {
			late = `"` + late + `"`
		}
		fmt.Fprintf(&b, "%s,%s,%s\n", quoted, many, late)
	}
	tab, err := openTable([]fileT{writeFile(t, t.TempDir(), "x.csv", b.String())}, Options{SampleSize: 1000})
	if err != nil {
		t.Fatal(err)
	}
	tab.split = 50_000
	for _, batch := range []int{100, 8192} {
		got, err := scanAll(tab, 1, batch)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("row %d: %s, want %s", i, got[i], want[i])
			}
		}
	}
	encodings := map[vec.Encoding]int{}
	cols, id := ids(3)
	p, _ := tab.Scan(context.Background(), exec.ScanRequest{Columns: cols, IDs: id, Limit: -1, Partitions: 1})
	env := newEnv(1000)
	defer env.Close()
	err = env.PullAll(context.Background(), p, func(_ int, b *vec.Batch) error {
		encodings[b.Cols[0].Enc]++
		return nil
	})
	if err != nil || encodings[vec.Dict] != 60 || len(encodings) != 1 {
		t.Errorf("the column of few texts comes as %v, %v", encodings, err)
	}
}

func TestLimitReadsLittle(t *testing.T) {
	tab, rows := mixedFile(t, 20_000)
	cols, id := ids(5)
	p, err := tab.Scan(context.Background(), exec.ScanRequest{Columns: cols, IDs: id, Limit: 5, Partitions: 4})
	if err != nil {
		t.Fatal(err)
	}
	env := newEnv(8192)
	defer env.Close()
	env.Profile = exec.NewProfile()
	got, err := planRows(env, p)
	if err != nil || strings.Join(got, "\n") != strings.Join(rows[:5], "\n") {
		t.Errorf("got %q, %v", got, err)
	}
	if n := env.Profile.Of(p).BytesRead(); n == 0 || n > 20_000 {
		t.Errorf("%d bytes were read", n)
	}
}

func TestStatistics(t *testing.T) {
	tab, rows := mixedFile(t, 20_000)
	s := tab.Stats()
	near := func(what string, got, want, factor float64) {
		if got < want/factor || got > want*factor {
			t.Errorf("%s: %v, want about %v", what, got, want)
		}
	}
	near("rows", s.Rows, float64(len(rows)), 1.1)
	near("distinct ids", s.Columns[0].Distinct, 20_000, 1.3)
	near("distinct kinds", s.Columns[1].Distinct, 9, 1.01)
	near("distinct names", s.Columns[2].Distinct, 17_000, 1.5)
	near("share of NULLs", s.Columns[2].NullFrac, 0.1, 1.5)
	if lo := vec.At[int64](s.Columns[0].Min, 0); lo != 0 {
		t.Errorf("least id %d", lo)
	}
}
