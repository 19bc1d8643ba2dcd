package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gsql"
)

// source is what stands behind FROM in both engines, over some files.
type source struct{ about, from string }

// folder makes a folder of files of all formats and compares each as a table: the columns, their types, the rows, and
// aggregates.
//
// What differs for reasons, and is compared in another way:
//
//   - Nested values of JSON are records and lists in DuckDB and json in gsql; they are compared as JSON, in which a member
//     that an object lacks is the same as one that is null.
//   - Fractions are double precision in both for CSV, but a number that DuckDB takes for DOUBLE and gsql for numeric is
//     compared as double precision.
//   - Texts of JSON that are times or UUIDs are of these types in DuckDB and text in gsql, and timestamps with a T and
//     fractions of seconds are text in DuckDB and timestamps in gsql: they are cast.
//   - Keys of Hive folders come in the order of the folders in gsql and of their names in DuckDB: columns are found by name.
//   - Files of JSON that say nothing about a column but null, and other columns that are text in one engine and json in the
//     other, are compared as JSON.
//   - A CSV file of text alone has its header said by an option, since it cannot be told.
//   - Excel, Avro and Arrow files need extensions of DuckDB, and are not compared.
func folder(ctx context.Context, o options, e *engines) error {
	t := &folderTest{options: o, engines: e, began: time.Now(), formats: map[string]int{}}
	for seed := o.seed; t.compared < o.rows && t.failures < o.fail; seed++ {
		dir := filepath.Join(o.dir, fmt.Sprint("folder", seed))
		before := t.failures
		r := rand.New(rand.NewPCG(seed, 2))
		for i, kind := range folderKinds {
			s, err := kind(t, ctx, r, filepath.Join(dir, fmt.Sprint(i)))
			if err != nil {
				return fmt.Errorf("seed %d: %w", seed, err)
			}
			if err := t.one(ctx, seed, s); err != nil {
				return fmt.Errorf("seed %d: %s: %w", seed, s.about, err)
			}
		}
		if !o.keep || t.failures == before {
			os.RemoveAll(dir)
		}
	}
	fmt.Printf("%d tables %v, %d rows, %d that DuckDB cannot read, %d differences, %v\n", t.tables, t.formats, t.compared, t.unread, t.failures, time.Since(t.began).Round(time.Second))
	if t.failures > 0 {
		return fmt.Errorf("%d differences", t.failures)
	}
	return nil
}

// folderTest is the state of a run.
type folderTest struct {
	options
	*engines
	began    time.Time
	compared int
	tables   int
	unread   int // that DuckDB cannot read
	failures int
	formats  map[string]int
}

// folderKinds make the files of one table each, in a folder of its own.
var folderKinds = []func(t *folderTest, ctx context.Context, r *rand.Rand, dir string) (source, error){
	(*folderTest).csvFile, (*folderTest).csvFile, (*folderTest).csvFile, (*folderTest).csvFile, (*folderTest).csvGlob, (*folderTest).csvUnion,
	(*folderTest).jsonFile, (*folderTest).jsonFile, (*folderTest).jsonGlob, (*folderTest).hiveCSV, (*folderTest).parquetFiles, (*folderTest).hiveParquet, (*folderTest).parquetUnion,
	(*folderTest).duckCSV,
}

func pickOf[T any](r *rand.Rand, s ...T) T { return s[r.IntN(len(s))] }

func fileRows(r *rand.Rand) int { return pickOf(r, 1, 2, 50, 3000, 3000, 30000) }

