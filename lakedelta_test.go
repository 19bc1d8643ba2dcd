package gsql_test

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gsql"
)

// deltaTable is a table that a test writes.
type deltaTable struct {
	t       testing.TB
	dir     string
	version int
}

func newDelta(t testing.TB) *deltaTable {
	return &deltaTable{t: t, dir: filepath.Join(t.TempDir(), "t")}
}

// commit writes the next version.
func (d *deltaTable) commit(actions ...object) {
	d.t.Helper()
	var b strings.Builder
	b.WriteString(object{"commitInfo": object{"operation": "TEST", "inCommitTimestamp": 1_700_000_000_000 + d.version*60_000}}.String() + "\n")
	for _, a := range actions {
		b.WriteString(a.String() + "\n")
	}
	writeBytes(d.t, fmt.Sprintf("%s/_delta_log/%020d.json", d.dir, d.version), []byte(b.String()))
	d.version++
}

// add writes a file of rows and returns the action that adds it.
func (d *deltaTable) add(name, rows string, more object, cols ...node) object {
	d.t.Helper()
	n := parquetFile(d.t, filepath.Join(d.dir, name), rows, cols...)
	a := object{"path": name, "size": n, "partitionValues": object{}, "modificationTime": 1, "dataChange": true}
	for k, v := range more {
		a[k] = v
	}
	return object{"add": a}
}

func remove(name string) object { return object{"remove": object{"path": name, "dataChange": true}} }

