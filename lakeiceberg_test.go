package gsql_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gsql"
)

// icebergTable is a table that a test writes: in each step a snapshot with the manifests of those before.
type icebergTable struct {
	t         testing.TB
	dir       string
	location  string // as the metadata says
	meta      object
	manifests []any
	snapshots []object
	log       []object
	n         int
}

func newIceberg(t testing.TB, columns ...object) *icebergTable {
	dir := filepath.Join(t.TempDir(), "t")
	return &icebergTable{t: t, dir: dir, location: "s3://elsewhere/t", meta: object{"format-version": 2, "current-schema-id": 0,
		"schemas": []object{{"schema-id": 0, "type": "struct", "fields": columns}}, "partition-specs": []object{{"spec-id": 0, "fields": []object{}}}, "default-spec-id": 0}}
}

func icebergColumn(id int, name string, typ any) object {
	return object{"id": id, "name": name, "required": false, "type": typ}
}

// file is an entry of a manifest, of a file below the table's folder.
func (x *icebergTable) file(name string, rows int, size int64, more object) object {
	f := object{"content": 0, "file_path": x.location + "/" + name, "file_format": "PARQUET", "record_count": rows, "file_size_in_bytes": size, "partition": object{}}
	for k, v := range more {
		f[k] = v
	}
	return f
}

// data writes a file with rows.
func (x *icebergTable) data(name, rows string, more object, cols ...node) object {
	x.t.Helper()
	size := parquetFile(x.t, filepath.Join(x.dir, name), rows, cols...)
	return x.file(name, strings.Count(strings.TrimSpace(rows), "\n")+1, size, more)
}

const icebergBounds = `["null",{"type":"array","logicalType":"map","items":{"type":"record","name":"kv%d","fields":[{"name":"key","type":"int"},{"name":"value","type":"%s"}]}}]`

// entrySchema is the schema of manifests whose files are partitioned by some fields, which are JSON.
func entrySchema(partition string) string {
	return `{"type":"record","name":"manifest_entry","fields":[{"name":"status","type":"int"},{"name":"snapshot_id","type":["null","long"]},{"name":"sequence_number","type":["null","long"]},
		{"name":"file_sequence_number","type":["null","long"]},{"name":"data_file","type":{"type":"record","name":"r2","fields":[{"name":"content","type":"int"},{"name":"file_path","type":"string"},
		{"name":"file_format","type":"string"},{"name":"partition","type":{"type":"record","name":"r102","fields":[` + partition + `]}},{"name":"record_count","type":"long"},{"name":"file_size_in_bytes","type":"long"},
		{"name":"null_value_counts","type":` + fmt.Sprintf(icebergBounds, 1, "long") + `},{"name":"lower_bounds","type":` + fmt.Sprintf(icebergBounds, 2, "bytes") + `},{"name":"upper_bounds","type":` + fmt.Sprintf(icebergBounds, 3, "bytes") + `},
		{"name":"key_metadata","type":["null","bytes"]},{"name":"equality_ids","type":["null",{"type":"array","items":"int"}]},{"name":"referenced_data_file","type":["null","string"]},
		{"name":"content_offset","type":["null","long"]},{"name":"content_size_in_bytes","type":["null","long"]}]}}]}`
}

const listSchema = `{"type":"record","name":"manifest_file","fields":[{"name":"manifest_path","type":"string"},{"name":"manifest_length","type":"long"},{"name":"partition_spec_id","type":"int"},
	{"name":"content","type":"int"},{"name":"sequence_number","type":"long"},{"name":"min_sequence_number","type":"long"},{"name":"added_snapshot_id","type":"long"}]}`

// manifest adds entries, which are all of files with data or all of such that delete rows, to the next snapshot. An entry
// may be a file, whose sequence number is the snapshot's, or have one.
func (x *icebergTable) manifest(spec int, partition string, entries ...object) {
	x.t.Helper()
	var list []object
	content := 0
	for _, e := range entries {
		if e["data_file"] == nil {
			e = object{"status": 1, "data_file": e}
		}
		if e["data_file"].(object)["content"].(int) > 0 {
			content = 1
		}
		list = append(list, e)
	}
	x.n++
	name := fmt.Sprintf("metadata/m%d.avro", x.n)
	size := avroFile(x.t, filepath.Join(x.dir, name), entrySchema(partition), list...)
	x.manifests = append(x.manifests, object{"manifest_path": x.location + "/" + name, "manifest_length": size, "partition_spec_id": spec, "content": content,
		"sequence_number": len(x.snapshots) + 1, "min_sequence_number": 0, "added_snapshot_id": 1})
}

