package csv

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

// model reads text in the plainest way. It returns rows of the given number of fields, nil standing for NULL.
func model(data string, d Dialect, fields int) ([]string, error) {
	bad := errors.New("not readable")
	data = strings.TrimPrefix(data, "\xef\xbb\xbf")
	var rows []string
	for i := 0; i < len(data); {
		var row []string
		lineStart := i
		for {
			v, isNull := "", true
			if i < len(data) && data[i] == d.Quote && d.Quote != 0 {
				isNull = false
				closed := false
				for i++; i < len(data); i++ {
					if data[i] == d.Escape && d.Escape != d.Quote && i+1 < len(data) {
						if data[i+1] != d.Quote && data[i+1] != d.Escape {
							v += data[i : i+1]
						}
						v += data[i+1 : i+2]
						i++
						continue
					}
					if data[i] == d.Quote {
						if d.Escape == d.Quote && i+1 < len(data) && data[i+1] == d.Quote {
							v += data[i : i+1]
							i++
							continue
						}
						closed = true
						i++
						break
					}
					v += data[i : i+1]
				}
				if !closed {
					return nil, bad
				}
				if i+1 < len(data) && data[i] == '\r' && data[i+1] == '\n' || i+1 == len(data) && data[i] == '\r' {
					i++
				}
				if i < len(data) && data[i] != d.Delim && data[i] != '\n' {
					return nil, bad
				}
			} else {
				from := i
				for i < len(data) && data[i] != d.Delim && data[i] != '\n' {
					i++
				}
				v = data[from:i]
				if i == len(data) || data[i] == '\n' {
					v = strings.TrimSuffix(v, "\r")
				}
				isNull = v == ""
			}
			if isNull {
				v = "NULL"
			}
			row = append(row, v)
			if i == len(data) || data[i] == '\n' {
				break
			}
			i++
		}
		empty := strings.TrimSuffix(data[lineStart:i], "\r") == ""
		i++
		if empty && fields > 1 {
			continue
		}
		if len(row) == fields+1 && row[fields] == "NULL" {
			row = row[:fields]
		}
		if len(row) > fields {
			return nil, bad
		}
		for len(row) < fields {
			row = append(row, "NULL")
		}
		rows = append(rows, strings.Join(row, "|"))
	}
	return rows, nil
}

// textTable is a table of text columns over files, with splits and tails of given sizes.
func textTable(files []file.File, d Dialect, fields int, split int64, tail int) *table {
	sh := &Shape{layout: layout{Dialect: d, fields: fields, pad: true}, inferred: make([]bool, fields)}
	sh.nulls.empty = true
	for i := range fields {
		sh.Schema = append(sh.Schema, columnField(i))
	}
	t := NewTable("t", files, sh, nil).(*table)
	t.split, t.tail = split, tail
	return t
}

func sameRows(a, b []string) bool {
	a, b = append([]string(nil), a...), append([]string(nil), b...)
	sort.Strings(a)
	sort.Strings(b)
	return strings.Join(a, "\n\n") == strings.Join(b, "\n\n")
}

var plainDialect = Dialect{Delim: ',', Quote: '"', Escape: '"', Newline: '\n'}

// checkSplits scans data in several ways and compares with the model.
func checkSplits(t *testing.T, data string, d Dialect, fields int, splits []int64) {
	t.Helper()
	dir := t.TempDir()
	plain, packed := writeFile(t, dir, "x.csv", data), writeFile(t, dir, "x.csv.gz", gzipped(data))
	disguised := writeFile(t, dir, "gz.csv", gzipped(data)) // whose name does not tell
	want, wantErr := model(data, d, fields)
	for _, simd := range []bool{false, true} {
		if simd && !hasSIMD {
			continue
		}
		useSIMD = simd
		for _, split := range splits {
			for _, run := range []struct {
				f     file.File
				parts int
				scan  func(exec.Table, int, int) ([]string, error)
			}{{plain, 1, scanAll}, {plain, 3, scanAll}, {plain, 3, scanApart}, {packed, 1, scanAll}, {packed, 3, scanAll}, {packed, 3, scanApart}, {disguised, 3, scanAll}, {disguised, 3, scanApart}} {
				parts, f := run.parts, run.f
				if f != plain && (split*3+int64(len(data)))%4 != 0 {
					continue // one in four is enough
				}
				got, err := run.scan(textTable([]file.File{f}, d, fields, split, int(split%5)), parts, 1+int(split)%9)
				where := fmt.Sprintf("%s simd=%v split=%d parts=%d data %q", filepath.Base(f.Path), simd, split, parts, data)
				if (err != nil) != (wantErr != nil) {
					t.Fatalf("%s: error %v, want %v", where, err, wantErr)
				}
				if err != nil {
					if c := sqlstate.Of(err); c != sqlstate.BadCopyFormat {
						t.Fatalf("%s: error %s %v", where, c, err)
					}
					continue
				}
				if parts == 1 && strings.Join(got, "\n\n") != strings.Join(want, "\n\n") || !sameRows(got, want) {
					t.Fatalf("%s:\n got %q\nwant %q", where, got, want)
				}
			}
		}
	}
	useSIMD = hasSIMD
}

var hasSIMD = useSIMD

func gzipped(data string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, data)
	w.Close()
	return b.String()
}

