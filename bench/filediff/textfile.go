package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// cell is a value as CSV and JSON have it; quoted says that it is a string in JSON.
type cell struct {
	text   string
	quoted bool
	null   bool
}

// textColumn is a column of a text file.
type textColumn struct {
	name string
	make func(r *rand.Rand, row int) cell
	text bool // all values are strings, of which none looks like something else
}

func plainCell(format string, args ...any) cell { return cell{text: fmt.Sprintf(format, args...)} }
func textCell(format string, args ...any) cell {
	return cell{text: fmt.Sprintf(format, args...), quoted: true}
}

// textKinds make the values of columns. They are such as both engines take for the same type.
var textKinds = []struct {
	name string
	text bool
	make func(r *rand.Rand, row int) cell
}{
	{"id", false, func(_ *rand.Rand, row int) cell { return plainCell("%d", row) }},
	{"small", false, func(r *rand.Rand, _ int) cell { return plainCell("%d", r.IntN(200)-100) }},
	{"big", false, func(r *rand.Rand, _ int) cell { return plainCell("%d", r.Int64()-r.Int64()) }},
	{"float", false, func(r *rand.Rand, _ int) cell { return plainCell("%v", r.NormFloat64()*1000) }},
	{"exponent", false, func(r *rand.Rand, _ int) cell { return plainCell("%.3e", r.NormFloat64()*1e10) }},
	{"money", false, func(r *rand.Rand, _ int) cell { return plainCell("%d.%02d", r.IntN(10000), r.IntN(100)) }},
	{"mixed", false, func(r *rand.Rand, _ int) cell {
		if r.IntN(2) == 0 {
			return plainCell("%d", r.IntN(1000))
		}
		return plainCell("%d.5", r.IntN(1000))
	}},
	{"flag", false, func(r *rand.Rand, _ int) cell { return plainCell("%t", r.IntN(2) == 0) }},
	{"day", false, func(r *rand.Rand, _ int) cell {
		return textCell("%04d-%02d-%02d", 1950+r.IntN(100), 1+r.IntN(12), 1+r.IntN(28))
	}},
	{"at", false, func(r *rand.Rand, _ int) cell {
		return textCell("%04d-%02d-%02d %02d:%02d:%02d", 1950+r.IntN(100), 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60))
	}},
	{"precise", false, func(r *rand.Rand, _ int) cell {
		return textCell("2024-%02d-%02dT%02d:%02d:%02d.%06d", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1e6))
	}},
	{"clock", false, func(r *rand.Rand, _ int) cell { return textCell("%02d:%02d:%02d", r.IntN(24), r.IntN(60), r.IntN(60)) }},
	{"uuid", false, func(r *rand.Rand, _ int) cell {
		return textCell("%08x-%04x-4%03x-8%03x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Int64N(1<<48))
	}},
	{"word", true, func(r *rand.Rand, _ int) cell { return textCell("w%d", r.IntN(5000)) }},
	{"city", true, func(r *rand.Rand, _ int) cell {
		return textCell("%s", []string{"Bonn", "Köln", "São Paulo", "東京", "Zürich"}[r.IntN(5)])
	}},
	{"odd", true, func(r *rand.Rand, _ int) cell {
		return textCell("x%s", []string{"", ",", ";", "\t", "|", `"`, `""`, "\n", " y ", "'", `\`, "a\r\nb", "#"}[r.IntN(13)])
	}},
	{"long", true, func(r *rand.Rand, row int) cell { return textCell("%s", strings.Repeat("long ", 1+r.IntN(60))) }},
}

// textTable is a random table of text.
type textTable struct {
	cols []textColumn
	rows [][]cell
}

func newTextTable(r *rand.Rand, rows int) textTable {
	var t textTable
	for _, k := range r.Perm(len(textKinds))[:2+r.IntN(8)] {
		kind, nulls := textKinds[k], []int{0, 0, 3, 50}[r.IntN(4)]
		t.cols = append(t.cols, textColumn{kind.name, func(r *rand.Rand, row int) cell {
			if nulls > 0 && r.IntN(nulls) == 0 && row > 0 {
				return cell{null: true}
			}
			return kind.make(r, row)
		}, kind.text})
	}
	for row := range rows {
		line := make([]cell, len(t.cols))
		for i, c := range t.cols {
			line[i] = c.make(r, row)
		}
		t.rows = append(t.rows, line)
	}
	return t
}

// allText reports whether a header cannot be told from the rows.
func (t textTable) allText() bool {
	for _, c := range t.cols {
		if !c.text {
			return false
		}
	}
	return true
}

// dialect is how a CSV file is written.
type dialect struct {
	delim, newline, null string
	header, quoteAll     bool
	mark                 bool // a byte order mark
	noEnd                bool // the last line has no newline
}

func newDialect(r *rand.Rand) dialect {
	return dialect{
		delim:    []string{",", ";", "\t", "|"}[r.IntN(4)],
		newline:  []string{"\n", "\n", "\r\n"}[r.IntN(3)],
		null:     []string{"", "", "NA", `\N`}[r.IntN(4)],
		header:   r.IntN(4) > 0,
		quoteAll: r.IntN(4) == 0,
		mark:     r.IntN(8) == 0,
		noEnd:    r.IntN(4) == 0,
	}
}

func (t textTable) csv(d dialect) []byte {
	var b bytes.Buffer
	if d.mark {
		b.WriteString("\ufeff")
	}
	put := func(i int, s string, quote bool) {
		if i > 0 {
			b.WriteString(d.delim)
		}
		if quote || strings.ContainsAny(s, "\"\r\n"+d.delim) {
			s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		}
		b.WriteString(s)
	}
	if d.header {
		for i, c := range t.cols {
			put(i, c.name, d.quoteAll)
		}
		b.WriteString(d.newline)
	}
	for k, row := range t.rows {
		for i, c := range row {
			if c.null {
				put(i, d.null, false)
			} else {
				put(i, c.text, d.quoteAll)
			}
		}
		if k+1 < len(t.rows) || !d.noEnd {
			b.WriteString(d.newline)
		}
	}
	return b.Bytes()
}

// json writes objects, one a line or in one array. Members that are NULL are null or left out, and some are nested.
func (t textTable) json(r *rand.Rand, array bool) []byte {
	var b bytes.Buffer
	sep, nested := "\n", r.IntN(2) == 0
	if array {
		b.WriteByte('[')
		sep = ",\n"
	}
	for k, row := range t.rows {
		if k > 0 {
			b.WriteString(sep)
		}
		b.WriteByte('{')
		first := true
		member := func(name, value string) {
			if !first {
				b.WriteString(", ")
			}
			first = false
			fmt.Fprintf(&b, "%q: %s", name, value)
		}
		for i, c := range row {
			switch {
			case c.null && k%2 == 0 && k > 0:
			case c.null:
				member(t.cols[i].name, "null")
			case c.quoted:
				member(t.cols[i].name, string(appendPlain(nil, c.text)))
			default:
				member(t.cols[i].name, c.text)
			}
		}
		if nested {
			member("tags", fmt.Sprintf("[%s]", strings.Repeat(`"t", `, r.IntN(3))+`"u"`))
			member("deep", fmt.Sprintf(`{"a": %d, "b": [{"c": %d.5}, {"c": null}]}`, r.IntN(10), r.IntN(10)))
		}
		b.WriteByte('}')
	}
	if array {
		b.WriteByte(']')
	}
	return append(b.Bytes(), '\n')
}

// save writes a file, compressed as its name says.
func save(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	var b bytes.Buffer
	switch filepath.Ext(path) {
	case ".gz":
		w := gzip.NewWriter(&b)
		w.Write(data)
		w.Close()
		data = b.Bytes()
	case ".zst":
		w, err := zstd.NewWriter(&b)
		if err != nil {
			return err
		}
		w.Write(data)
		w.Close()
		data = b.Bytes()
	}
	return os.WriteFile(path, data, 0o600)
}
