package gsql_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/ipc"
)

// Files of Arrow have all types, for Arrow's own reader.
func TestCopyToArrow(t *testing.T) {
	for _, opts := range []string{"", "(COMPRESSION zstd)", "(COMPRESSION lz4, ROW_GROUP_SIZE 1000)"} {
		db, dir := openWriting(t)
		answer(t, db, everyType)
		if got := answer(t, db, "COPY (SELECT * FROM t ORDER BY id) TO 'x.arrow' "+opts); got != "COPY 5001" {
			t.Error(got)
		}
		f, err := os.Open(filepath.Join(dir, "x.arrow"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r, err := ipc.NewFileReader(f)
		if err != nil {
			t.Fatal(err)
		}
		row := 0
		for n := range r.NumRecords() {
			rec, err := r.Record(n)
			if err != nil {
				t.Fatal(err)
			}
			for i := range int(rec.NumRows()) {
				id := row + i
				col := func(name string) string { return rec.Column(rec.Schema().FieldIndices(name)[0]).ValueStr(i) }
				text := "(null)"
				if id%11 > 0 {
					text = fmt.Sprintf("ü %d", id)
				}
				arr := "(null)"
				switch {
				case id%4 > 0:
					arr = ""
				case id%8 == 0:
					arr = "[]"
				}
				if got := col("text"); col("id") != itoa(id) || got[:min(len(got), len(text))] != text || arr != "" && col("arr") != arr || col("b") != fmt.Sprint(id%2 == 0) {
					t.Fatalf("%s: row %d is %v", opts, id, rec.NewSlice(int64(i), int64(i+1)))
				}
			}
			row += int(rec.NumRows())
		}
		if row != 5001 {
			t.Errorf("%s: %d rows", opts, row)
		}
	}
}
