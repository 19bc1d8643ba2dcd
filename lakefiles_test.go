package gsql_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/parquet"
	pqfile "github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"gsql"
)

// node is a column of a Parquet file that a test writes, or a part of one.
type node struct {
	name string
	id   int // -1: none
	kind string
	in   []node // of a struct; of a list its element; of a map its key and value
}

func col(name string, id int, kind string, in ...node) node { return node{name, id, kind, in} }

// schema returns the node as Parquet has it: optional, but for the keys of maps.
func (n node) schema(rep parquet.Repetition) schema.Node {
	must := func(x schema.Node, err error) schema.Node {
		if err != nil {
			panic(err)
		}
		return x
	}
	leaf := func(l schema.LogicalType, p parquet.Type, size int) schema.Node {
		return must(schema.NewPrimitiveNodeLogical(n.name, rep, l, p, size, int32(n.id)))
	}
	none := schema.NoLogicalType{}
	record := func(rep parquet.Repetition, name string, id int, in ...schema.Node) schema.Node {
		return must(schema.NewGroupNode(name, rep, in, int32(id)))
	}
	group := func(name string, rep parquet.Repetition, l schema.LogicalType, id int, in ...schema.Node) schema.Node {
		return must(schema.NewGroupNodeLogical(name, rep, in, l, int32(id)))
	}
	switch n.kind {
	case "long":
		return leaf(none, parquet.Types.Int64, 0)
	case "int":
		return leaf(none, parquet.Types.Int32, 0)
	case "double":
		return leaf(none, parquet.Types.Double, 0)
	case "float":
		return leaf(none, parquet.Types.Float, 0)
	case "bool":
		return leaf(none, parquet.Types.Boolean, 0)
	case "bytes":
		return leaf(none, parquet.Types.ByteArray, 0)
	case "text":
		return leaf(schema.StringLogicalType{}, parquet.Types.ByteArray, 0)
	case "date":
		return leaf(schema.DateLogicalType{}, parquet.Types.Int32, 0)
	case "timestamptz":
		return leaf(schema.NewTimestampLogicalType(true, schema.TimeUnitMicros), parquet.Types.Int64, 0)
	case "timestamp":
		return leaf(schema.NewTimestampLogicalType(false, schema.TimeUnitMicros), parquet.Types.Int64, 0)
	case "decimal(9,2)":
		return leaf(schema.NewDecimalLogicalType(9, 2), parquet.Types.Int32, 0)
	case "struct":
		var in []schema.Node
		for _, c := range n.in {
			in = append(in, c.schema(parquet.Repetitions.Optional))
		}
		return record(rep, n.name, n.id, in...)
	case "list":
		return group(n.name, rep, schema.NewListLogicalType(), n.id,
			record(parquet.Repetitions.Repeated, "list", -1, n.in[0].schema(parquet.Repetitions.Optional)))
	case "map":
		return group(n.name, rep, schema.MapLogicalType{}, n.id,
			record(parquet.Repetitions.Repeated, "key_value", -1, n.in[0].schema(parquet.Repetitions.Required), n.in[1].schema(parquet.Repetitions.Optional)))
	}
	panic(n.kind)
}

// shred is the values of a leaf with their levels.
type shred struct {
	values   []any
	def, rep []int16
}

// add adds a value of JSON to the leaves of a node, of which leaves begins with the first, and returns how many they are.
// def is the level up to which what is around the value is there, rep that at which it repeats, and depth how many lists
// are around it.
func (n node) add(v any, leaves []*shred, def, rep, depth int16, required bool) int {
	if v != nil && !required {
		def++
	}
	switch n.kind {
	case "struct":
		at := 0
		m, _ := v.(map[string]any)
		for _, c := range n.in {
			at += c.add(m[c.name], leaves[at:], def, rep, depth, false)
		}
		return at
	case "list":
		list, _ := v.([]any)
		return n.addList(list, leaves, def, rep, depth)
	case "map":
		var list []any
		m, _ := v.(map[string]any)
		for _, k := range sortedKeys(m) {
			list = append(list, []any{k, m[k]})
		}
		return n.addList(list, leaves, def, rep, depth)
	}
	s := leaves[0]
	s.def, s.rep = append(s.def, def), append(s.rep, rep)
	if v != nil {
		s.values = append(s.values, v)
	}
	return 1
}