// commit makes a snapshot of the manifests, with ID 101 for the first, and writes the metadata.
func (x *icebergTable) commit() {
	x.t.Helper()
	n := len(x.snapshots) + 1
	name := fmt.Sprintf("metadata/snap-%d.avro", n)
	var list []object
	for _, m := range x.manifests {
		list = append(list, m.(object))
	}
	avroFile(x.t, filepath.Join(x.dir, name), listSchema, list...)
	x.snapshots = append(x.snapshots, object{"snapshot-id": 100 + n, "sequence-number": n, "timestamp-ms": 1_700_000_000_000 + n*60_000, "manifest-list": x.location + "/" + name,
		"summary": object{"operation": "append"}, "schema-id": x.meta["current-schema-id"]})
	x.log = append(x.log, object{"snapshot-id": 100 + n, "timestamp-ms": 1_700_000_000_000 + n*60_000})
	x.meta["current-snapshot-id"] = 100 + n
	x.write(fmt.Sprintf("v%d.metadata.json", n))
}

func (x *icebergTable) write(name string) {
	x.meta["location"], x.meta["snapshots"], x.meta["snapshot-log"] = x.location, x.snapshots, x.log
	writeBytes(x.t, filepath.Join(x.dir, "metadata", name), []byte(x.meta.String()))
}

// evolve makes another schema the current one.
func (x *icebergTable) evolve(columns ...object) {
	list := x.meta["schemas"].([]object)
	x.meta["current-schema-id"] = len(list)
	x.meta["schemas"] = append(list, object{"schema-id": len(list), "type": "struct", "fields": columns})
}

func (x *icebergTable) open(configs ...gsql.Config) *gsql.DB {
	c := gsql.Config{}
	if configs != nil {
		c = configs[0]
	}
	c.Dir = filepath.Dir(x.dir)
	return openDB(x.t.(*testing.T), c)
}

func long(x int64) string { return string(binary.LittleEndian.AppendUint64(nil, uint64(x))) }

func pairs(kv ...any) []any {
	var out []any
	for i := 0; i < len(kv); i += 2 {
		out = append(out, object{"key": kv[i], "value": kv[i+1]})
	}
	return out
}

var icebergCols = []node{col("id", 1, "long"), col("name", 2, "text")}

// Each snapshot is read with its schema; columns are found by their IDs, whatever they were called and of.
func TestIcebergSnapshots(t *testing.T) {
	inner := func(fields ...object) object { return object{"type": "struct", "fields": fields} }
	x := newIceberg(t, icebergColumn(1, "id", "int"), icebergColumn(2, "name", "string"), icebergColumn(3, "s", inner(icebergColumn(4, "a", "int"), icebergColumn(5, "b", "string"))))
	x.manifest(0, "", x.data("data/a.parquet", `{"id": 1, "name": "eins", "s": {"a": 7, "b": "x"}}`, nil,
		col("id", 1, "int"), col("name", 2, "text"), col("s", 3, "struct", col("a", 4, "int"), col("b", 5, "text"))))
	x.commit()
	more := icebergColumn(8, "more", "decimal(5,2)")
	more["initial-default"] = "1.50"
	x.evolve(icebergColumn(6, "name", "double"), icebergColumn(3, "s", inner(icebergColumn(7, "c", "date"), icebergColumn(4, "aa", "long"))), icebergColumn(1, "number", "long"), icebergColumn(2, "label", "string"), more)
	x.manifest(0, "", x.data("data/b.parquet", `{"number": 2, "name": 0.5}`, nil, col("number", 1, "long"), col("name", 6, "double"), col("more", 8, "decimal(9,2)")))
	x.meta["refs"] = object{"main": object{"snapshot-id": 102, "type": "branch"}, "first": object{"snapshot-id": 101, "type": "tag"}, "old": object{"snapshot-id": 101, "type": "branch"}}
	x.meta["format-version"] = 3
	x.commit()
	asks(t, x.open(), [][2]string{
		{"SELECT number, label, name, (s).aa, (s).c, more FROM t ORDER BY 1", "1 eins <nil> 7 <nil> 1.50|2 <nil> 0.5 <nil> <nil> <nil>"},
		{"SELECT id, name, (s).b FROM iceberg_scan('t', snapshot_id => 101)", "1 eins x"},
		{"SELECT id, name FROM iceberg_scan('t', tag => 'first')", "1 eins"},
		{"SELECT number, label FROM iceberg_scan('t', branch => 'old')", "1 eins"},
		{"SELECT count(*) FROM iceberg_scan('t', ref => 'main')", "2"},
		{"SELECT id FROM iceberg_scan('t', timestamp => '2023-11-14 22:14:20Z')", "1"},
		{"SELECT count(*) FROM iceberg_scan('t', snapshot_from_timestamp => '2030-01-01')", "2"},
		{"SELECT id FROM iceberg_scan('t', timestamp => '2023-11-14 22:14:19.9Z')", "!Iceberg table \"t\" has no snapshot that is old enough"},
		{"SELECT id FROM iceberg_scan('t', snapshot_id => 7)", "!Iceberg table \"t\" has no snapshot 7"},
		{"SELECT id FROM iceberg_scan('t', tag => 'x')", "!Iceberg table \"t\" has no branch or tag \"x\""},
		{"SELECT id FROM 't/metadata/v1.metadata.json'", "1"},
		{"SELECT id FROM iceberg_scan('t/metadata/v1.metadata.json', allow_moved_paths => true)", "1"},
		{"SELECT id FROM delta_scan('t')", "!\"t\" is no table of Delta Lake"},
		{"SELECT snapshot_id, sequence_number, operation FROM iceberg_snapshots('t')", "101 1 append|102 2 append"},
		{"SELECT count(*) FROM read_parquet('t')", "!folder \"t\" is a table of Iceberg, whose files"},
		{"SELECT _file, number FROM t ORDER BY 2", "t/data/a.parquet 1|t/data/b.parquet 2"},
	})
	writeBytes(t, filepath.Join(x.dir, "metadata/version-hint.text"), []byte("1\n"))
	asks(t, x.open(), [][2]string{{"SELECT count(*) FROM t", "2"}})
	os.Rename(filepath.Join(x.dir, "metadata/v2.metadata.json"), filepath.Join(x.dir, "metadata/v3.metadata.json"))
	asks(t, x.open(), [][2]string{{"SELECT count(*) FROM t", "1"}}) // there is none behind the hint
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	text, _ := os.ReadFile(filepath.Join(x.dir, "metadata/v3.metadata.json"))
	z.Write(text)
	z.Close()
	writeBytes(t, filepath.Join(x.dir, "metadata/00009-0123.gz.metadata.json"), b.Bytes())
	os.Remove(filepath.Join(x.dir, "metadata/version-hint.text"))
	asks(t, x.open(), [][2]string{{"SELECT count(*) FROM t", "2"}})
	x.meta["current-snapshot-id"] = -1
	x.write("00010-x.metadata.json")
	asks(t, x.open(), [][2]string{{"SELECT * FROM t", ""}, {"SELECT count(*), max(number) FROM t", "0 <nil>"}})
}