// csvFile is a file of a dialect that both find out.
func (t *folderTest) csvFile(_ context.Context, r *rand.Rand, dir string) (source, error) {
	table, d := newTextTable(r, fileRows(r)), newDialect(r)
	ext := pickOf(r, ".csv", ".csv", ".csv.gz", ".csv.zst")
	if d.delim == "\t" {
		ext = strings.Replace(ext, "csv", "tsv", 1)
	}
	path := filepath.Join(dir, "x"+ext)
	var options []string
	if d.null != "" {
		options = append(options, "nullstr => "+quoteText(d.null))
	}
	if table.allText() || len(table.rows) < 3 || r.IntN(6) == 0 {
		options = append(options, fmt.Sprintf("header => %t", d.header))
	}
	if len(table.rows) < 60 { // so few do not settle a dialect
		options = append(options, "delim => "+quoteText(d.delim), `quote => '"'`, `escape => '"'`)
	}
	from := quoteText(path)
	if len(options) > 0 {
		from = fmt.Sprintf("read_csv(%s, %s)", from, strings.Join(options, ", "))
	}
	return source{fmt.Sprintf("csv %+v", d), from}, save(path, table.csv(d))
}

// csvGlob is a number of files of one dialect and the same columns.
func (t *folderTest) csvGlob(_ context.Context, r *rand.Rand, dir string) (source, error) {
	table, d := newTextTable(r, 3000), newDialect(r)
	d.header, d.null = true, ""
	for i := range 3 {
		part := textTable{table.cols, table.rows[1000*i : 1000*(i+1)]}
		if err := save(filepath.Join(dir, fmt.Sprintf("%d.csv", i)), part.csv(d)); err != nil {
			return source{}, err
		}
	}
	return source{fmt.Sprintf("csv glob %+v", d), fmt.Sprintf("read_csv('%s/*.csv', header => true)", dir)}, nil
}

// csvUnion is files of different columns.
func (t *folderTest) csvUnion(_ context.Context, r *rand.Rand, dir string) (source, error) {
	table, d := newTextTable(r, 2000), newDialect(r)
	d.header, d.null = true, ""
	half := 1 + r.IntN(len(table.cols)-1)
	for i, cols := range [][2]int{{0, half}, {half - 1, len(table.cols)}} {
		part := textTable{cols: table.cols[cols[0]:cols[1]]}
		for _, row := range table.rows[1000*i : 1000*(i+1)] {
			part.rows = append(part.rows, row[cols[0]:cols[1]])
		}
		if err := save(filepath.Join(dir, fmt.Sprintf("%d.csv", i)), part.csv(d)); err != nil {
			return source{}, err
		}
	}
	return source{fmt.Sprintf("csv union %+v", d), fmt.Sprintf("read_csv('%s/*.csv', header => true, union_by_name => true, delim => %s, quote => '\"', escape => '\"')", dir, quoteText(d.delim))}, nil
}

func (t *folderTest) jsonFile(_ context.Context, r *rand.Rand, dir string) (source, error) {
	table, array := newTextTable(r, fileRows(r)), r.IntN(2) == 0
	ext := pickOf(r, ".json", ".ndjson", ".jsonl")
	if array {
		ext = ".json"
	}
	path := filepath.Join(dir, "x"+ext+pickOf(r, "", "", ".gz", ".zst"))
	return source{fmt.Sprintf("json array %t", array), quoteText(path)}, save(path, table.json(r, array))
}

func (t *folderTest) jsonGlob(_ context.Context, r *rand.Rand, dir string) (source, error) {
	table := newTextTable(r, 3000)
	for i := range 3 {
		part := textTable{table.cols, table.rows[1000*i : 1000*(i+1)]}
		if err := save(filepath.Join(dir, fmt.Sprintf("%d.json", i)), part.json(rand.New(rand.NewPCG(1, 1)), i == 1)); err != nil {
			return source{}, err
		}
	}
	return source{"json glob", fmt.Sprintf("read_json('%s/*.json')", dir)}, nil
}