// TestAnySplitGivesTheSameRows reads random text of the bytes that matter, cut into splits of every size.
func TestAnySplitGivesTheSameRows(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	pieces := [][]string{
		{"a", "b", ",", ",", "\n", "\n", "\"", "\r\n", "\"\"", "long text here,", "é"},                     // often broken
		{"a", "bc", ",", ",", "\n", "\"x\"", "\"a\nb\"", "\"\"", "\"q\"\"q\"", "\"\n\n,\"", "\r\n", "5\""}, // mostly good
		{"a", "b,", "\n", "c\n", ",", "dd"}, // without quotes
	}
	for n := range 400 {
		set := pieces[n%len(pieces)]
		var b strings.Builder
		for range r.IntN(40 + 200*(n%7/6)) {
			b.WriteString(set[r.IntN(len(set))])
		}
		checkSplits(t, b.String(), plainDialect, 3, []int64{1, 2, 3, 5, 8, 13, 64, 1 << 20})
	}
}

// goodField returns the text of a random value, quoted where it must be and sometimes where not.
func goodField(r *rand.Rand) (value, written string) {
	alphabet := []string{"a", "xyz", ",", "\n", "\"", " ", "é", "0", "\r\n", "some words"}
	var b strings.Builder
	for range r.IntN(5) {
		b.WriteString(alphabet[r.IntN(len(alphabet)-4*r.IntN(2))])
	}
	v := b.String()
	if v == "" || strings.ContainsAny(v, ",\n\"\r") || r.IntN(3) == 0 {
		return v, `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
	}
	return v, v
}

// TestAgreesWithTheSerialReader compares with encoding/csv on well-formed files of some size.
func TestAgreesWithTheSerialReader(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for n := range 12 {
		var b strings.Builder
		for range 60 * (n + 1) {
			for c := range 4 {
				if c > 0 {
					b.WriteByte(',')
				}
				_, w := goodField(r)
				b.WriteString(w)
			}
			b.WriteString([]string{"\n", "\r\n"}[n%2])
		}
		data := b.String()
		if n%3 == 0 {
			data = strings.TrimRight(data, "\r\n")
		}
		rd := csv.NewReader(strings.NewReader(data))
		var want []string
		for {
			row, err := rd.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, strings.Join(row, "|"))
		}
		f := writeFile(t, t.TempDir(), "x.csv", data)
		for _, split := range []int64{1, 7, 50, 64, 333, 4096, 1 << 20} {
			for _, simd := range []bool{false, hasSIMD} {
				useSIMD = simd
				got, err := scanAll(textTable([]file.File{f}, plainDialect, 4, split, 3), 1+n%3, 37)
				if err != nil {
					t.Fatal(err)
				}
				for i := range got { // encoding/csv makes \r\n within quotes \n
					got[i] = strings.ReplaceAll(got[i], "\r\n", "\n")
				}
				if !sameRows(got, want) {
					t.Fatalf("case %d split %d simd %v: %d rows, want %d", n, split, simd, len(got), len(want))
				}
			}
		}
	}
	useSIMD = hasSIMD
}

func FuzzSplits(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\nb\",c\n\"\"\"\",\"\n\"", "x\"y,\"z\"\r\n,,,\n\n", "\"open"} {
		f.Add(s, int64(3), false)
	}
	f.Fuzz(func(t *testing.T, data string, split int64, backslash bool) {
		if len(data) > 1<<12 || split < 1 || strings.HasPrefix(data, "\xff\xfe") || strings.HasPrefix(data, "\xfe\xff") || !validText(data) {
			t.Skip()
		}
		d := plainDialect
		if backslash {
			d.Escape = '\\'
		}
		checkSplits(t, data, d, 3, []int64{split%300 + 1, 1 << 20})
	})
}

// TestAssemblyAgreesWithGo compares the two ways to find structural bytes.
func TestAssemblyAgreesWithGo(t *testing.T) {
	if !hasSIMD {
		t.Skip("no AVX2")
	}
	newer := useAVX512
	defer func() { useSIMD, useAVX512 = hasSIMD, newer }()
	r := rand.New(rand.NewPCG(1, 1))
	d := plainDialect
	for n := range 300 {
		buf := make([]byte, r.IntN(2000))
		for i := range buf {
			buf[i] = []byte("ab,\n\"\r,\xc3")[r.IntN(2+n%7)]
		}
		from := r.IntN(len(buf) + 1)
		run := func(simd bool) (plainResult, [][4]uint64, bool, []uint32) {
			useSIMD = simd
			p := d.scanPlain(buf, from, len(buf), nil)
			m, high := d.masks(buf, from, len(buf), nil)
			var bits []uint64
			for _, w := range m {
				bits = append(bits, w[0]|w[1]|w[2])
			}
			return p, m, high, flatten(bits, from, nil)
		}
		useAVX512 = newer && n%2 == 0
		p1, m1, h1, f1 := run(true)
		p2, m2, h2, f2 := run(false)
		if fmt.Sprint(p1, m1, h1, f1) != fmt.Sprint(p2, m2, h2, f2) {
			t.Fatalf("%q from %d:\n%v\n%v", buf, from, fmt.Sprint(p1, m1, h1, f1), fmt.Sprint(p2, m2, h2, f2))
		}
		if want := bytes.Count(buf[from:p1.stop], []byte(",")) + bytes.Count(buf[from:p1.stop], []byte("\n")); len(p1.pos) != want {
			t.Fatalf("%d positions, want %d", len(p1.pos), want)
		}
	}
}