func deltaProtocol(features ...string) object {
	if features == nil {
		return object{"protocol": object{"minReaderVersion": 1, "minWriterVersion": 2}}
	}
	return object{"protocol": object{"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features, "writerFeatures": features}}
}

// deltaColumn is a column of a schema: a name and a type, which is a word or an object.
func deltaColumn(name string, typ any, metadata object) object {
	if metadata == nil {
		metadata = object{}
	}
	return object{"name": name, "type": typ, "nullable": true, "metadata": metadata}
}

func mapped(id int, physical string) object {
	return object{"delta.columnMapping.id": id, "delta.columnMapping.physicalName": physical}
}

func deltaMeta(config object, partitions []string, columns ...object) object {
	if partitions == nil {
		partitions = []string{}
	}
	if config == nil {
		config = object{}
	}
	return object{"metaData": object{"id": "1", "format": object{"provider": "parquet", "options": object{}}, "partitionColumns": partitions,
		"configuration": config, "schemaString": object{"type": "struct", "fields": columns}.String()}}
}

var idAndName = []node{col("id", -1, "long"), col("name", -1, "text")}

// A log is read version by version: files come and go, columns are added, and partitions' values are the log's.
func TestDeltaVersions(t *testing.T) {
	d := newDelta(t)
	id, name, day := deltaColumn("id", "long", nil), deltaColumn("name", "string", nil), deltaColumn("day", "date", nil)
	d.commit(deltaProtocol(), deltaMeta(nil, []string{"day"}, id, day, name),
		d.add("day=2024-01-01/a%20b.parquet", `{"id": 1, "name": "eins"}`, object{"partitionValues": object{"day": "2024-01-01"}}, idAndName...))
	os.Rename(filepath.Join(d.dir, "day=2024-01-01/a%20b.parquet"), filepath.Join(d.dir, "day=2024-01-01/a b.parquet"))
	d.commit(d.add("b.parquet", `{"id": 2, "name": "zwei"}`+"\n"+`{"id": 3}`, object{"partitionValues": object{"day": nil}}, idAndName...))
	d.commit(deltaMeta(nil, []string{"day"}, id, day, name, deltaColumn("price", "decimal(9,2)", nil)),
		remove("day=2024-01-01/a%20b.parquet"),
		d.add("c.parquet", `{"id": 4, "name": "vier", "price": 125}`, object{"partitionValues": object{"day": "2024-01-02"}}, append(idAndName, col("price", -1, "decimal(9,2)"))...))
	db := openDB(t, gsql.Config{Dir: filepath.Dir(d.dir)})
	asks(t, db, [][2]string{
		{"SELECT * FROM t ORDER BY id", "2 <nil> zwei <nil>|3 <nil> <nil> <nil>|4 2024-01-02 00:00:00 +0000 UTC vier 1.25"},
		{"SELECT * FROM delta_scan('t', version => 0)", "1 2024-01-01 00:00:00 +0000 UTC eins"},
		{"SELECT id FROM delta_scan('t', version => 1) ORDER BY 1", "1|2|3"},
		{"SELECT id FROM delta_scan('t', timestamp => '2023-11-14 22:14:20Z') ORDER BY 1", "1|2|3"},
		{"SELECT id FROM delta_scan('t', timestamp => '2023-11-14 22:13:20Z') ORDER BY 1", "1"},
		{"SELECT id FROM delta_scan('t', timestamp => '2023-11-14 22:13:19Z')", "!Delta Lake table \"t\" has no version that is old enough"},
		{"SELECT id FROM delta_scan('t', version => 3)", "!Delta Lake table \"t\" has no version 3"},
		{"SELECT id FROM delta_scan('t', version => 1, timestamp => '2024-01-01')", "!only one option of delta_scan"},
		{"SELECT id FROM t WHERE day IS NULL ORDER BY 1", "2|3"},
		{"SELECT id FROM t WHERE extract(year FROM day) = 2024", "4"},
		{"SELECT id FROM t WHERE _file LIKE '%c.parquet'", "4"},
		{"SELECT id, _file, _row FROM t ORDER BY 1 LIMIT 1", "2 t/b.parquet 1"},
		{"SELECT id, filename, file_row_number FROM delta_scan('t', filename => true, file_row_number => true) ORDER BY 1 LIMIT 1", "2 t/b.parquet 0"},
		{"SELECT count(*), count(name), count(DISTINCT day) FROM t", "3 2 1"},
		{"SELECT version, operation FROM delta_history('t')", "2 TEST|1 TEST|0 TEST"},
		{"SELECT * FROM read_parquet('t')", "!folder \"t\" is a table of Delta Lake, whose files are not read without its log"},
		{"SELECT count(*) FROM 't/*.parquet'", "3"},
		{"SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'", "t"},
	})
}

// Files of which the log says that they have no row that is wanted are not opened: here they are not even there.
func TestDeltaPruning(t *testing.T) {
	d := newDelta(t)
	stats := func(lo, hi, nulls int) string {
		return object{"numRecords": 2, "minValues": object{"id": lo, "name": "a", "at": "2024-01-01T00:00:00.123Z"},
			"maxValues": object{"id": hi, "name": "c", "at": "2024-01-01T00:00:00.123Z"}, "nullCount": object{"id": nulls}}.String()
	}
	cols := append(idAndName, col("at", -1, "timestamptz"))
	d.commit(deltaProtocol(), deltaMeta(nil, []string{"p"}, deltaColumn("id", "integer", nil), deltaColumn("name", "string", nil), deltaColumn("at", "timestamp", nil), deltaColumn("p", "integer", nil)),
		d.add("a.parquet", `{"id": 1, "name": "a", "at": 1704067200123456}`+"\n"+`{"id": 2, "name": "c"}`, object{"partitionValues": object{"p": "1"}, "stats": stats(1, 2, 0)}, cols...),
		object{"add": object{"path": "b.parquet", "size": 1000, "partitionValues": object{"p": "2"}, "stats": stats(3, 4, 0)}},
		object{"add": object{"path": "c.parquet", "size": 1000, "partitionValues": object{"p": "2"}, "stats": stats(5, 6, 2)}})
	db := openDB(t, gsql.Config{Dir: filepath.Dir(d.dir)})
	const gone = "!could not open file \"t/b.parquet\": No such file or directory"
	asks(t, db, [][2]string{
		{"SELECT id FROM t WHERE id < 3 ORDER BY 1", "1|2"},
		{"SELECT id FROM t WHERE p = 1 ORDER BY 1", "1|2"},
		{"SELECT id FROM t WHERE p + 0 < 2 AND name = 'c'", "2"},
		{"SELECT id FROM t WHERE id IN (2, 9)", "2"},
		{"SELECT id FROM t WHERE id < 3 AND at >= '2024-01-01 00:00:00.123456Z'", "1"},
		{"SELECT count(*) FROM t WHERE at > '2024-01-01 00:00:00.124Z'", "0"},
		{"SELECT id FROM t WHERE name > 'c' OR id < 0", ""},
		{"SELECT id FROM t JOIN (VALUES (1)) v(p) USING (p) WHERE id < 3 ORDER BY 1", "1|2"},
		{"SELECT id FROM t WHERE id = 3", gone}, {"SELECT id FROM t", gone}, {"SELECT count(*) FROM t WHERE id > 0", gone},
	})
}

// treemap returns a roaring bitmap of 64 bits of rows below 65,536, as an array, a run or a bitmap.
func treemap(form string, rows ...int) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(le.AppendUint64(nil, 1), 0)
	if form == "run" { // of all rows from the first to the last
		b = append(le.AppendUint32(b, 12347), 1)
		b = le.AppendUint16(le.AppendUint16(b, 0), uint16(len(rows)-1))
		return le.AppendUint16(le.AppendUint16(le.AppendUint16(b, 1), uint16(rows[0])), uint16(len(rows)-1))
	}
	b = le.AppendUint32(le.AppendUint32(b, 12346), 1)
	b = le.AppendUint16(le.AppendUint16(b, 0), uint16(len(rows)-1))
	b = le.AppendUint32(b, uint32(len(b)-12+4))
	if form == "array" {
		for _, r := range rows {
			b = le.AppendUint16(b, uint16(r))
		}
		return b
	}
	bits := make([]byte, 1<<13)
	for _, r := range rows {
		bits[r/8] |= 1 << (r % 8)
	}
	return append(b, bits...)
}

const base85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"

func encode85(b []byte) string {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	var out []byte
	for ; len(b) > 0; b = b[4:] {
		x := binary.BigEndian.Uint32(b)
		var d [5]byte
		for i := range d {
			d[4-i] = base85[x%85]
			x /= 85
		}
		out = append(out, d[:]...)
	}
	return string(out)
}

func vector(form string, rows ...int) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, 1681511377), treemap(form, rows...)...)
}