func (t *folderTest) hiveCSV(_ context.Context, r *rand.Rand, dir string) (source, error) {
	table, d := newTextTable(r, 4000), newDialect(r)
	d.header, d.null, d.delim = true, "", ","
	for i := range 4 {
		part := textTable{table.cols, table.rows[1000*i : 1000*(i+1)]}
		path := filepath.Join(dir, fmt.Sprintf("year=%d/name=%s/x.csv", 2020+i/2, []string{"a", "b c", "__HIVE_DEFAULT_PARTITION__", "d%2Fe"}[i]))
		if err := save(path, part.csv(d)); err != nil {
			return source{}, err
		}
	}
	return source{"csv hive", fmt.Sprintf("read_csv('%s/**/*.csv', header => true, delim => ',', quote => '\"', escape => '\"', hive_partitioning => true)", dir)}, nil
}

// parquetFiles is files of DuckDB's of one table.
func (t *folderTest) parquetFiles(ctx context.Context, r *rand.Rand, dir string) (source, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return source{}, err
	}
	table := newTable(r, 20000)
	for i := range 2 {
		copy := fmt.Sprintf("COPY (%s) TO '%s/%d.parquet' (%s)", table.query(table.rows*i/2, table.rows*(i+1)/2), dir, i, writeOptions(r))
		if err := t.exec(ctx, copy); err != nil {
			return source{}, err
		}
	}
	return source{"parquet", fmt.Sprintf("'%s/*.parquet'", dir)}, nil
}

func (t *folderTest) hiveParquet(ctx context.Context, r *rand.Rand, dir string) (source, error) {
	copy := fmt.Sprintf("COPY (SELECT i AS id, hash(i) %% 5 AS k, 'v' || i %% 3 AS name, DATE '2024-01-01' + (i %% 4)::INTEGER AS day FROM range(%d) t(i)) TO '%s' (FORMAT parquet, PARTITION_BY (%s))",
		100+r.IntN(2000), dir, pickOf(r, "k", "k, name", "day", "name, day"))
	return source{"parquet hive", fmt.Sprintf("read_parquet('%s/**/*.parquet')", dir)}, t.exec(ctx, copy)
}

// parquetUnion is files of columns in another order, of wider types, and of more columns.
func (t *folderTest) parquetUnion(ctx context.Context, r *rand.Rand, dir string) (source, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return source{}, err
	}
	for i, list := range []string{"i::SMALLINT AS a, 'x' || i AS b, i / 4 AS c", "'y' || i AS b, i::BIGINT * 1000000 AS a", "i::INTEGER AS a, DATE '2024-01-01' AS d, i::FLOAT AS c"} {
		copy := fmt.Sprintf("COPY (SELECT %s FROM range(%d) t(i)) TO '%s/%d.parquet'", list, 1+r.IntN(3000), dir, i)
		if err := t.exec(ctx, copy); err != nil {
			return source{}, err
		}
	}
	return source{"parquet union", fmt.Sprintf("read_parquet('%s/*.parquet', union_by_name => true)", dir)}, nil
}

// duckCSV is what DuckDB writes of a random table of its types.
func (t *folderTest) duckCSV(ctx context.Context, r *rand.Rand, dir string) (source, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return source{}, err
	}
	copy := fmt.Sprintf(`COPY (SELECT i, i * 1.5 AS n, 'name ' || hash(i) %% 100 AS s, TIMESTAMP '2020-01-01' + to_seconds(i * 1000) AS at, DATE '2020-01-01' + (i %% 1000)::INTEGER AS d,
		i %% 2 = 0 AS f, CASE WHEN i %% 3 > 0 THEN i / 7 END AS x, TIME '00:00:00' + to_seconds(i %% 86400) AS c, (i * 0.01)::DECIMAL(12, 2) AS p FROM range(%d) t(i)) TO '%s/x.csv'`, 1+r.IntN(5000), dir)
	return source{"csv of DuckDB", fmt.Sprintf("'%s/x.csv'", dir)}, t.exec(ctx, copy)
}