// What is deleted by the numbers of rows, by the values of columns and by vectors is left out, in files that are old enough.
func TestIcebergDeletes(t *testing.T) {
	x := newIceberg(t, icebergColumn(1, "id", "long"), icebergColumn(2, "name", "string"), icebergColumn(3, "p", "int"))
	x.meta["partition-specs"] = []object{{"spec-id": 0, "fields": []object{{"source-id": 3, "field-id": 1000, "name": "p", "transform": "identity"}}}, {"spec-id": 1, "fields": []object{}}}
	const byP = `{"name":"p","type":["null","int"],"field-id":1000}`
	in := func(p any, more object) object {
		o := object{"partition": object{"p": p}}
		for k, v := range more {
			o[k] = v
		}
		return o
	}
	cols := append(icebergCols, col("p", 3, "int"))
	x.manifest(0, byP, x.data("a.parquet", rowsFrom(0, 10), in(1, nil), cols...), x.data("b.parquet", rowsFrom(10, 20), in(2, nil), cols...),
		x.data("c.parquet", rowsFrom(1000, 4000), in(nil, nil), cols...), x.data("d.parquet", `{"id": null, "name": "leer"}`+"\n"+`{"id": 21}`, in(2, nil), cols...))
	x.commit()
	places := []node{col("file_path", 2147483546, "text"), col("pos", 2147483545, "long")}
	row := func(file string, n int) string {
		return fmt.Sprintf("{\"file_path\": \"%s/%s\", \"pos\": %d}\n", x.location, file, n)
	}
	var many strings.Builder
	for i := 0; i < 3000; i += 2 {
		many.WriteString(row("c.parquet", i))
	}
	v := vector("run", numbers(5, 10, 1)...)
	blob := append(binary.BigEndian.AppendUint32(nil, uint32(len(v))), v...)
	blob = binary.BigEndian.AppendUint32(blob, crc32.ChecksumIEEE(v))
	puffin := append([]byte("PFA1"), blob...)
	size := writeBytes(t, filepath.Join(x.dir, "dv.puffin"), puffin)
	x.manifest(0, byP,
		x.data("p1.parquet", row("a.parquet", 0)+row("a.parquet", 0)+row("a.parquet", 99)+row("b.parquet", 1), in(1, object{"content": 1}), places...), // b is in another partition
		x.data("p2.parquet", many.String(), in(nil, object{"content": 1, "lower_bounds": pairs(2147483546, x.location+"/c.parquet"), "upper_bounds": pairs(2147483546, x.location+"/c.parquet")}), places...),
		x.file("dv.puffin", 5, size, in(2, object{"content": 1, "file_format": "PUFFIN", "referenced_data_file": x.location + "/b.parquet", "content_offset": 4, "content_size_in_bytes": len(blob)})),
		x.data("p3.parquet", row("b.parquet", 0), in(2, object{"content": 1}), places...)) // the vector counts instead
	x.commit()
	x.manifest(0, byP, x.data("e.parquet", rowsFrom(0, 3), in(1, nil), cols...))
	x.manifest(0, byP,
		x.data("k1.parquet", `{"id": 2}`+"\n"+`{"id": 1000}`+"\n"+`{"id": 14}`, in(1, object{"content": 2, "equality_ids": []any{1}}), col("id", 1, "int")), // of partition 1 only
		x.data("k2.parquet", `{"id": null, "name": "leer"}`+"\n"+`{"id": 13, "name": "anders"}`, in(2, object{"content": 2, "equality_ids": []any{2, 1}}), icebergCols...))
	x.manifest(1, "", x.data("k3.parquet", `{"name": "n3"}`+"\n"+`{"name": "n11"}`+"\n"+`{"name": "n3999"}`+"\n"+`{"name": null}`, object{"content": 2, "equality_ids": []any{2}}, col("name", 2, "text")))
	x.commit()
	for _, parts := range []int{1, 3} {
		for _, batch := range []int{1, 3, 8192} {
			asks(t, x.open(gsql.Config{Partitions: parts, BatchRows: batch}), [][2]string{
				{"SELECT id FROM iceberg_scan('t', snapshot_id => 101) WHERE id < 100 ORDER BY 1", "0|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19|21"},
				{"SELECT count(*) FROM iceberg_scan('t', snapshot_id => 101)", "3022"},
				{"SELECT id FROM iceberg_scan('t', snapshot_id => 102) WHERE id < 100 ORDER BY 1", "1|2|3|4|5|6|7|8|9|10|11|12|13|14|21"},
				{"SELECT count(*), count(id), count(DISTINCT p) FROM iceberg_scan('t', snapshot_id => 102)", "1516 1515 2"},
				{"SELECT id, p FROM t WHERE id < 100 ORDER BY 1, 2", "0 1|1 1|1 1|2 1|4 1|5 1|6 1|7 1|8 1|9 1|10 2|12 2|13 2|14 2"},
				{"SELECT count(*) FROM t", "1513"}, {"SELECT count(*) FROM t WHERE id IS NULL", "0"},
				{"SELECT sum(id), max(_row) FROM t WHERE p IS NULL", "3746001 2998"},
				{"SELECT count(*) FROM (SELECT 1 FROM t LIMIT 1510) x", "1510"},
				{"SELECT name FROM t WHERE p = 2 ORDER BY id LIMIT 2", "n10|n12"},
			})
		}
	}
	// The columns of keys may be gone.
	x.evolve(icebergColumn(1, "id", "long"))
	x.write("v4.metadata.json")
	asks(t, x.open(), [][2]string{{"SELECT * FROM t WHERE id < 6 ORDER BY 1", "0|1|1|2|4|5"}, {"SELECT name FROM t", "!column \"name\" does not exist"}, {"SELECT count(*) FROM t", "1513"}})
}