// vectorFile writes a vector as files have it, behind some bytes, and returns where it begins.
func vectorFile(t *testing.T, path string, v []byte) int {
	b := []byte{1, 9, 9, 9}
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(v))
	writeBytes(t, path, b)
	return 4
}

func rowsFrom(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "{\"id\": %d, \"name\": \"n%d\"}\n", i, i)
	}
	return b.String()
}

func numbers(from, to, step int) (out []int) {
	for i := from; i < to; i += step {
		out = append(out, i)
	}
	return out
}

// Rows that deletion vectors name are left out, whatever is asked for.
func TestDeltaDeletionVectors(t *testing.T) {
	d := newDelta(t)
	inline := vector("array", 0, 3)
	run, bits := vector("run", numbers(10, 500, 1)...), vector("bitmap", numbers(0, 20_000, 3)...)
	uuid := encode85([]byte("\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef"))
	at := vectorFile(t, filepath.Join(d.dir, "xy/deletion_vector_01234567-89ab-cdef-0123-456789abcdef.bin"), run)
	other := filepath.Join(d.dir, "elsewhere.bin")
	vectorFile(t, other, bits)
	with := func(n int, dv object) object {
		return object{"stats": fmt.Sprintf(`{"numRecords": %d}`, n), "deletionVector": dv}
	}
	first := d.add("a.parquet", rowsFrom(0, 5), nil, idAndName...)
	d.commit(deltaProtocol("deletionVectors"), deltaMeta(nil, nil, deltaColumn("id", "long", nil), deltaColumn("name", "string", nil)), first)
	d.commit(remove("a.parquet"),
		d.add("a.parquet", rowsFrom(0, 5), with(5, object{"storageType": "i", "pathOrInlineDv": encode85(inline), "sizeInBytes": len(inline), "cardinality": 2}), idAndName...),
		d.add("b.parquet", rowsFrom(1000, 2000), with(1000, object{"storageType": "u", "pathOrInlineDv": "xy" + uuid, "offset": at, "sizeInBytes": len(run), "cardinality": 490}), idAndName...),
		d.add("c.parquet", rowsFrom(100_000, 120_000), with(20_000, object{"storageType": "p", "pathOrInlineDv": "file://" + other, "offset": 4, "sizeInBytes": len(bits), "cardinality": 6667}), idAndName...))
	for _, parts := range []int{1, 3} {
		for _, batch := range []int{1, 3, 8192} {
			db := openDB(t, gsql.Config{Dir: filepath.Dir(d.dir), Partitions: parts, BatchRows: batch})
			asks(t, db, [][2]string{
				{"SELECT id FROM t WHERE id < 1000 ORDER BY 1", "1|2|4"},
				{"SELECT count(*) FROM t", "13846"},
				{"SELECT count(*), min(id), max(name) FROM t WHERE id < 2000", "513 1 n4"},
				{"SELECT count(*), min(id), max(id), sum(id % 3) FROM t WHERE id >= 100000", "13333 100001 119999 13334"},
				{"SELECT count(*) FROM (SELECT id FROM t LIMIT 700) x", "700"},
				{"SELECT count(*) FROM (SELECT 1 FROM t LIMIT 13000 OFFSET 300) x", "13000"},
				{"SELECT _row FROM t WHERE id IN (4, 1009, 1500) ORDER BY 1", "5|10|501"},
				{"SELECT count(*) FROM t a JOIN t b USING (id, name)", "13846"},
				{"SELECT count(*) FROM delta_scan('t', version => 0)", "5"},
			})
		}
	}
}

