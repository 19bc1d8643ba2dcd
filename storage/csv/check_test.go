package csv

import (
	"context"
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

// lenientModel reads data row by row and leaves out what cannot be read. It returns the rows, and the lines of those
// left out with the column that is to blame.
func lenientModel(data string, d Dialect, fields int) (rows, rejects []string) {
	buf := []byte(data)
	if len(buf) > 0 && buf[len(buf)-1] != d.Newline {
		buf = append(buf, d.Newline)
	}
	line := func(at int) int { return 1 + strings.Count(data[:at], "\n") }
	for at := 0; at < len(buf); {
		var pos []uint32
		next, inside, bad := d.row(buf, at, &pos)
		switch {
		case bad >= 0:
			rejects = append(rejects, fmt.Sprint(line(at), " "))
			at = d.lineEnd(buf, bad)
			continue
		case inside:
			return rows, append(rejects, fmt.Sprint(line(at), " "))
		}
		text := strings.TrimSuffix(string(buf[at:next-1]), "\r")
		values := d.rowValues(buf, at, pos)
		if len(values) == fields+1 && values[fields] == "" {
			values = values[:fields]
		}
		switch _, err := strconv.ParseInt(values[0], 10, 64); {
		case text == "" && len(values) == 1:
		case len(values) != fields:
			rejects = append(rejects, fmt.Sprint(line(at), " "))
		case values[0] != "" && err != nil:
			rejects = append(rejects, fmt.Sprint(line(at), " n"))
		default:
			start := at
			for i, v := range values {
				if v == "" && (i == 0 || buf[start] != d.Quote) {
					values[i] = "NULL"
				}
				start = int(pos[i]) + 1
			}
			rows = append(rows, strings.Join(values, "|"))
		}
		at = next
	}
	return rows, rejects
}

// TestIgnoringErrors reads random text in which much is wrong, cut into splits of every size: rows and rejects are those
// of a serial reader, whatever columns are wanted.
func TestIgnoringErrors(t *testing.T) {
	pieces := []string{"1", "23", ",", ",", ",", "\n", "\n", "x", "\"q\"", "\"a\nb\"", "\"\"", "\"", "\r\n", "1,2,3\n", "4,\"\",5\n", "é"}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		var b strings.Builder
		for range r.IntN(80) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		data := b.String()
		want, wantRejects := lenientModel(data, plainDialect, 3)
		dir := t.TempDir()
		for _, f := range []file.File{writeFile(t, dir, "x.csv", data), writeFile(t, dir, "x.csv.gz", gzipped(data))} {
			for _, split := range []int64{1, 3, 8, 30, 1 << 20} {
				tab := lenientTable(f, split)
				got, rejects := scanRejecting(t, tab, 1+int(split)%3, []int{0, 1, 2})
				where := fmt.Sprintf("seed %d split %d %q", seed, split, data)
				if !sameRows(got, want) {
					t.Fatalf("%s:\n got %q\nwant %q", where, got, want)
				}
				if !slices.Equal(rejects, wantRejects) {
					t.Fatalf("%s:\n got rejects %q\nwant %q", where, rejects, wantRejects)
				}
				if got, _ := scanRejecting(t, tab, 2, []int{1}); len(got) != len(want) {
					t.Fatalf("%s: %d rows of one column, want %d", where, len(got), len(want))
				}
			}
		}
	}
}

// lenientTable is a table of a number and two texts.
func lenientTable(f file.File, split int64) *table {
	t := textTable([]file.File{f}, plainDialect, 3, split, int(split%5))
	t.shape.pad, t.shape.ignore = false, true
	t.shape.Schema[0] = exec.Field{Name: "n", Type: types.Of(types.Int64)}
	t.shape.Schema[1].Name, t.shape.Schema[2].Name = "a", "b"
	return t
}

func scanRejecting(t *testing.T, tab exec.Table, parts int, columns []int) (rows, rejects []string) {
	t.Helper()
	_, id := ids(len(columns))
	plan, err := tab.Scan(context.Background(), exec.ScanRequest{Columns: columns, IDs: id, Limit: -1, Partitions: parts})
	if err != nil {
		t.Fatal(err)
	}
	env := newEnv(5)
	if rows, err = planRows(env, plan); err != nil {
		t.Fatal(err)
	}
	if err := env.Close(); err != nil {
		t.Fatal(err)
	}
	list, total := env.Rejects.All()
	if int(total) != len(list) {
		t.Fatalf("%d rejects kept of %d", len(list), total)
	}
	for _, r := range list {
		rejects = append(rejects, fmt.Sprint(r.Line, " ", r.Column))
	}
	return rows, rejects
}