// Files that the manifests exclude are not opened: here they are not even there. Those that lack a column by which they
// are partitioned have its value.
func TestIcebergPruning(t *testing.T) {
	x := newIceberg(t, icebergColumn(1, "id", "long"), icebergColumn(2, "name", "string"), icebergColumn(3, "p", "string"), icebergColumn(4, "q", "date"), icebergColumn(5, "f", "double"))
	x.meta["partition-specs"] = []object{{"spec-id": 0, "fields": []object{{"source-id": 3, "field-id": 1000, "name": "p", "transform": "identity"}, {"source-id": 4, "field-id": 1001, "name": "q", "transform": "identity"},
		{"source-id": 1, "field-id": 1002, "name": "id_bucket", "transform": "void"}}}, {"spec-id": 1, "fields": []object{{"source-id": 3, "field-id": 1000, "name": "p", "transform": "identity"}}}}
	const by = `{"name":"p","type":["null","string"],"field-id":1000},{"name":"q","type":["null",{"type":"int","logicalType":"date"}],"field-id":1001},{"name":"id_bucket","type":["null","int"],"field-id":1002}`
	const byP = `{"name":"p","type":["null","string"],"field-id":1000}`
	part := func(p, q any, lo, hi int64, nulls int) object {
		return object{"partition": object{"p": p, "q": q, "id_bucket": 1}, "lower_bounds": pairs(1, long(lo), 2, "m"), "upper_bounds": pairs(1, string(long(hi)[:4]), 2, "n~"), "null_value_counts": pairs(1, nulls)}
	}
	x.manifest(0, by, x.data("a.parquet", rowsFrom(1, 3), part("x", 19_000, 1, 2, 0), append(icebergCols, col("f", 5, "double"))...),
		x.file("gone.parquet", 2, 100, part("y", 19_100, 3, 4, 0)), x.file("gone.parquet", 2, 100, part(nil, nil, 5, 6, 2)))
	x.manifest(1, byP, x.data("b.parquet", `{"id": 7, "q": 19200}`, object{"partition": object{"p": "z"}, "lower_bounds": pairs(1, long(7), 4, string(long(19_200)[:4])), "upper_bounds": pairs(1, long(7), 4, string(long(19_200)[:4]))}, col("id", 1, "long"), col("q", 4, "date")))
	x.commit()
	asks(t, x.open(), [][2]string{
		{"SELECT id, p, q::text FROM t WHERE p = 'x' ORDER BY 1", "1 x 2022-01-08|2 x 2022-01-08"},
		{"SELECT id, p, q::text FROM t WHERE p || '!' = 'z!'", "7 z 2022-07-27"},
		{"SELECT id FROM t WHERE id < 3 OR id = 7 ORDER BY 1", "1|2|7"},
		{"SELECT id FROM t WHERE q = '2022-01-08' ORDER BY 1", "1|2"},
		{"SELECT id FROM t WHERE q > '2022-06-01'", "7"},
		{"SELECT count(*) FROM t WHERE id < 3", "2"},
		{"SELECT id FROM t WHERE name < 'a' AND p > 'a' AND q < '2022-07-01'", ""},
		{"SELECT id FROM t JOIN (VALUES ('z')) v(p) USING (p) WHERE id > 6", "7"},
		{"SELECT id FROM t WHERE id = 3", "!could not open file \"t/gone.parquet\": No such file"},
		{"SELECT id FROM t WHERE p IS NULL", "!could not open file \"t/gone.parquet\": No such file"},
		{"SELECT id FROM t WHERE f > 100 AND id > 2", "!could not open file \"t/gone.parquet\": No such file"},
	})
}