// Columns that have other names in files are found by these, or by their IDs, within records too.
func TestDeltaColumnMapping(t *testing.T) {
	for _, mode := range []string{"name", "id"} {
		d := newDelta(t)
		config := object{"delta.columnMapping.mode": mode}
		inner := object{"type": "struct", "fields": []object{deltaColumn("y", "string", mapped(5, "col-y")), deltaColumn("x", "long", mapped(4, "col-x")), deltaColumn("z", "double", mapped(9, "col-z"))}}
		list := object{"type": "array", "elementType": inner, "containsNull": true}
		m := object{"type": "map", "keyType": "string", "valueType": inner, "valueContainsNull": true}
		d.commit(object{"protocol": object{"minReaderVersion": 2, "minWriterVersion": 5}},
			deltaMeta(config, []string{"part"}, deltaColumn("name", "string", mapped(2, "col-2")), deltaColumn("id", "long", mapped(1, "col-1")), deltaColumn("part", "string", mapped(6, "col-6")),
				deltaColumn("s", inner, mapped(3, "col-3")), deltaColumn("l", list, mapped(7, "col-7")), deltaColumn("m", m, mapped(8, "col-8")), deltaColumn("new", "long", mapped(10, "id"))),
			d.add("a.parquet", `{"col-1": 1, "col-2": "eins", "id": 77, "col-3": {"col-x": 5, "col-y": "fünf", "old": 1}, "col-7": [{"col-x": 6}, null], "col-8": {"k": {"col-y": "v"}}}`+"\n"+`{"col-1": 2}`,
				object{"partitionValues": object{"col-6": "p"}, "stats": `{"numRecords": 2, "minValues": {"col-1": 1, "id": 900}, "maxValues": {"col-1": 2, "id": 900}}`},
				col("col-1", 1, "int"), col("col-2", 2, "text"), col("id", 77, "long"),
				col("col-3", 3, "struct", col("old", 80, "long"), col("col-x", 4, "int"), col("col-y", 5, "text")),
				col("col-7", 7, "list", col("element", -1, "struct", col("col-y", 5, "text"), col("col-x", 4, "long"))),
				col("col-8", 8, "map", col("k", -1, "text"), col("v", -1, "struct", col("col-y", 5, "text")))))
		db := openDB(t, gsql.Config{Dir: filepath.Dir(d.dir)})
		lost := "77 77"
		if mode == "id" {
			lost = "<nil> <nil>"
		}
		asks(t, db, [][2]string{
			{"SELECT id, name, part FROM t ORDER BY 1", "1 eins p|2 <nil> p"},
			{"SELECT (s).y, (s).x, (s).z, s IS NULL FROM t ORDER BY id", "fünf 5 <nil> false|<nil> <nil> <nil> true"},
			{"SELECT l::text, m::text FROM t ORDER BY id", `{"(,6,)",NULL} {"(k,\"(v,,)\")"}|<nil> <nil>`},
			{"SELECT min(new), max(new) FROM t", lost},
			{"SELECT id FROM t WHERE id > 1", "2"},
		})
	}
}

