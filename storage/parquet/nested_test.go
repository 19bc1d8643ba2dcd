package parquet

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	apq "github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	apqfile "github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"gsql/storage/file"
)

// shape is a node of a schema to be written: a leaf of numbers or of texts, a record, an array or a map.
type shape struct {
	name     string
	kind     string // "int", "text", "record", "array", "map", or "repeated": an array without a group around it
	optional bool
	children []shape
}

// nestedShapes has records in records, arrays of records with arrays, and maps.
var nestedShapes = []shape{
	{name: "id", kind: "int"},
	{name: "r", kind: "record", optional: true, children: []shape{
		{name: "x", kind: "int", optional: true}, {name: "s", kind: "text"},
		{name: "in", kind: "record", optional: true, children: []shape{
			{name: "b", kind: "int", optional: true},
			{name: "l", kind: "array", optional: true, children: []shape{{name: "element", kind: "text", optional: true}}}}}}},
	{name: "l", kind: "array", optional: true, children: []shape{{name: "element", kind: "int", optional: true}}},
	{name: "e", kind: "array", children: []shape{{name: "element", kind: "text"}}},
	{name: "lr", kind: "array", optional: true, children: []shape{{name: "element", kind: "record", optional: true, children: []shape{
		{name: "k", kind: "text", optional: true},
		{name: "v", kind: "array", optional: true, children: []shape{{name: "element", kind: "int", optional: true}}},
		{name: "d", kind: "int"}}}}},
	{name: "m", kind: "map", optional: true, children: []shape{{name: "key_value", kind: "record", children: []shape{
		{name: "key", kind: "text"}, {name: "value", kind: "int", optional: true}}}}},
	{name: "q", kind: "repeated", children: []shape{{name: "q", kind: "int"}}},
	{name: "only", kind: "record", children: []shape{{name: "one", kind: "record", optional: true, children: []shape{{name: "two", kind: "text", optional: true}}}}},
}

func (s *shape) repetition() apq.Repetition {
	if s.optional {
		return apq.Repetitions.Optional
	}
	return apq.Repetitions.Required
}

