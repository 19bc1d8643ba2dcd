package main

import (
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"path/filepath"

	"gsql"
)

const eventsFile = "events.parquet"

// writeEvents has gsql write a file that is in the order of a time, in large row groups, with page indexes and a Bloom filter of an
// identifier.
func writeEvents(path string, rows int) error {
	db, err := gsql.Open(gsql.Config{AllowWrite: true})
	if err != nil {
		return err
	}
	defer db.Close()
	r, err := db.Query(context.Background(), fmt.Sprintf(`COPY (
		SELECT timestamp '2024-01-01' + i * interval '1 second' AS happened, md5(i::text)::uuid AS id, 'kind ' || i %% 50 AS kind,
		       (i * 7919 %% 100003) / 8.0::double precision AS value, 'note ' || i * 31 %% 1000003 AS note
		FROM generate_series(0::bigint, %d) t(i) ORDER BY happened) TO '%s' (FORMAT parquet, ROW_GROUP_SIZE 1000000, BLOOM_FILTER (id))`, rows-1, path))
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		if _, err := r.NextBatch(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// pruneQueries find few of the events.
func pruneQueries(dir string) []query {
	from := "'" + filepath.Join(dir, eventsFile) + "'"
	id := func(i int) string { return fmt.Sprintf("'%x'::uuid", md5.Sum(fmt.Append(nil, i))) }
	return []query{
		{name: "minutes", sql: "SELECT count(*), sum(value) FROM " + from + " WHERE happened >= timestamp '2024-01-20 10:00:00' AND happened < timestamp '2024-01-20 10:05:00'"},
		{name: "rows", sql: "SELECT happened, kind, value, note FROM " + from + " WHERE happened BETWEEN timestamp '2024-01-30 00:00:01' AND timestamp '2024-01-30 00:01:00'"},
		{name: "kind", sql: "SELECT kind, count(*) FROM " + from + " WHERE happened >= timestamp '2024-02-01' AND happened < timestamp '2024-02-02' GROUP BY kind"},
		{name: "id", sql: "SELECT happened, kind, value, note FROM " + from + " WHERE id = " + id(1_234_567)},
		{name: "absent", sql: "SELECT count(*) FROM " + from + " WHERE id = " + id(-1)},
		{name: "in", sql: "SELECT happened, kind, value, note FROM " + from + " WHERE id IN (" + id(17) + ", " + id(18) + ", " + id(-5) + ")"},
		{name: "join", sql: "SELECT happened, kind, value, note FROM (VALUES (" + id(99) + "), (" + id(-9) + ")) k(id) JOIN " + from + " e ON e.id = k.id"},
	}
}