// checkpointColumns are those of a checkpoint, with some that are of no use here.
func checkpointColumns() []node {
	text := func(name string) node { return col(name, -1, "text") }
	pairs := func(name string) node { return col(name, -1, "map", text("key"), text("value")) }
	return []node{
		col("txn", -1, "struct", text("appId"), col("version", -1, "long")),
		col("add", -1, "struct", text("path"), pairs("partitionValues"), col("size", -1, "long"), text("stats"), pairs("tags"),
			col("stats_parsed", -1, "struct", col("numRecords", -1, "long"), col("minValues", -1, "struct", col("l", -1, "list", col("element", -1, "list", text("element"))))),
			col("deletionVector", -1, "struct", text("storageType"), text("pathOrInlineDv"), col("offset", -1, "int"), col("sizeInBytes", -1, "int"), col("cardinality", -1, "long"))),
		col("remove", -1, "struct", text("path")),
		col("metaData", -1, "struct", text("id"), col("format", -1, "struct", text("provider"), pairs("options")), text("schemaString"), col("partitionColumns", -1, "list", text("element")), pairs("configuration")),
		col("protocol", -1, "struct", col("minReaderVersion", -1, "int"), col("readerFeatures", -1, "list", text("element"))),
		col("sidecar", -1, "struct", text("path"), col("sizeInBytes", -1, "long")),
	}
}

func jsonLines(actions ...object) string {
	var b strings.Builder
	for _, a := range actions {
		b.WriteString(a.String() + "\n")
	}
	return b.String()
}

