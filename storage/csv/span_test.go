package csv

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

// fewTable is textTable with columns of few values, as the statistics say.
func fewTable(f file.File, fields int, split int64) *table {
	t := textTable([]file.File{f}, plainDialect, fields, split, 5)
	t.shape.rowBytes = 1
	for range fields {
		t.shape.stats = append(t.shape.stats, exec.ColumnStats{Distinct: 1})
	}
	return t
}

// spanField returns a value as a file has it: one of few, plain, quoted, empty, or now and then long.
func spanField(r *rand.Rand, few int) string {
	k := r.IntN(few)
	switch r.IntN(40) {
	case 0:
		return ""
	case 1:
		return `""`
	case 2:
		return fmt.Sprintf(`"say ""%d"", or, so"`, k)
	case 3:
		return fmt.Sprintf(`"value %d"`, k)
	case 4:
		return fmt.Sprintf("v\r%d\r", k)
	case 5:
		return fmt.Sprintf("a value of %d bytes%s", k, strings.Repeat(".", k%5*30))
	case 6:
		return fmt.Sprintf("válue %d", k)
	}
	return fmt.Sprintf("value %d", k)
}

func spanData(r *rand.Rand, rows, fields, few int, quotes bool) string {
	var b strings.Builder
	for range rows {
		for c := range fields {
			v := spanField(r, few)
			for !quotes && strings.Contains(v, `"`) {
				v = spanField(r, few)
			}
			if c > 0 {
				b.WriteByte(',')
			}
			b.WriteString(v)
			if c > 0 && r.IntN(50) == 0 { // the other fields are not there
				break
			}
		}
		b.WriteString([]string{"\n", "\r\n"}[r.IntN(20)/19])
	}
	return b.String()
}

// TestSpansAreOnlyAWay: neighbouring columns with dictionaries yield what the plain model reads, however the
// values are written and however many they are.
func TestSpansAreOnlyAWay(t *testing.T) {
	defer func() { useSIMD = hasSIMD }()
	r := rand.New(rand.NewPCG(11, 5))
	for n, c := range []struct{ rows, fields, few int }{
		{500, 1, 3}, {500, 2, 2}, {2000, 3, 3}, {2000, 6, 2}, {3000, 9, 5},
		{20_000, 2, 100},  // more combinations than a span has
		{20_000, 2, 9000}, // more values than a dictionary has
	} {
		for _, quotes := range []bool{false, true} {
			data := spanData(r, c.rows, c.fields, c.few, quotes)
			want, err := model(data, plainDialect, c.fields)
			if err != nil {
				t.Fatal(err)
			}
			f := writeFile(t, t.TempDir(), "x.csv", data)
			for _, simd := range []bool{false, hasSIMD} {
				useSIMD = simd
				for _, split := range []int64{777, 1 << 16} {
					got, err := scanAll(fewTable(f, c.fields, split), 1, []int{3, 1000, 8192}[n%3])
					if err != nil {
						t.Fatal(err)
					}
					if !slices.Equal(got, want) {
						t.Fatalf("case %d quotes=%v simd=%v split=%d: other rows", n, quotes, simd, split)
					}
				}
			}
		}
	}
}

// TestSpansOfSelectedRows: a filter's selection picks the rows of a span, and columns that are not neighbours are none.
func TestSpansOfSelectedRows(t *testing.T) {
	data := spanData(rand.New(rand.NewPCG(3, 9)), 6000, 5, 4, true)
	rows, err := model(data, plainDialect, 5)
	if err != nil {
		t.Fatal(err)
	}
	tab := fewTable(writeFile(t, t.TempDir(), "x.csv", data), 5, 10_000)
	for i, want := range rows {
		v := strings.Split(want, "|")
		rows[i] = strings.Join([]string{v[0], v[1], v[3], v[4]}, "|")
	}
	keep := func(v []string) bool { return v[1] == "value 2" }
	for _, batch := range []int{1, 100, 8192} {
		_, id := ids(4)
		req := exec.ScanRequest{Columns: []int{0, 1, 3, 4}, IDs: id, Prune: compare(columnOf(tab, 1), "=", "value 2"), Limit: -1, Partitions: 2}
		got, err := scanRows(tab, req, batch)
		if err != nil {
			t.Fatal(err)
		}
		checkSubset(t, fmt.Sprint("batch ", batch), got, rows, keep, 2500)
	}
}

// TestSpanErrors: a value that is no text is found behind rows that a span knows.
func TestSpanErrors(t *testing.T) {
	data := strings.Repeat("x,y,z\nu,v,w\n", 5000) + "x,y,z\nu,v\xff,w\nx,y,z\n"
	tab := fewTable(writeFile(t, t.TempDir(), "x.csv", data), 3, 1<<20)
	_, err := scanAll(tab, 1, 8192)
	var e *sqlstate.Error
	if !errors.As(err, &e) || !strings.Contains(e.Detail, "line 10002") {
		t.Fatalf("error %+v", err)
	}
}