// Files without IDs are read by the names that the table's mapping has, and are refused if it has none.
func TestIcebergNameMapping(t *testing.T) {
	x := newIceberg(t, icebergColumn(1, "id", "long"), icebergColumn(2, "name", "string"), icebergColumn(3, "s", object{"type": "struct", "fields": []object{icebergColumn(4, "a", "long"), icebergColumn(5, "b", "long")}}), icebergColumn(6, "new", "int"))
	x.manifest(0, "", x.data("a.parquet", `{"nr": 1, "name": "eins", "s": {"alt": 5, "b": 6}, "new": 9}`, nil, col("nr", -1, "long"), col("name", -1, "text"), col("s", -1, "struct", col("alt", -1, "int"), col("b", -1, "int")), col("new", -1, "int")))
	x.commit()
	asks(t, x.open(), [][2]string{{"SELECT * FROM t", "!file \"" + filepath.Join(x.dir, "a.parquet") + "\" has no field IDs"}})
	x.meta["properties"] = object{"schema.name-mapping.default": `[{"field-id": 1, "names": ["id", "nr"]}, {"field-id": 2, "names": ["name"]}, {"field-id": 3, "names": ["s"], "fields": [{"field-id": 4, "names": ["a", "alt"]}]}, {"names": ["new"]}]`}
	x.write("v2.metadata.json")
	asks(t, x.open(), [][2]string{{"SELECT id, name, (s).a, (s).b, new FROM t", "1 eins 5 <nil> <nil>"}})
}