// A version is read from the newest complete checkpoint, of any kind, and the commits behind it; earlier ones may be gone.
func TestDeltaCheckpoints(t *testing.T) {
	for _, kind := range []string{"one", "parts", "v2 parquet", "v2 json"} {
		d := newDelta(t)
		protocol := deltaProtocol("deletionVectors", "v2Checkpoint")
		meta := deltaMeta(nil, []string{"p"}, deltaColumn("id", "long", nil), deltaColumn("p", "integer", nil), deltaColumn("name", "string", nil))
		dv := vector("array", 1)
		a := d.add("a.parquet", rowsFrom(0, 3), object{"partitionValues": object{"p": "7"}, "stats": `{"numRecords": 3}`}, idAndName...)
		b := d.add("b.parquet", rowsFrom(10, 13), object{"partitionValues": object{"p": nil}, "stats": `{"numRecords": 3}`,
			"deletionVector": object{"storageType": "i", "pathOrInlineDv": encode85(dv), "sizeInBytes": len(dv), "cardinality": 1}}, idAndName...)
		file := func(name string) string { return filepath.Join(d.dir, "_delta_log", name) }
		const at = "00000000000000000004.checkpoint"
		switch kind {
		case "one":
			parquetFile(t, file(at+".parquet"), jsonLines(protocol, a, meta, remove("x"), b, object{"txn": object{"appId": "x", "version": 1}}), checkpointColumns()...)
		case "parts":
			parquetFile(t, file(at+".0000000001.0000000002.parquet"), jsonLines(protocol, a), checkpointColumns()...)
			parquetFile(t, file(at+".0000000002.0000000002.parquet"), jsonLines(meta, b), checkpointColumns()...)
			parquetFile(t, file("00000000000000000005.checkpoint.0000000001.0000000002.parquet"), jsonLines(meta), checkpointColumns()...) // not complete
		default:
			parquetFile(t, file("_sidecars/s1.parquet"), jsonLines(a), checkpointColumns()...)
			parquetFile(t, file("_sidecars/s2.parquet"), jsonLines(b), checkpointColumns()...)
			top := jsonLines(object{"checkpointMetadata": object{"version": 4}}, protocol, meta, object{"sidecar": object{"path": "s1.parquet", "sizeInBytes": 1}}, object{"sidecar": object{"path": "s2.parquet", "sizeInBytes": 1}})
			if kind == "v2 json" {
				writeBytes(t, file(at+".01234567-89ab-cdef-0123-456789abcdef.json"), []byte(top))
			} else {
				parquetFile(t, file(at+".01234567-89ab-cdef-0123-456789abcdef.parquet"), top, checkpointColumns()...)
			}
		}
		d.version = 5
		d.commit(d.add("c.parquet", rowsFrom(20, 21), object{"partitionValues": object{"p": "8"}}, idAndName...))
		db := openDB(t, gsql.Config{Dir: filepath.Dir(d.dir)})
		asks(t, db, [][2]string{
			{"SELECT id, p, name FROM t ORDER BY id", "0 7 n0|1 7 n1|2 7 n2|10 <nil> n10|12 <nil> n12|20 8 n20"},
			{"SELECT count(*) FROM delta_scan('t', version => 4)", "5"},
			{"SELECT count(*) FROM delta_scan('t', version => 3)", "!version 3 of Delta Lake table \"t\" is not there any more"},
		})
	}
}

// Files may have narrower types than the table has by now.
func TestDeltaTypes(t *testing.T) {
	d := newDelta(t)
	c := func(name, typ string) object { return deltaColumn(name, typ, nil) }
	d.commit(deltaProtocol("typeWidening", "timestampNtz"),
		deltaMeta(nil, []string{"pb", "pd", "pt", "pn", "pf", "ps"}, c("b", "byte"), c("l", "long"), c("d", "double"), c("x", "decimal(20,4)"), c("f", "double"), c("n", "timestamp_ntz"), c("z", "timestamp"), c("y", "binary"), c("v", "void"),
			c("pb", "boolean"), c("pd", "date"), c("pt", "timestamp"), c("pn", "decimal(5,2)"), c("pf", "double"), c("ps", "string"),
			deltaColumn("aa", object{"type": "array", "elementType": object{"type": "array", "elementType": "long", "containsNull": true}, "containsNull": true}, nil)),
		d.add("a.parquet", `{"b": -7, "l": 5, "d": 6, "x": 125, "f": 0.5, "n": 19000, "z": 1700000000000000, "y": "ab"}`,
			object{"partitionValues": object{"pb": "true", "pd": "2024-02-29", "pt": "2024-02-29 12:30:00.5", "pn": "1.50", "pf": "NaN", "ps": "a=b/ü"}},
			col("b", -1, "int"), col("l", -1, "int"), col("d", -1, "int"), col("x", -1, "decimal(9,2)"), col("f", -1, "float"), col("n", -1, "date"), col("z", -1, "timestamp"), col("y", -1, "text")))
	asks(t, openDB(t, gsql.Config{Dir: filepath.Dir(d.dir)}), [][2]string{
		{"SELECT b, l, d, x, f, n::text, z::text, y::text, v FROM t", `-7 5 6 1.2500 0.5 2022-01-08 00:00:00 2023-11-14 22:13:20+00 \x6162 <nil>`},
		{"SELECT pb, pd::text, pt::text, pn, pf, ps FROM t", "true 2024-02-29 2024-02-29 12:30:00.5+00 1.50 NaN a=b/ü"},
		{"SELECT count(*) FROM t WHERE pf > 1e300 AND pn = 1.5 AND pt = '2024-02-29 12:30:00.5Z'", "1"},
		{"SELECT aa FROM t", "!column \"aa\" of Parquet file"},
	})
}

