package json

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
	"gsql/storage/option"
)

func writeFile(tb testing.TB, name, data string) file.File {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		tb.Fatal(err)
	}
	f, err := file.Stat(path)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// scanApart is scanRows with each partition in an execution of its own, which knows nothing of the others.
func scanApart(t exec.Table, parts, batch int) (rows []string, err error) {
	p, err := t.Scan(context.Background(), request(t, parts, -1))
	if err != nil {
		return nil, err
	}
	err = exectest.PullApart(func() *exec.Env { return newEnv(batch) }, p, func(b *vec.Batch) error {
		rows = exectest.AppendRows(rows, b)
		return nil
	})
	return rows, err
}

func newEnv(batch int) *exec.Env {
	return exec.NewEnv(context.Background(), &fn.Ctx{Location: time.UTC}, mem.NewPool(0), batch)
}

// request asks for all columns of a table.
func request(t exec.Table, parts int, limit int64) exec.ScanRequest {
	req := exec.ScanRequest{Limit: limit, Partitions: parts}
	for i := range t.Schema() {
		req.Columns, req.IDs = append(req.Columns, i), append(req.IDs, expr.ColID(i+1))
	}
	return req
}

// scanRows returns the rows of a table as text, values divided by |, in the order of the files when parts is 1.
func scanRows(t exec.Table, parts, batch int, limit int64) ([]string, error) {
	p, err := t.Scan(context.Background(), request(t, parts, limit))
	if err != nil {
		return nil, err
	}
	env := newEnv(batch)
	defer env.Close()
	out := make([][]string, p.Partitioning().N)
	err = env.PullAll(context.Background(), p, func(part int, b *vec.Batch) error {
		if b.Rows == 0 || b.Rows > batch {
			return fmt.Errorf("a batch of %d rows", b.Rows)
		}
		out[part] = exectest.AppendRows(out[part], b)
		return nil
	})
	var all []string
	for _, o := range out {
		all = append(all, o...)
	}
	return all, err
}

func openTable(f file.File, opt Options) (*table, error) {
	shape, err := Infer(context.Background(), []file.File{f}, opt)
	if err != nil {
		return nil, err
	}
	return NewTable("t", []file.File{f}, shape, nil).(*table), nil
}