// Types are those of the table, whatever files have; partitions and bounds of all types are read.
func TestIcebergTypes(t *testing.T) {
	names := []string{"boolean", "int", "long", "float", "double", "decimal(9,2)", "date", "time", "timestamp", "timestamptz", "string", "uuid", "binary", "fixed[2]", "timestamp_ns", "decimal(30,1)"}
	avro := []string{`"boolean"`, `"int"`, `"long"`, `"double"`, `"double"`, `"bytes"`, `"int"`, `"long"`, `"long"`, `"long"`, `"string"`, `{"type":"fixed","name":"u","size":16}`, `"bytes"`, `{"type":"fixed","name":"f","size":2}`, `"long"`, `{"type":"fixed","name":"d","size":13}`}
	values := []any{true, 5, int64(-6), 0.5, 0.25, "\xff\x00", 19_000, int64(3_600_000_000), int64(1_700_000_000_000_000), int64(-1), "ü", "0123456789abcdef", "ab", "cd", int64(-1), "\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"}
	var columns, spec []object
	var part []string
	in := object{}
	for i, n := range names {
		columns = append(columns, icebergColumn(i+1, fmt.Sprintf("c%d", i), n))
		spec = append(spec, object{"source-id": i + 1, "field-id": 1000 + i, "name": fmt.Sprintf("c%d", i), "transform": "identity"})
		part = append(part, fmt.Sprintf(`{"name":"c%d","type":["null",%s],"field-id":%d}`, i, avro[i], 1000+i))
		in[fmt.Sprintf("c%d", i)] = values[i]
	}
	list := object{"type": "list", "element-id": 31, "element": "variant"}
	x := newIceberg(t, append(columns, icebergColumn(30, "v", list), icebergColumn(32, "g", "geometry(srid:3857)"))...)
	x.meta["format-version"] = 3
	x.meta["partition-specs"] = []object{{"spec-id": 0, "fields": spec}}
	x.manifest(0, strings.Join(part, ","), x.data("a.parquet", `{"x": 1}`, object{"partition": in}, col("x", 99, "int")))
	x.commit()
	asks(t, x.open(), [][2]string{
		{"SELECT c0, c1, c2, c3, c4, c5, c6::text, c7::text, c8::text, c9::text, c10, c11::text, c12::text, c13::text, c14::text, c15 FROM t",
			`true 5 -6 0.5 0.25 -2.56 2022-01-08 01:00:00 2023-11-14 22:13:20 1969-12-31 23:59:59.999999+00 ü 30313233-3435-3637-3839-616263646566 \x6162 \x6364 1969-12-31 23:59:59.999999 1844674407370955161.6`},
		{"SELECT count(*) FROM t WHERE c5 = -2.56 AND c6 < '2022-01-09' AND c11 = '30313233-3435-3637-3839-616263646566' AND c15 > 1e18 AND c0 AND c3 = 0.5", "1"},
		{"SELECT v FROM t", "!column \"v\" of Parquet file"}, {"SELECT g FROM t", "!column \"g\" of Parquet file"},
	})
}

// What is not supported is refused, and what is damaged is told with its place.
func TestIcebergErrors(t *testing.T) {
	set := func(k string, v any) func(x *icebergTable) {
		return func(x *icebergTable) { x.meta[k] = v; x.write("v9.metadata.json") }
	}
	entry := func(more object) func(x *icebergTable) {
		return func(x *icebergTable) {
			x.manifest(0, "", x.data("z.parquet", rowsFrom(0, 2), more, icebergCols...))
			x.commit()
		}
	}
	overwrite := func(name, text string) func(x *icebergTable) {
		return func(x *icebergTable) { writeBytes(x.t, filepath.Join(x.dir, name), []byte(text)) }
	}
	for _, c := range []struct {
		make func(x *icebergTable)
		want string
	}{
		{set("format-version", 4), `Iceberg table "t" is of version 4 of the format`},
		{set("format-version", 0), `file "…v9.metadata.json" of the metadata of an Iceberg table is damaged: it does not say which version`},
		{set("current-snapshot-id", 7), `file "…v9.metadata.json" of the metadata of an Iceberg table is damaged: it has no snapshot 7`},
		{set("current-snapshot-id", "x"), `file "…v9.metadata.json" of the metadata of an Iceberg table is damaged: json`},
		{set("current-schema-id", 5), `file "…v9.metadata.json" of the metadata of an Iceberg table is damaged: it has not the schema`},
		{set("schemas", []object{{"fields": []object{icebergColumn(1, "a", "int128")}}}), `file "…" of the metadata of an Iceberg table is damaged: type "int128" is not known`},
		{set("partition-specs", []object{}), `file "…" of the metadata of an Iceberg table is damaged: it has no way 0 to partition`},
		{overwrite("metadata/v9.metadata.json", "{"), `file "…v9.metadata.json" of the metadata of an Iceberg table is damaged: unexpected end`},
		{overwrite("metadata/v9.gz.metadata.json", "\x1f\x8bx"), `file "…" of the metadata of an Iceberg table is damaged: `},
		{overwrite("metadata/snap-1.avro", "Obj"), `Avro file "…snap-1.avro" is damaged`},
		{overwrite("metadata/m1.avro", "Obj\x01x"), `Avro file "…m1.avro" is damaged`},
		{func(x *icebergTable) { os.Remove(filepath.Join(x.dir, "metadata/m1.avro")) }, `could not open file "t/metadata/m1.avro": No such file`},
		{func(x *icebergTable) { os.Remove(filepath.Join(x.dir, "metadata/snap-1.avro")) }, `could not open file "t/metadata/snap-1.avro": No such file`},
		{func(x *icebergTable) { os.Remove(filepath.Join(x.dir, "a.parquet")) }, `could not open file "t/a.parquet": No such file`},
		{entry(object{"file_format": "ORC"}), `Iceberg table "t" has file "z.parquet" of the format ORC, which is not supported`},
		{entry(object{"key_metadata": "x"}), `Iceberg table "t" is encrypted`},
		{entry(object{"record_count": int64(-5)}), `file "…" of the metadata of an Iceberg table is damaged: it has a file without a path, or whose numbers`},
		{entry(object{"content": 2}), `file "…" of the metadata of an Iceberg table is damaged: file "…z.parquet" has no columns`},
		{entry(object{"content": 2, "equality_ids": []any{77}}), `Iceberg table "t" deletes rows by the values of field 77`},
		{entry(object{"content": 1}), `file "…z.parquet" of the metadata of an Iceberg table is damaged: it has a row without a path or a number`},
		{entry(object{"content": 1, "file_format": "PUFFIN", "referenced_data_file": "s3://elsewhere/t/a.parquet", "content_offset": int64(5), "content_size_in_bytes": int64(1 << 40)}), `file "…z.parquet" ends within a deletion vector`},
		{entry(object{"file_path": "s3://elsewhere/t/../../x.parquet"}), `permission denied to read`},
	} {
		x := newIceberg(t, icebergColumn(1, "id", "long"), icebergColumn(2, "name", "string"))
		x.manifest(0, "", x.data("a.parquet", rowsFrom(0, 3), nil, icebergCols...))
		x.commit()
		c.make(x)
		got := answerOf(x.open(), "SELECT id FROM t")
		for i, part := range strings.Split(c.want, "…") {
			if k := strings.Index(got, part); k < 0 || i == 0 && k != 1 {
				t.Errorf("got %s, want !%s", got, c.want)
				break
			}
		}
	}
}