// What a reader must know and does not is refused by its name, and what is damaged is told with its place.
func TestDeltaErrors(t *testing.T) {
	id := deltaColumn("id", "long", nil)
	meta := deltaMeta(nil, nil, id)
	one := func(actions ...object) func(d *deltaTable) { return func(d *deltaTable) { d.commit(actions...) } }
	raw := func(name, text string) func(d *deltaTable) {
		return func(d *deltaTable) { writeBytes(d.t, filepath.Join(d.dir, "_delta_log", name), []byte(text)) }
	}
	vectorOf := func(rows int, v object) func(d *deltaTable) {
		return func(d *deltaTable) {
			d.commit(deltaProtocol("deletionVectors"), meta, d.add("a.parquet", rowsFrom(0, rows), object{"deletionVector": v}, idAndName...))
		}
	}
	dv := vector("array", 1)
	good := object{"storageType": "i", "pathOrInlineDv": encode85(dv), "sizeInBytes": len(dv), "cardinality": 1}
	but := func(k string, v any) object {
		o := object{}
		for key, x := range good {
			o[key] = x
		}
		o[k] = v
		return o
	}
	for _, c := range []struct {
		make func(d *deltaTable)
		want string
	}{
		{one(deltaProtocol("columnMapping", "fromTheFuture"), meta), `Delta Lake table "t" has the feature "fromTheFuture", which is not supported`},
		{one(object{"protocol": object{"minReaderVersion": 4}}, meta), `Delta Lake table "t" is for readers of version 4`},
		{one(deltaProtocol(), deltaMeta(object{"delta.columnMapping.mode": "x"}, nil, id)), `Delta Lake table "t" has the column mapping "x"`},
		{one(deltaProtocol()), `the log of Delta Lake table "t" does not say what columns`},
		{one(deltaProtocol(), deltaMeta(nil, nil, deltaColumn("id", "int96", nil))), `the schema of Delta Lake table "t" cannot be read: type "int96" is not known`},
		{one(deltaProtocol(), deltaMeta(nil, []string{"q"}, id)), `Delta Lake table "t" is partitioned by column "q", which it has not`},
		{one(deltaProtocol(), deltaMeta(nil, []string{"id"}, id), object{"add": object{"path": "x", "partitionValues": object{"id": "abc"}}}), `file "` + "…" + `" of a Delta Lake log is damaged: the value "abc"`},
		{one(deltaProtocol(), deltaMeta(nil, []string{"id"}, id), object{"add": object{"path": "x", "partitionValues": object{}}}), `file "…" of a Delta Lake log is damaged: file "x" has no value of column "id"`},
		{one(deltaProtocol(), meta, object{"add": object{"path": "x", "size": -1}}), `file "…" of a Delta Lake log is damaged: it adds a file without a name`},
		{one(deltaProtocol(), meta, object{"add": object{"path": "%zz"}}), `file "…" of a Delta Lake log is damaged: the path of file "%zz" is not valid`},
		{one(deltaProtocol(), meta, object{"add": object{"path": "../../etc/passwd.parquet"}}), `permission denied to read "t/../../etc/passwd.parquet"`},
		{one(deltaProtocol(), meta, object{"add": object{"path": "gone.parquet", "size": 5}}), `could not open file "t/gone.parquet": No such file or directory`},
		{raw("00000000000000000000.json", "{}\n{\"add\": 7}"), `file "…" of a Delta Lake log is damaged: line 2 is no action`},
		{raw("00000000000000000000.json", `{"add": {"path": "x", "size": 1e400}}`), `file "…" of a Delta Lake log is damaged: line 1 is no action`},
		{raw("00000000000000000002.json", "{}"), `the log of Delta Lake table "t" is not complete: version 0 is missing`},
		{raw("99999999999999999999.json", "{}"), `folder "t" has no commits in its log`},
		{raw("00000000000000000000.checkpoint.parquet", "PAR1"), `Parquet file "…" is damaged`},
		{vectorOf(2, but("storageType", "x")), `Delta Lake table "t" has a deletion vector of the kind "x"`},
		{vectorOf(2, but("cardinality", 2)), `the deletion vector of file "a.parquet" in "the log" is damaged: it has 1 rows and not 2`},
		{vectorOf(1, good), `the deletion vector of file "a.parquet" in "the log" is damaged: its bitmap has a row that the file has not`},
		{vectorOf(2, but("sizeInBytes", 1<<40)), `a deletion vector in the log of Delta Lake table "t" is damaged`},
		{vectorOf(2, but("sizeInBytes", -1)), `file "…" of a Delta Lake log is damaged: the deletion vector of file "a.parquet" has numbers below zero`},
		{vectorOf(2, but("pathOrInlineDv", encode85(make([]byte, len(dv))))), `the deletion vector of file "a.parquet" in "the log" is damaged: it does not begin as one`},
		{vectorOf(2, object{"storageType": "u", "pathOrInlineDv": "x", "cardinality": 1}), `the log of Delta Lake table "t" has a deletion vector without the name`},
		{vectorOf(2, object{"storageType": "p", "pathOrInlineDv": "file:///nowhere/x.bin", "cardinality": 1}), `could not open file "/nowhere/x.bin"`},
	} {
		d := newDelta(t)
		c.make(d)
		got := answerOf(openDB(t, gsql.Config{Dir: filepath.Dir(d.dir)}), "SELECT id FROM t")
		begin, end, two := strings.Cut(c.want, "…")
		if !strings.HasPrefix(got, "!"+begin) || two && !strings.Contains(got, end) {
			t.Errorf("got %s, want !%s", got, c.want)
		}
	}
}