// model reads text with encoding/json: the wanted members of each object as they are written.
func model(data string, layout Layout, names []string) (rows []string, err error) {
	data = strings.TrimPrefix(data, string(bom))
	parts := []string{data}
	switch layout {
	case Lines:
		parts = strings.Split(data, "\n")
	case Array:
		var list []json.RawMessage
		if err := json.Unmarshal([]byte(data), &list); err != nil {
			return nil, err
		}
		if strings.TrimSpace(data) == "null" {
			return nil, errors.New("null")
		}
		parts = nil
		for _, v := range list {
			parts = append(parts, string(v))
		}
	}
	for _, part := range parts {
		d := json.NewDecoder(strings.NewReader(part))
		for n := 0; ; n++ {
			var v json.RawMessage
			if err := d.Decode(&v); err == io.EOF {
				break
			} else if err != nil {
				return nil, err
			}
			row, err := modelRow(v, names)
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func modelRow(v json.RawMessage, names []string) (string, error) {
	if v[0] != '{' {
		return "", errors.New("not an object")
	}
	d := json.NewDecoder(bytes.NewReader(v))
	d.Token()
	row := map[string]string{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return "", err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return "", err
		}
		n := name.(string)
		if old, ok := row[n]; ok && old != "" {
			for _, wanted := range names {
				if wanted == n {
					return "", errDuplicate
				}
			}
		}
		row[n] = string(value)
	}
	var out []string
	for _, n := range names {
		v, ok := row[n]
		if !ok || v == "null" {
			v = "NULL"
		}
		out = append(out, v)
	}
	return strings.Join(out, "|"), nil
}

var errDuplicate = errors.New("a duplicate")

var names = []string{"a", "b", "x\"y", "é", "nested"}

// generator writes random files.
type generator struct {
	*rand.Rand
	lines bool // no newlines within objects
}

func newGenerator(seed int64, layout Layout) generator {
	return generator{rand.New(rand.NewSource(seed)), layout == Lines}
}

func (g generator) space() string {
	if !g.lines && g.Intn(8) == 0 {
		return "\n"
	}
	return []string{"", "", "", " ", "  ", "\t", "\r"}[g.Intn(7)]
}

func (g generator) text() string {
	var b strings.Builder
	for range g.Intn(8) {
		b.WriteString([]string{"a", "é", `\"`, `\\`, `\n`, `\u00e9`, `\ud83d\ude00`, "{", "}", "[", ",", ":", "long text in here", "\\\\\\\""}[g.Intn(14)])
	}
	return `"` + b.String() + `"`
}

func (g generator) value(depth int) string {
	switch g.Intn(8) {
	case 0:
		return "null"
	case 1:
		return []string{"true", "false"}[g.Intn(2)]
	case 2, 3:
		return []string{"0", "-1", "1.5", "1e3", "12345678901234567890", "-0.0"}[g.Intn(6)]
	case 4:
		if depth < 3 {
			return g.object(depth+1, []string{"a", "z", g.text()}[g.Intn(3)])
		}
	case 5:
		var items []string
		for range g.Intn(4) {
			if depth < 3 {
				items = append(items, g.space()+g.value(depth+1)+g.space())
			}
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	return g.text()
}

func (g generator) object(depth int, names ...string) string {
	var b strings.Builder
	b.WriteString("{" + g.space())
	first := true
	for _, n := range names {
		if g.Intn(4) == 0 {
			continue
		}
		if !first {
			b.WriteString("," + g.space())
		}
		first = false
		if n[0] != '"' {
			n = `"` + n + `"`
		}
		b.WriteString(n + g.space() + ":" + g.space() + g.value(depth) + g.space())
	}
	return b.String() + "}"
}

func (g generator) file(layout Layout) string {
	var b strings.Builder
	if g.Intn(4) == 0 {
		b.WriteString(string(bom))
	}
	if layout == Array {
		b.WriteString(g.space() + "[" + g.space())
	}
	order := []string{"a", "b", `"x\"y"`, "é", "nested", "other", "skipped"}
	if g.Intn(3) == 0 {
		order[3] = `"\u00e9"`
	}
	rows := g.Intn(30)
	for i := range rows {
		if g.Intn(10) == 0 {
			g.Shuffle(len(order), func(i, k int) { order[i], order[k] = order[k], order[i] })
		}
		b.WriteString(g.object(0, order...) + g.space())
		switch {
		case layout == Array:
			if i < rows-1 {
				b.WriteString("," + g.space())
			}
		case i < rows-1 || g.Intn(2) == 0:
			b.WriteString([]string{"\n", "\r\n", "\n\n", " \n"}[g.Intn(4)])
		}
	}
	if layout == Array {
		b.WriteString("]" + g.space())
	}
	return b.String()
}

func jsonColumns(names []string) (cols []option.Column) {
	for _, n := range names {
		cols = append(cols, option.Column{Name: n, Type: types.Of(types.JSON)})
	}
	return cols
}

// TestSplits checks that any splits, windows and batches give the rows that encoding/json finds.
func TestSplits(t *testing.T) {
	defer func(was bool) { useSIMD = was }(useSIMD)
	simd := useSIMD
	for seed := range int64(600) {
		layout := Layout(seed % 3)
		g := newGenerator(seed, layout)
		data := g.file(layout)
		want, err := model(data, layout, names)
		if err != nil {
			t.Fatalf("seed %d: the generator is wrong: %v\n%s", seed, err, data)
		}
		f := writeFile(t, "x.json", data)
		if seed%5 == 0 {
			f = writeFile(t, "x.json.gz", gzipped(data))
		}
		useSIMD = simd && seed%2 == 0
		opts := Options{Columns: jsonColumns(names), Layout: &layout}
		if seed%4 == 0 && (layout != Lines || len(want) > 0) {
			opts.Layout = nil
		}
		tab, err := openTable(f, opts)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, data)
		}
		for range 6 {
			tab.split, tab.window = 1+g.Int63n(300), 8+g.Intn(200)
			parts := 1 + g.Intn(3)
			if got, err := scanApart(tab, parts, 10); err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Fatalf("seed %d, split %d, each of %d partitions apart: %v\n%s\n\n%s", seed, tab.split, parts, describe(err), data, strings.Join(got, "\n"))
			}
			got, err := scanRows(tab, parts, 1+g.Intn(10), -1)
			expect := append([]string(nil), want...)
			if parts > 1 {
				sort.Strings(got)
				sort.Strings(expect)
			}
			if err != nil || strings.Join(got, "\n") != strings.Join(expect, "\n") {
				t.Fatalf("seed %d, split %d, window %d: %v\n%s\n\n%s\n\n%s", seed, tab.split, tab.window, describe(err), data, strings.Join(got, "\n"), strings.Join(expect, "\n"))
			}
		}
	}
}

func gzipped(data string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, data)
	w.Close()
	return b.String()
}