// Metadata cannot make a server read what lies elsewhere.
func TestIcebergPermissions(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.parquet")
	size := parquetFile(t, secret, rowsFrom(0, 1), icebergCols...)
	for _, path := range []string{secret, "file:" + secret, "file://" + secret, "s3://bucket/x.parquet", "s3://elsewhere/t/../x.parquet"} {
		x := newIceberg(t, icebergColumn(1, "id", "long"))
		x.manifest(0, "", x.file("x", 1, size, object{"file_path": path}))
		x.commit()
		asks(t, x.open(gsql.Config{Restrict: true}), [][2]string{{"SELECT id FROM t", "!permission denied to read"}, {"SELECT * FROM iceberg_scan('" + secret + "')", "!permission denied to read"}})
		if strings.Contains(path, "secret") {
			asks(t, x.open(), [][2]string{{"SELECT id FROM t", "0"}})
		}
	}
	for _, location := range []string{"file:/old/t", "file:///old/t/", "/old/t", "s3a://b/t"} { // a table that was moved
		x := newIceberg(t, icebergColumn(1, "id", "long"))
		x.location = strings.TrimSuffix(location, "/")
		x.manifest(0, "", x.data("d/a.parquet", rowsFrom(0, 1), nil, icebergCols...))
		x.commit()
		x.location = strings.NewReplacer("file:/o", "file:///o", "s3a", "s3").Replace(location)
		x.write("v2.metadata.json")
		asks(t, x.open(gsql.Config{Restrict: true}), [][2]string{{"SELECT id FROM t", "0"}})
	}
}