// A server reads what lies in its folders, whatever a log names.
func TestLakePermissions(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.parquet")
	parquetFile(t, secret, rowsFrom(0, 1), idAndName...)
	dv := vector("array", 0)
	vectorFile(t, secret+".bin", dv)
	for _, path := range []string{secret, "file://" + secret, "file:" + secret, "link.parquet", "sub/secret.parquet", "s3://bucket/x.parquet", "http://127.0.0.1:1/x.parquet", "../" + filepath.Base(filepath.Dir(secret)) + "/secret.parquet"} {
		d := newDelta(t)
		os.MkdirAll(d.dir, 0o755)
		os.Symlink(secret, filepath.Join(d.dir, "link.parquet"))
		os.Symlink(filepath.Dir(secret), filepath.Join(d.dir, "sub"))
		meta := deltaMeta(nil, nil, deltaColumn("id", "long", nil))
		d.commit(deltaProtocol(), meta, object{"add": object{"path": path, "size": 100, "partitionValues": object{}}})
		db := openDB(t, gsql.Config{Dir: filepath.Dir(d.dir), Restrict: true})
		asks(t, db, [][2]string{{"SELECT id FROM t", "!permission denied to read"}, {"SELECT * FROM delta_scan('" + secret + "')", "!permission denied to read"}})
		if strings.HasPrefix(path, "/") {
			open := openDB(t, gsql.Config{Dir: filepath.Dir(d.dir)})
			asks(t, open, [][2]string{{"SELECT id FROM t", "0"}})
		}
	}
	d := newDelta(t)
	d.commit(deltaProtocol("deletionVectors"), deltaMeta(nil, nil, deltaColumn("id", "long", nil)),
		d.add("a.parquet", rowsFrom(0, 2), object{"deletionVector": object{"storageType": "p", "pathOrInlineDv": "file://" + secret + ".bin", "offset": 4, "sizeInBytes": len(dv), "cardinality": 1}}, idAndName...))
	asks(t, openDB(t, gsql.Config{Dir: filepath.Dir(d.dir)}), [][2]string{{"SELECT id FROM t", "1"}})
	asks(t, openDB(t, gsql.Config{Dir: filepath.Dir(d.dir), Restrict: true}), [][2]string{{"SELECT id FROM t", "!permission denied to read"}})
}
