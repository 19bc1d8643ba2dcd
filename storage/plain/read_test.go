package plain

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/storage/file"
	"gsql/storage/option"
)

func writeFile(tb testing.TB, name string, data []byte) file.File {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	f, err := file.Stat(path)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func tableOf(opt Options, files ...file.File) exec.Table {
	opt.Name = filepath.Base
	return NewTable("t", files, &opt, nil)
}

// shrink makes splits and windows small.
func shrink(t testing.TB, split int64, window int) {
	s, w := splitBytes, windowBytes
	splitBytes, windowBytes = split, window
	t.Cleanup(func() { splitBytes, windowBytes = s, w })
}

// model reads lines in the simplest way.
func model(data string, skip int) (want []string, ok bool) {
	if strings.IndexByte(data, 0) >= 0 || strings.ToValidUTF8(data, "") != data {
		return nil, false
	}
	data = strings.TrimPrefix(data, "\ufeff")
	if data == "" {
		return nil, true
	}
	for i, l := range strings.Split(strings.TrimSuffix(data, "\n"), "\n") {
		if i == strings.Count(data, "\n") {
			// the last line, which has no end
		} else {
			l = strings.TrimSuffix(l, "\r")
		}
		if i >= skip {
			want = append(want, fmt.Sprintf("%d|%s", i+1, l))
		}
	}
	return want, true
}

func randomText(r *rand.Rand, n int) string {
	var b strings.Builder
	pieces := []string{"a", "word ", "\n", "\r\n", "äöü", "long text without an end, more than twelve bytes", "\r", "\n\n", "日本"}
	for b.Len() < n {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

func gzipped(t testing.TB, s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Lines are the same however splits and windows divide the file.
func TestLines(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 40 {
		shrink(t, int64(1+r.IntN(200)), 1+r.IntN(100))
		s := randomText(r, r.IntN(2000))
		if round%3 == 0 {
			s = "\ufeff" + s
		}
		skip := max(0, r.IntN(8)-4)
		want, _ := model(s, skip)
		exectest.CheckScan(t, tableOf(Options{Kind: Lines, Skip: skip}, writeFile(t, "x", []byte(s))), want)
		exectest.CheckScan(t, tableOf(Options{Kind: Lines, Skip: skip}, writeFile(t, "x.gz", gzipped(t, s))), want)
	}
}

func TestLinesThatAreNoText(t *testing.T) {
	shrink(t, 10, 7)
	s := strings.Repeat("line\n", 20) + "\xff\n" + strings.Repeat("line\n", 20)
	for _, f := range []file.File{writeFile(t, "x", []byte(s)), writeFile(t, "x.gz", gzipped(t, s))} {
		_, err := exectest.ScanRows(tableOf(Options{Kind: Lines}, f), 1, 100, -1)
		if sqlstate.Of(err) != sqlstate.InvalidEncoding || !strings.Contains(err.(*sqlstate.Error).Detail, "line 21.") {
			t.Errorf("got %v", err)
		}
		rows, err := exectest.ScanRows(tableOf(Options{Kind: Lines, Encoding: "latin-1"}, f), 1, 100, -1)
		if err != nil || len(rows) != 41 || rows[20] != "21|ÿ" {
			t.Errorf("got %v %q", err, rows)
		}
	}
}

func TestFixed(t *testing.T) {
	text := func(names ...string) (out []option.Column) {
		for _, n := range names {
			out = append(out, option.Column{Name: n, Type: types.Of(types.Text)})
		}
		return out
	}
	opt := Options{Kind: Fixed, Widths: []int{3, 4, 2}, Columns: text("a", "b", "c")}
	opt.Columns[2].Type = types.Of(types.Int32)
	f := writeFile(t, "x", []byte("äöü 日本 7\nabc\n   bb  12  \n\nabcdefg\t5"))
	for split := range int64(30) {
		shrink(t, split+1, 5)
		exectest.CheckScan(t, tableOf(opt, f), []string{"äöü|日本|7", "abc|NULL|NULL", "NULL|bb|12", "NULL|NULL|NULL", "abc|defg|5"})
	}
	for data, code := range map[string]sqlstate.Code{
		"abcdefg  x\n": sqlstate.BadCopyFormat,
		"abcdefgx":     sqlstate.BadTextValue,
		"ab\xe4":       sqlstate.InvalidEncoding,
	} {
		_, err := exectest.ScanRows(tableOf(opt, writeFile(t, "x", []byte("a\na\n"+data))), 1, 10, -1)
		if sqlstate.Of(err) != code || !strings.Contains(err.(*sqlstate.Error).Detail, "line 3") {
			t.Errorf("%q: got %v", data, err)
		}
	}
}

func TestWholeFiles(t *testing.T) {
	a, b := writeFile(t, "a", []byte("one\ntwo")), writeFile(t, "b.gz", gzipped(t, "text that is longer than twelve bytes"))
	at := func(f file.File) string { return f.ModTime.UTC().Format("2006-01-02 15:04:05.999999") + "+00" }
	exectest.CheckScan(t, tableOf(Options{Kind: Text}, a, b), []string{
		"a|" + "one\ntwo" + "|7|" + at(a),
		fmt.Sprintf("b.gz|text that is longer than twelve bytes|%d|%s", b.Size, at(b)),
	})
	exectest.CheckScan(t, tableOf(Options{Kind: Blob}, a, b), []string{
		"a|\\x" + fmt.Sprintf("%x", "one\ntwo") + "|7|" + at(a),
		fmt.Sprintf("b.gz|\\x%x|%d|%s", gzipped(t, "text that is longer than twelve bytes"), b.Size, at(b)),
	})
}

func FuzzLines(f *testing.F) {
	f.Add("a\r\nb\n\nc", uint8(3), uint8(2), uint8(0))
	f.Add("\ufeffa\nä\r", uint8(1), uint8(1), uint8(1))
	f.Fuzz(func(t *testing.T, data string, split, window, skip uint8) {
		shrink(t, int64(split)+1, int(window)+1)
		want, ok := model(data, int(skip))
		head := data[:min(len(data), 4)]
		if strings.HasPrefix(head, "\xff\xfe") || strings.HasPrefix(head, "\xfe\xff") || strings.HasPrefix(head, "BZh") || strings.HasPrefix(head, "\x1f\x8b") {
			return // other encodings, and files that are compressed
		}
		got, err := exectest.ScanRows(tableOf(Options{Kind: Lines, Skip: int(skip)}, writeFile(t, "x", []byte(data))), 1, 3, -1)
		if ok && (err != nil || strings.Join(got, "\n") != strings.Join(want, "\n")) {
			t.Fatalf("%v: got %q, want %q", err, got, want)
		}
	})
}

func FuzzFixed(f *testing.F) {
	f.Add([]byte("äöü 日本 7\nabc\n"), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, split uint8) {
		shrink(t, int64(split)+1, 10)
		opt := Options{Kind: Fixed, Widths: []int{1, 4, 2}, Columns: []option.Column{{Name: "a", Type: types.Of(types.Int64)}, {Name: "b", Type: types.Of(types.Text)}, {Name: "c", Type: types.Of(types.Date)}}}
		exectest.CheckAny(t, data, 64<<20, func(b []byte) (exec.Table, error) { return tableOf(opt, writeFile(t, "x", b)), nil })
	})
}