func (n node) addList(list []any, leaves []*shred, def, rep, depth int16) int {
	element := func(v any, def, rep int16) int {
		if n.kind == "list" {
			return n.in[0].add(v, leaves, def, rep, depth+1, false)
		}
		pair, _ := v.([]any)
		if pair == nil {
			pair = []any{nil, nil}
		}
		at := n.in[0].add(pair[0], leaves, def, rep, depth+1, true)
		return at + n.in[1].add(pair[1], leaves[at:], def, rep, depth+1, false)
	}
	if len(list) == 0 {
		return element(nil, def, rep)
	}
	at := 0
	for i, v := range list {
		if i > 0 {
			rep = depth + 1
		}
		at = element(v, def+1, rep)
	}
	return at
}

func sortedKeys(m map[string]any) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// parquetFile writes rows, which are objects of JSON, one a line, and returns the file's size.
func parquetFile(t testing.TB, path string, rows string, cols ...node) int64 {
	t.Helper()
	root := node{"schema", -1, "struct", cols}
	g := root.schema(parquet.Repetitions.Required).(*schema.GroupNode)
	var b bytes.Buffer
	w := pqfile.NewParquetWriter(&b, g)
	leaves := make([]*shred, schema.NewSchema(g).NumColumns())
	for i := range leaves {
		leaves[i] = &shred{}
	}
	for _, line := range strings.Split(rows, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		var v map[string]any
		if err := d.Decode(&v); err != nil {
			t.Fatal(err, line)
		}
		root.add(v, leaves, 0, 0, 0, true)
	}
	rg := w.AppendRowGroup()
	for _, l := range leaves {
		c, err := rg.NextColumn()
		if err == nil {
			err = l.write(c)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return writeBytes(t, path, b.Bytes())
}

func (s *shred) write(c pqfile.ColumnChunkWriter) (err error) {
	int64s := func(v any) int64 { x, _ := v.(json.Number).Int64(); return x }
	float64s := func(v any) float64 { x, _ := v.(json.Number).Float64(); return x }
	switch c := c.(type) {
	case *pqfile.Int64ColumnChunkWriter:
		_, err = c.WriteBatch(convert(s.values, int64s), s.def, s.rep)
	case *pqfile.Int32ColumnChunkWriter:
		_, err = c.WriteBatch(convert(s.values, func(v any) int32 { return int32(int64s(v)) }), s.def, s.rep)
	case *pqfile.Float64ColumnChunkWriter:
		_, err = c.WriteBatch(convert(s.values, float64s), s.def, s.rep)
	case *pqfile.Float32ColumnChunkWriter:
		_, err = c.WriteBatch(convert(s.values, func(v any) float32 { return float32(float64s(v)) }), s.def, s.rep)
	case *pqfile.BooleanColumnChunkWriter:
		_, err = c.WriteBatch(convert(s.values, func(v any) bool { return v.(bool) }), s.def, s.rep)
	case *pqfile.ByteArrayColumnChunkWriter:
		_, err = c.WriteBatch(convert(s.values, func(v any) parquet.ByteArray { return parquet.ByteArray(v.(string)) }), s.def, s.rep)
	}
	if err == nil {
		err = c.Close()
	}
	return err
}

func convert[T any](in []any, f func(any) T) []T {
	out := make([]T, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

func writeBytes(t testing.TB, path string, b []byte) int64 {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return int64(len(b))
}

// object is an object of JSON.
type object map[string]any

func (o object) String() string {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// asks compares the answers to queries with what they should be: rows as fmt prints them, with | between; or, behind !,
// how an error begins.
func asks(t *testing.T, db *gsql.DB, cases [][2]string) {
	t.Helper()
	for _, c := range cases {
		got := strings.ReplaceAll(strings.TrimSuffix(answerOf(db, c[0]), "\n"), "\n", "|")
		if strings.HasPrefix(c[1], "!") && strings.HasPrefix(got, c[1]) {
			continue
		}
		if got != c[1] {
			t.Errorf("%s\ngives %s\nwant  %s", c[0], got, c[1])
		}
	}
}
