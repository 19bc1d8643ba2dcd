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

// parquet compares random tables that DuckDB has written to Parquet.
func parquet(ctx context.Context, o options, e *engines) error {
	t := &parquetTest{options: o, engines: e, began: time.Now()}
	for seed := o.seed; t.compared < o.rows && t.failures < o.fail; seed++ {
		if err := t.one(ctx, seed); err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
		if seed%20 == 0 {
			t.report(seed)
		}
	}
	t.report(0)
	if t.failures > 0 {
		return fmt.Errorf("%d differences", t.failures)
	}
	return nil
}

// parquetTest is the state of a run.
type parquetTest struct {
	options
	*engines
	began    time.Time
	compared int // rows of whole tables
	queries  int
	refused  int // columns
	unread   int // files that DuckDB cannot read
	failures int
}

func (t *parquetTest) report(seed uint64) {
	if seed > 0 {
		fmt.Printf("seed %d: ", seed)
	}
	fmt.Printf("%d rows of whole tables, %d queries, %d columns left out that gsql refuses, %d files that DuckDB cannot read, %d differences, %v\n",
		t.compared, t.queries, t.refused, t.unread, t.failures, time.Since(t.began).Round(time.Second))
}

// maxTable is how many rows a table has at most.
const maxTable = 300_000

// one compares the table of a seed.
func (t *parquetTest) one(ctx context.Context, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 1))
	dir := filepath.Join(t.dir, fmt.Sprint("seed", seed))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	before := t.failures
	defer func() {
		if !t.keep || t.failures == before {
			os.RemoveAll(dir)
		}
	}()
	table := newTable(r, maxTable)
	options, err := t.write(ctx, r, dir, table)
	if err != nil {
		return err
	}
	about := fmt.Sprintf("seed %d, written with %s\n%s", seed, options, table.query(0, table.rows))
	return t.compareFiles(ctx, r, dir+"/*.parquet", about)
}

// files compares each of the files that a pattern names.
func files(ctx context.Context, o options, e *engines, pattern string) error {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return err
	}
	t := &parquetTest{options: o, engines: e, began: time.Now()}
	for i, path := range paths {
		r := rand.New(rand.NewPCG(o.seed, uint64(i)))
		if err := t.compareFiles(ctx, r, path, path); err != nil {
			t.failures++
			fmt.Printf("%s: %v\n", path, err)
		}
		if t.failures >= o.fail {
			break
		}
	}
	t.report(0)
	if t.failures > 0 {
		return fmt.Errorf("%d differences", t.failures)
	}
	return nil
}

// compareFiles compares the table of some files, which are printed as is said about them where they differ.
func (t *parquetTest) compareFiles(ctx context.Context, r *rand.Rand, glob, about string) error {
	from := "read_parquet(" + quoteText(glob) + ")"
	fields, err := t.describe(ctx, "SELECT * FROM "+from)
	if err != nil {
		return err
	}
	var list []string
	var kept []field
	for _, f := range fields {
		if refuses(f.typ) {
			t.refused++
			continue
		}
		list, kept = append(list, f.name), append(kept, f)
	}
	if len(kept) == 0 {
		return nil
	}
	fail := func(query, diff string) {
		t.failures++
		fmt.Printf("%s\n%s\n%s\n\n", about, query, diff)
	}
	whole := "SELECT " + strings.Join(list, ", ") + " FROM " + from
	db := t.gsql[r.IntN(len(t.gsql))]
	rows, diff := t.check(ctx, db, whole, kept)
	if strings.Contains(diff, "DuckDB: Invalid Error: BYTE_STREAM_SPLIT encoding is only") {
		t.unread++
		return nil
	}
	if diff != "" {
		fail(whole, diff)
		return nil
	}
	t.compared += rows
	c, err := newConditions(ctx, r, t.engines, from, kept)
	if err != nil {
		return err
	}
	for range queriesPerTable {
		ours, theirs := c.query()
		if t.verb {
			fmt.Println(ours)
		}
		t.queries++
		if _, diff := t.compare(ctx, db, ours, theirs); diff != "" {
			fail(ours+"\n"+theirs, diff)
		}
	}
	return nil
}

// queriesPerTable is how many queries with conditions are asked of each table.
const queriesPerTable = 6

// check compares a whole table, types and all.
func (t *parquetTest) check(ctx context.Context, db *gsql.DB, query string, fields []field) (int, string) {
	cols, err := t.ours(ctx, db, query+" LIMIT 0", func([]byte) {})
	if err != nil {
		return 0, "gsql: " + err.Error()
	}
	ours := make([]field, len(cols))
	for i, c := range cols {
		ours[i] = field{c.Name, c.Type.String()}
	}
	if diff := typeDiff(ours, fields); diff != "" {
		return 0, diff
	}
	t.queries++
	return t.compare(ctx, db, query, query)
}

// write writes a table as one or more files with random options, which it returns.
func (t *parquetTest) write(ctx context.Context, r *rand.Rand, dir string, table randomTable) (string, error) {
	options := writeOptions(r)
	files := 1
	if r.IntN(3) == 0 {
		files = 2 + r.IntN(4)
	}
	for f := range files {
		from, to := table.rows*f/files, table.rows*(f+1)/files
		copy := fmt.Sprintf("COPY (%s) TO '%s/%d.parquet' (%s)", table.query(from, to), dir, f, options)
		if err := t.exec(ctx, copy); err != nil {
			return "", err
		}
	}
	return options, nil
}

func writeOptions(r *rand.Rand) string {
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	o := []string{"FORMAT parquet", "COMPRESSION " + pick("uncompressed", "snappy", "snappy", "gzip", "zstd", "lz4", "lz4_raw", "brotli"),
		"PARQUET_VERSION " + pick("v1", "v2")}
	if r.IntN(2) == 0 {
		o = append(o, fmt.Sprintf("ROW_GROUP_SIZE %d", []int{1, 100, 2048, 5000, 20000, 122880, 300000}[r.IntN(7)]))
	}
	if r.IntN(3) == 0 {
		o = append(o, fmt.Sprintf("DICTIONARY_SIZE_LIMIT %d", []int{1, 10, 1000, 1 << 20}[r.IntN(4)]))
	}
	if r.IntN(4) == 0 {
		o = append(o, fmt.Sprintf("STRING_DICTIONARY_PAGE_SIZE_LIMIT %d", 1+r.IntN(100000)))
	}
	if r.IntN(4) == 0 {
		o = append(o, "WRITE_BLOOM_FILTER "+pick("true", "false"))
	}
	return strings.Join(o, ", ")
}