// Without bounds of a column, its partition tells which values it may have. Of two files one is not there; it must be read
// only for conditions that its partition allows.
func TestIcebergTransforms(t *testing.T) {
	for _, c := range []struct {
		source    int
		transform string
		there     any // the partition of the file that is there, which has one row
		gone      any
		without   []string // conditions that leave the file out that is not there, and of which the row is
		with      []string // conditions that do not
	}{
		{1, "truncate[10]", -10, 0, []string{"id < 0", "id = -1"}, []string{"id = 9", "id < 1", "id IS NULL"}},
		{1, "truncate[10]", -10, nil, []string{"id < 0", "id > -2"}, []string{"id IS NULL"}},
		{1, "bucket[4]", 0, 2, []string{"id = -1", "id IN (-1)", "-1 = id"}, []string{"id < 0", "id <> 7"}},
		{1, "void", nil, nil, nil, []string{"id = -1"}},
		{1, "future", 1, 2, nil, []string{"id = -1"}},
		{2, "month", 648, 650, []string{"d < '2024-03-01'", "d <= '2024-02-29'"}, []string{"d = '2024-03-31'", "d > '2024-03-30'"}},
		{2, "year", 54, 0, []string{"d >= '1971-01-01'"}, []string{"d < '1971-01-01'", "d = '1969-01-01'"}},
		{2, "day", 19_753, 19_754, []string{"d < '2024-02-01'"}, []string{"d = '2024-02-01'"}},
		{3, "hour", 473_352, 473_353, []string{"at < '2024-01-01 01:00:00Z'"}, []string{"at = '2024-01-01 01:59:59.999999Z'"}},
		{3, "day", 19_723, -1, []string{"at >= '1970-01-01 00:00:00Z'"}, []string{"at = '1969-12-31 23:59:59.999999Z'", "at = '1969-12-30 00:00:00Z'"}},
		{4, "day", 19_723, 19_724, []string{"n < '2024-01-02'"}, []string{"n = '2024-01-02'"}},
		{4, "identity", int64(1_704_067_200_000_000_999), int64(1_704_067_200_000_001_000), []string{"n < '2024-01-01 00:00:00.000001'"}, []string{"n = '2024-01-01 00:00:00.000001'"}},
	} {
		x := newIceberg(t, icebergColumn(1, "id", "long"), icebergColumn(2, "d", "date"), icebergColumn(3, "at", "timestamptz"), icebergColumn(4, "n", "timestamp_ns"))
		x.meta["format-version"] = 3
		x.meta["partition-specs"] = []object{{"spec-id": 0, "fields": []object{{"source-id": c.source, "field-id": 1000, "name": "x", "transform": c.transform}}}}
		there := x.data("a.parquet", `{"id": -1, "d": 19753, "at": 1704067200000000, "n": 1704067200000000}`, object{"partition": object{"x": c.there}},
			col("id", 1, "long"), col("d", 2, "date"), col("at", 3, "timestamptz"), col("n", 4, "timestamp"))
		x.manifest(0, `{"name":"x","type":["null","long"],"field-id":1000}`, there, x.file("gone.parquet", 1, 100, object{"partition": object{"x": c.gone}}))
		x.commit()
		var cases [][2]string
		for _, w := range c.without {
			cases = append(cases, [2]string{"SELECT id FROM t WHERE " + w, "-1"})
		}
		for _, w := range c.with {
			cases = append(cases, [2]string{"SELECT id FROM t WHERE " + w, "!could not open file \"t/gone.parquet\""})
		}
		asks(t, x.open(), cases)
	}
}

// So it is for lists of manifests, manifests, and files that delete rows.
func TestLakeMetadataPermissions(t *testing.T) {
	other := newIceberg(t, icebergColumn(1, "id", "long"))
	other.location = "/nowhere"
	other.manifest(0, "", other.data("a.parquet", rowsFrom(0, 1), nil, icebergCols...))
	other.commit()
	outside := func(name string) string { return "file://" + filepath.Join(other.dir, name) }
	denied := func(db *gsql.DB) {
		t.Helper()
		asks(t, db, [][2]string{{"SELECT id FROM t", "!permission denied to read"}})
	}
	table := func() *icebergTable {
		x := newIceberg(t, icebergColumn(1, "id", "long"))
		x.manifest(0, "", x.data("a.parquet", rowsFrom(0, 2), nil, icebergCols...))
		x.commit()
		return x
	}
	x := table()
	x.snapshots[0]["manifest-list"] = outside("metadata/snap-1.avro")
	x.write("v2.metadata.json")
	denied(x.open(gsql.Config{Restrict: true}))
	x = table()
	x.manifests[0].(object)["manifest_path"] = outside("metadata/m1.avro")
	x.commit()
	denied(x.open(gsql.Config{Restrict: true}))
	for _, more := range []object{{"content": 1}, {"content": 2, "equality_ids": []any{1}},
		{"content": 1, "file_format": "PUFFIN", "referenced_data_file": "s3://elsewhere/t/a.parquet", "content_offset": 0, "content_size_in_bytes": 20}} {
		x = table()
		more["file_path"] = outside("a.parquet")
		x.manifest(0, "", x.file("x", 1, 100, more))
		x.commit()
		denied(x.open(gsql.Config{Restrict: true}))
	}
	db := table().open(gsql.Config{Restrict: true})
	asks(t, db, [][2]string{{"SELECT * FROM iceberg_scan('" + other.dir + "')", "!permission denied to read"}, {"SELECT * FROM '" + other.dir + "/metadata/v1.metadata.json'", "!permission denied to read"},
		{"SELECT * FROM iceberg_snapshots('" + other.dir + "')", "!permission denied to read"}, {"SELECT * FROM '" + other.dir + "'", "!permission denied to read"}})
	d := newDelta(t)
	parquetFile(t, filepath.Join(d.dir, "_delta_log/00000000000000000000.checkpoint.01234567-89ab-cdef-0123-456789abcdef.parquet"),
		jsonLines(deltaProtocol("v2Checkpoint"), deltaMeta(nil, nil, deltaColumn("id", "long", nil)), object{"sidecar": object{"path": outside("a.parquet"), "sizeInBytes": 1}}), checkpointColumns()...)
	denied(openDB(t, gsql.Config{Dir: filepath.Dir(d.dir), Restrict: true}))
}
