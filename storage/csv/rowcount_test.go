package csv

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/types"
	"gsql/storage/file"
)

// numbered is a table with the numbers of its rows as a further column.
type numbered struct{ *table }

func (n numbered) Schema() exec.Schema {
	return append(n.table.Schema()[:len(n.shape.Schema):len(n.shape.Schema)], n.extra.Columns[0].Field)
}

func numberRows(t *table) exec.Table {
	t.extra = &file.Extras{Columns: []*file.Extra{{Field: exec.Field{Name: "_row", Type: types.Of(types.Int64)}, First: 1}}}
	return numbered{t}
}

// Rows have the number that a serial reader counts, whatever the splits and whoever reads them.
func TestRowNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"a", "bc", ",", ",", "\n", "\n", "\"x\"", "\"a\nb\"", "\"\"", "\"q\"\"q\"", "\r\n", "5"}
	for n := range 150 {
		var b strings.Builder
		for range r.IntN(40 + 200*(n%7/6)) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		for _, quote := range []byte{'"', 0} {
			d := plainDialect
			if d.Quote, d.Escape = quote, quote; quote == 0 && strings.Contains(b.String(), "\"") {
				continue
			}
			checkNumbers(t, b.String(), d)
		}
	}
	checkNumbers(t, strings.Repeat("a,b,c\n", 50)+"d", Dialect{Delim: ',', Newline: '\n'})
}

func checkNumbers(t *testing.T, data string, d Dialect) {
	t.Helper()
	const fields = 3
	want, err := model(data, d, fields)
	if err != nil {
		return
	}
	for i := range want {
		want[i] += "|" + strconv.Itoa(i+1)
	}
	f := writeFile(t, t.TempDir(), "x.csv", data)
	for _, split := range []int64{1, 3, 8, 64, 1 << 20} {
		for i, scan := range []func(exec.Table, int, int) ([]string, error){scanAll, scanApart} {
			for _, parts := range []int{1, 2, 7} {
				got, err := scan(numberRows(textTable([]file.File{f}, d, fields, split, int(split%5))), parts, 1+int(split)%9)
				where := fmt.Sprintf("split=%d parts=%d apart=%d data %q", split, parts, i, data)
				if err != nil {
					t.Fatalf("%s: %v", where, err)
				}
				if !sameRows(got, want) {
					slices.Sort(got)
					t.Fatalf("%s:\n got %q\nwant %q", where, got, want)
				}
			}
		}
	}
}