func describe(err error) string {
	var e *sqlstate.Error
	if errors.As(err, &e) {
		return fmt.Sprint(e.Code, " ", e.Message, " / ", e.Detail, " / ", e.Hint)
	}
	return fmt.Sprint(err)
}

// FuzzScan checks that what encoding/json reads is read the same way, and that splits change neither rows nor
// errors.
func FuzzScan(f *testing.F) {
	for seed := range int64(9) {
		layout := Layout(seed % 3)
		f.Add(newGenerator(seed, layout).file(layout), byte(layout))
	}
	for _, c := range broken {
		f.Add(c.data, byte(0))
		f.Add(c.data, byte(1))
	}
	f.Fuzz(func(t *testing.T, data string, kind byte) {
		if len(data) > 4000 {
			return
		}
		layout := Layout(kind % 3)
		file := writeFile(t, "x.json", data)
		tab, err := openTable(file, Options{Columns: jsonColumns(names), Layout: &layout, SampleSize: 1})
		if err != nil {
			return // the sample is broken
		}
		want, wrong := model(data, layout, names)
		got, err := scanRows(tab, 1, 7, -1)
		special := !json.Valid([]byte(`"`+strings.NewReplacer("\n", "", "\"", "", "\\", "").Replace(data)+`"`)) || wrong == errDuplicate ||
			strings.ToValidUTF8(data, "") != data || strings.Contains(data, `\u`)
		if wrong == nil && !special && (err != nil || strings.Join(got, "\n") != strings.Join(want, "\n")) {
			t.Fatalf("%s: got %q, want %q", describe(err), got, want)
		}
		message := describe(err)
		for _, size := range []int{1, 5, 64, 100} {
			tab.split, tab.window = int64(size), size/2+8
			again, err := scanRows(tab, 1, 3, -1)
			if strings.Join(again, "\n") != strings.Join(got, "\n") || describe(err) != message {
				t.Fatalf("splits of %d: %s: %q, but in one: %s: %q", size, describe(err), again, message, got)
			}
		}
	})
}

// FuzzInfer checks that what is read without complaint, all members wanted, is valid for encoding/json.
func FuzzInfer(f *testing.F) {
	for seed := range int64(9) {
		f.Add(newGenerator(seed, Lines).file(Lines))
	}
	f.Fuzz(func(t *testing.T, data string) {
		layout := Lines
		tab, err := openTable(writeFile(t, "x.json", data), Options{Layout: &layout, SampleSize: -1})
		if err != nil {
			return
		}
		rows, err := scanRows(tab, 1, 10, -1)
		if err != nil {
			return
		}
		want, err := model(data, Lines, nil)
		if err != nil || len(want) != len(rows) {
			t.Fatalf("%q is read, as %q; encoding/json: %d rows, %v", data, rows, len(want), err)
		}
	})
}