// one compares a table.
func (t *folderTest) one(ctx context.Context, seed uint64, s source) error {
	db := t.gsql[seed%uint64(len(t.gsql))]
	if t.verb {
		fmt.Println(s.from)
	}
	fail := func(query, diff string) {
		t.failures++
		fmt.Printf("seed %d: %s\n%s\n%s\n\n", seed, s.about, query, diff)
	}
	whole := "SELECT * FROM " + s.from
	theirs, err := t.describe(ctx, whole)
	if err != nil { // some dialects are not found out
		t.unread++
		if t.verb {
			fmt.Println(err)
		}
		return nil
	}
	cols, err := t.ours(ctx, db, whole+" LIMIT 0", func([]byte) {})
	if err != nil {
		fail(whole, err.Error())
		return nil
	}
	c, diff := pair(cols, theirs)
	if diff != "" {
		fail(whole, diff)
		return nil
	}
	rows, diff := t.compare(ctx, db, c.query(false, s.from), c.query(true, s.from))
	if diff != "" {
		fail(c.query(true, s.from), diff)
		return nil
	}
	if _, diff := t.compare(ctx, db, c.aggregates(false, s.from), c.aggregates(true, s.from)); diff != "" {
		fail(c.aggregates(true, s.from), diff)
	}
	t.tables++
	t.compared += rows
	t.formats[strings.Fields(s.about)[0]]++
	return nil
}

// paired is the columns of a table, in expressions of the same type in both engines.
type paired struct{ ours, theirs, simple []string }

// casts are the types that columns are cast to where they have different ones: by the types in gsql and in DuckDB.
var casts = map[[2]string]string{
	{"text", "UUID"}: "uuid",
	{"text", "TIME"}: "time",
	{"timestamp without time zone", "VARCHAR"}: "timestamp",
	{"bigint", "HUGEINT"}:                      "numeric(38, 0)",
}

// pair finds how columns are compared; diff says that they do not have the same names and types.
func pair(ours []gsql.Column, theirs []field) (p paired, diff string) {
	types := map[string]string{}
	for _, f := range theirs {
		types[f.name] = f.typ
	}
	if len(ours) != len(theirs) || len(types) != len(theirs) {
		return p, fmt.Sprintf("columns: gsql has %v, DuckDB has %v", ours, theirs)
	}
	for _, c := range ours {
		their, ok := types[c.Name]
		name, typ, want := quoteName(c.Name), c.Type.String(), expected(their)
		a, b := name, name
		switch cast := casts[[2]string{typ, their}]; {
		case !ok:
			return p, fmt.Sprintf("columns: gsql has %v, DuckDB has %v", ours, theirs)
		case refuses(their) && typ == "json" && !strings.Contains(their, "JSON"):
			continue // which gsql does not read, from Parquet
		case typ == want:
			if typ != "json" && their != "TIMESTAMP_NS" && !strings.HasPrefix(typ, "record") && !strings.HasSuffix(typ, "[]") {
				p.simple = append(p.simple, name)
			}
		case typ == "json" && their != "VARCHAR":
			b = "CAST(to_json(" + name + ") AS VARCHAR)"
		case strings.HasPrefix(typ, "numeric") && want == "double precision":
			a = "CAST(" + name + " AS double precision)"
		case cast != "":
			a, b = "CAST("+name+" AS "+cast+")", "CAST("+name+" AS "+cast+")"
		default:
			return p, fmt.Sprintf("column %q is %v in gsql and %v in DuckDB", c.Name, typ, their)
		}
		p.ours, p.theirs = append(p.ours, a+" AS "+name), append(p.theirs, b+" AS "+name)
	}
	return p, ""
}

func (p paired) query(theirs bool, from string) string {
	list := p.ours
	if theirs {
		list = p.theirs
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM " + from
}

// aggregates is a query of counts, of least and greatest values, and of groups.
func (p paired) aggregates(_ bool, from string) string {
	list := []string{"count(*)"}
	for _, c := range p.simple {
		list = append(list, "count("+c+")", "count(DISTINCT "+c+")")
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM " + from
}