// node returns the node of a schema; repeated ones stand for elements.
func (s *shape) node(t testing.TB, rep apq.Repetition) schema.Node {
	must := func(n *schema.GroupNode, err error) schema.Node {
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	group := func(name string, rep apq.Repetition, l schema.LogicalType, children ...schema.Node) schema.Node {
		if l == nil {
			return must(schema.NewGroupNode(name, rep, children, -1))
		}
		return must(schema.NewGroupNodeLogical(name, rep, children, l, -1))
	}
	c := s.children
	switch s.kind {
	case "int":
		return schema.NewInt64Node(s.name, rep, -1)
	case "text":
		return schema.Must(schema.NewPrimitiveNodeLogical(s.name, rep, schema.StringLogicalType{}, apq.Types.ByteArray, -1, -1))
	case "array":
		return group(s.name, rep, schema.ListLogicalType{}, group("list", apq.Repetitions.Repeated, nil, c[0].node(t, c[0].repetition())))
	case "map":
		return group(s.name, rep, schema.MapLogicalType{}, c[0].node(t, apq.Repetitions.Repeated))
	case "repeated":
		return c[0].node(t, apq.Repetitions.Repeated)
	}
	var nodes []schema.Node
	for i := range c {
		nodes = append(nodes, c[i].node(t, c[i].repetition()))
	}
	return group(s.name, rep, nil, nodes...)
}

// leafData are the levels and values of a leaf.
type leafData struct {
	defs, reps []int16
	ints       []int64
	texts      []apq.ByteArray
}

func (s *shape) leaves() int {
	if s.kind == "int" || s.kind == "text" {
		return 1
	}
	n := 0
	for i := range s.children {
		n += s.children[i].leaves()
	}
	return n
}

// shred adds a random value to the leaves below a node, and returns its text as a field or an element, "" for NULL.
func (s *shape) shred(r *rand.Rand, out []*leafData, def, rep, deepest int16) (text string, null bool) {
	if s.optional {
		if r.IntN(4) == 0 {
			absent(out, def, rep)
			return "", true
		}
		def++
	}
	switch s.kind {
	case "int", "text":
		return s.leaf(r, out[0], def, rep), false
	case "array", "map", "repeated":
		n := []int{0, 1, 2, 3, 30}[r.IntN(5)]
		if n == 0 {
			absent(out, def, rep)
		}
		var parts []string
		for i := range n {
			if i > 0 {
				rep = deepest + 1
			}
			parts = append(parts, elementText(s.children[0].shred(r, out, def+1, rep, deepest+1)))
		}
		return "{" + strings.Join(parts, ",") + "}", false
	}
	var parts []string
	for i := range s.children {
		c := &s.children[i]
		parts = append(parts, fieldText(c.shred(r, out[:c.leaves()], def, rep, deepest)))
		out = out[c.leaves():]
	}
	return "(" + strings.Join(parts, ",") + ")", false
}

func absent(out []*leafData, def, rep int16) {
	for _, l := range out {
		l.defs, l.reps = append(l.defs, def), append(l.reps, rep)
	}
}

func (s *shape) leaf(r *rand.Rand, out *leafData, def, rep int16) string {
	absent([]*leafData{out}, def, rep)
	if s.kind == "int" {
		x := int64(r.IntN(1000)) << 33
		out.ints = append(out.ints, x)
		return fmt.Sprint(x)
	}
	x := []string{"", "a", "b c", "a longer string of the file", "q\"\\"}[r.IntN(5)]
	out.texts = append(out.texts, apq.ByteArray(x))
	return x
}

// fieldText is a value within a record.
func fieldText(s string, null bool) string {
	if !null && (s == "" || strings.ContainsAny(s, "\"\\(), ")) {
		return `"` + strings.NewReplacer(`"`, `""`, `\`, `\\`).Replace(s) + `"`
	}
	return s
}

// elementText is a value within an array.
func elementText(s string, null bool) string {
	switch {
	case null:
		return "NULL"
	case s == "" || strings.ContainsAny(s, "{}\",\\ "):
		return `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(s) + `"`
	}
	return s
}

// nestedFile writes random rows, and returns the texts of their columns too.
func nestedFile(t testing.TB, seed uint64, rows, group int, opts ...apq.WriterProperty) ([]byte, [][]string) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	var nodes schema.FieldList
	for i := range nestedShapes {
		nodes = append(nodes, nestedShapes[i].node(t, nestedShapes[i].repetition()))
	}
	root, err := schema.NewGroupNode("schema", apq.Repetitions.Required, nodes, -1)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := apqfile.NewParquetWriter(&b, root, apqfile.WithWriterProps(apq.NewWriterProperties(opts...)))
	texts := make([][]string, len(nestedShapes))
	for from := 0; from < rows; from += group {
		g := w.AppendRowGroup()
		for i := range nestedShapes {
			leaves := make([]*leafData, nestedShapes[i].leaves())
			for k := range leaves {
				leaves[k] = &leafData{}
			}
			for range min(group, rows-from) {
				s, null := nestedShapes[i].shred(r, leaves, 0, 0, 0)
				if null {
					s = "NULL"
				}
				texts[i] = append(texts[i], s)
			}
			for _, l := range leaves {
				writeLeaf(t, g, l)
			}
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), texts
}

func writeLeaf(t testing.TB, g apqfile.SerialRowGroupWriter, l *leafData) {
	t.Helper()
	cw, err := g.NextColumn()
	if err != nil {
		t.Fatal(err)
	}
	switch w := cw.(type) {
	case *apqfile.Int64ColumnChunkWriter:
		_, err = w.WriteBatch(l.ints, l.defs, l.reps)
	case *apqfile.ByteArrayColumnChunkWriter:
		_, err = w.WriteBatch(l.texts, l.defs, l.reps)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := cw.Close(); err != nil {
		t.Fatal(err)
	}
}

// Nested values come back as they were written, in pages of all sizes and versions, also when rows are passed over.
func TestNestedValues(t *testing.T) {
	for name, opts := range map[string][]apq.WriterProperty{
		"one page": nil,
		"plain":    {apq.WithDictionaryDefault(false), apq.WithDataPageSize(200)},
		"small":    {apq.WithDataPageSize(300)},
		"v2":       {apq.WithDataPageVersion(apq.DataPageV2), apq.WithDataPageSize(300), apq.WithCompression(compress.Codecs.Zstd)},
		"snappy":   {apq.WithCompression(compress.Codecs.Snappy), apq.WithDataPageSize(1000)},
	} {
		for _, rows := range []int{1, 30, 3000} {
			b, want := nestedFile(t, uint64(rows), rows, 1000, opts...)
			tab := tableOf(t, save(t, b))
			for _, batch := range []int{1, 7, 8192} {
				if batch == 1 && rows > 30 {
					continue
				}
				for i, got := range scanAll(t, tab, batch) {
					equalColumns(t, fmt.Sprintf("%s, %d rows, batches of %d: %s", name, rows, batch, tab.Schema()[i].Name), got, want[i])
				}
			}
			checkSkips(t, b, want)
		}
	}
}

// checkSkips reads and passes over rows in turns.
func checkSkips(t *testing.T, b []byte, want [][]string) {
	t.Helper()
	f := file.File{Path: "x", Size: int64(len(b))}
	r := bytes.NewReader(b)
	ft, err := readFooter(f, r)
	if err != nil {
		t.Fatal(err)
	}
	cols, err := columnsOf(f, ft)
	if err != nil {
		t.Fatal(err)
	}
	m := &meta{&fileMeta{file: f, footer: ft}, cols}
	for i := range cols {
		at := 0
		for g := range m.groups {
			c, err := m.cursor(r, g, &cols[i], nil, new(selection))
			if err != nil {
				t.Fatal(err)
			}
			for left := int(m.groups[g].rows); left > 0; {
				n := min(left, 1+at%11)
				if at%3 == 0 {
					if err := c.skip(int64(n)); err != nil {
						t.Fatal(err)
					}
				} else if v, err := c.read(n, false); err != nil {
					t.Fatal(err)
				} else if got := appendTexts(nil, v); !slices.Equal(got, want[i][at:at+n]) {
					t.Fatalf("%s: rows from %d are %q, want %q", cols[i].name, at, got, want[i][at:at+n])
				}
				at, left = at+n, left-n
			}
		}
	}
}

// TestNestedTypes: what the columns of the test are.
func TestNestedTypes(t *testing.T) {
	b, _ := nestedFile(t, 1, 10, 10)
	var got []string
	for _, f := range tableOf(t, save(t, b)).Schema() {
		got = append(got, f.Name+" "+f.Type.String())
	}
	want := "id bigint, r record, l bigint[], e text[], lr record[], m record[], q bigint[], only record"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("columns %s, want %s", s, want)
	}
}
