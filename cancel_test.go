package gsql_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gsql"
	"gsql/exec/exectest"
	"gsql/exec/sqlstate"
)

// cancelQueries spend their time in one operator each, over the table of db-benchmark's group-by task as CSV (c),
// Parquet (p) and JSON (j). Their results do not depend on the order of rows, and most are small.
var cancelQueries = []struct {
	name, sql string
	// inMemory is why the query cannot spill and so may fail with 53200; "" when it can.
	inMemory string
}{
	{name: "scan csv", sql: "SELECT * FROM c WHERE v1 + v2 * v3 < 0"},
	{name: "scan parquet", sql: "SELECT * FROM p WHERE v1 + v2 * v3 < 0"},
	{name: "scan json", sql: "SELECT * FROM j WHERE v1 + v2 * v3 < 0"},
	{name: "series", sql: "SELECT count(*) FROM generate_series(1, 20000000) g WHERE g % 7 = 9"},
	{name: "regexp", sql: "SELECT count(*) FROM c WHERE id3 || id1 || id2 ~ '(1|2).*(3|45).*i.*[67]$'"},

	{name: "group by int", sql: "SELECT id6, sum(v1), sum(v2) FROM p GROUP BY id6 HAVING sum(v1) < 0"},
	{name: "group by text", sql: "SELECT id3, id1, sum(v1) FROM c GROUP BY 1, 2 HAVING sum(v1) < 0"},
	{name: "group by all", sql: "SELECT count(*), sum(s) FROM (SELECT id1, id2, id3, id4, id5, id6, sum(v1) AS s FROM p GROUP BY 1, 2, 3, 4, 5, 6) x"},
	{name: "count distinct", sql: "SELECT id4, count(DISTINCT id6), count(DISTINCT id3) FROM p GROUP BY id4"},
	{name: "count distinct of all", sql: "SELECT count(DISTINCT v3), count(DISTINCT id3) FROM p"},
	{name: "median", sql: "SELECT id4, median(v2), percentile_cont(0.9) WITHIN GROUP (ORDER BY v3) FROM p GROUP BY id4"},
	{name: "mode", sql: "SELECT mode() WITHIN GROUP (ORDER BY id3), median(v3) FROM c"},
	{name: "string_agg", sql: "SELECT sum(length(s)) FROM (SELECT id6, string_agg(id3, ',' ORDER BY v3) AS s FROM p GROUP BY id6) x"},
	{name: "string_agg of all", sql: "SELECT length(string_agg(id3, ',')) FROM p", inMemory: "one value has all rows"},
	{name: "array_agg", sql: "SELECT sum(length(s::text)) FROM (SELECT id6, array_agg(v3) AS s FROM p GROUP BY id6) x"},
	{name: "array_agg of all", sql: "SELECT length(array_agg(id3 ORDER BY v3)::text) FROM p", inMemory: "one value has all rows"},

	{name: "inner join", sql: "SELECT count(*), sum(a.v1 * b.v1) FROM p a JOIN p b USING (id6)"},
	{name: "left join", sql: "SELECT count(*), count(b.v1) FROM p a LEFT JOIN c b ON a.id3 = b.id3 AND a.id6 = b.id6 AND a.v3 = b.v3"},
	{name: "right join", sql: "SELECT count(*), count(a.v1) FROM p a RIGHT JOIN c b ON a.id3 = b.id3 AND a.v3 = b.v3 AND a.v1 < b.v2"},
	{name: "full join", sql: "SELECT count(*), count(a.v1), count(b.v1) FROM p a FULL JOIN c b ON a.id6 = b.id6 AND a.v3 = b.v3"},
	{name: "semi join", sql: "SELECT count(*) FROM p a WHERE EXISTS (SELECT FROM c b WHERE a.id3 = b.id3 AND a.v2 < b.v1)"},
	{name: "anti join", sql: "SELECT count(*) FROM p a WHERE NOT EXISTS (SELECT FROM c b WHERE a.id6 = b.id6 AND a.v3 < b.v3 - 1)"},
	{name: "mark join", sql: "SELECT count(*) FROM p WHERE v3 IN (SELECT v3 + 1 FROM c) OR v1 NOT IN (SELECT v2 FROM c)"},
	{name: "single join", sql: "SELECT sum((SELECT max(v2) FROM c WHERE c.id3 = p.id3)) FROM p"},
	{name: "nested loop", sql: "SELECT count(*) FROM p a JOIN (SELECT * FROM c LIMIT 1000) b ON a.v3 < b.v3 * 0.001"},
	{name: "left nested loop", sql: "SELECT count(*) FROM p a LEFT JOIN (SELECT * FROM c LIMIT 5000) b ON a.id3 < b.id3 AND a.v3 > 99 AND b.v3 > 99"},

	{name: "sort by int", sql: "SELECT * FROM (SELECT id6, id5, v1 FROM p ORDER BY id6, id5, v1 OFFSET 50000) x WHERE v1 < 0"},
	{name: "sort by float", sql: "SELECT * FROM (SELECT v3, v1 FROM p ORDER BY v3 DESC OFFSET 50000) x WHERE v1 < 0"},
	{name: "sort by text", sql: "SELECT * FROM (SELECT id3, id1, v1 FROM c ORDER BY id3, id1 DESC OFFSET 50000) x WHERE v1 < 0"},
	{name: "sort by many", sql: "SELECT * FROM (SELECT * FROM c ORDER BY id1 DESC, v3, id3, id6 DESC OFFSET 50000) x WHERE v1 < 0"},
	{name: "top-n", sql: "SELECT v3, id6 FROM c ORDER BY v3 * v1, id6 LIMIT 5"},
	{name: "large top-n", sql: "SELECT count(*) FROM (SELECT v3, id6 FROM c ORDER BY v3, id6 LIMIT 50000) x"},

	{name: "row_number", sql: "SELECT sum(r) FROM (SELECT row_number() OVER (PARTITION BY id6 ORDER BY v3) AS r FROM p) x"},
	{name: "window over all", sql: "SELECT sum(r), sum(d) FROM (SELECT rank() OVER w AS r, v2 - lag(v2) OVER w AS d FROM p WINDOW w AS (ORDER BY id6, v3)) x"},
	{name: "frame of rows", sql: "SELECT max(r) FROM (SELECT sum(v1) OVER (ORDER BY v3, v1 ROWS BETWEEN 1000 PRECEDING AND 1000 FOLLOWING) AS r FROM p) x"},
	{name: "frame of a range", sql: "SELECT max(r) FROM (SELECT max(v2) OVER (PARTITION BY id4 ORDER BY v3 RANGE BETWEEN 1 PRECEDING AND 2 FOLLOWING) AS r FROM p) x",
		inMemory: "the frames may be larger than memory"},

	{name: "union", sql: "SELECT count(*) FROM (SELECT id3, id6, v3 FROM p UNION SELECT id3, id6, v3 + 1 FROM c) x"},
	{name: "intersect", sql: "SELECT count(*) FROM (SELECT id3, id6, v3 FROM p INTERSECT SELECT id3, id6, v3 FROM c) x"},
	{name: "except all", sql: "SELECT count(*) FROM (SELECT id3, id6, v3 FROM p EXCEPT ALL SELECT id3, id6, v3 FROM c WHERE v1 > 1) x"},
	{name: "grouping sets", sql: "SELECT count(*), sum(s) FROM (SELECT id1, id2, id3, sum(v1) AS s FROM p GROUP BY CUBE (id1, id2, id3)) x"},
	{name: "recursion", sql: "WITH RECURSIVE r(n, id) AS (SELECT 1, id6 FROM p UNION SELECT n + 1, id * 7 % 1000 FROM r WHERE n < 20) SELECT count(*) FROM r"},
	{name: "common table", sql: "WITH m AS MATERIALIZED (SELECT * FROM c WHERE v1 > 1) SELECT count(*) FROM m a JOIN m b ON a.v3 = b.v3 AND a.id3 = b.id3"},
	{name: "merge", sql: "SELECT count(*) FROM (SELECT id6, row_number() OVER (PARTITION BY id6 ORDER BY id3) AS r FROM (SELECT * FROM p ORDER BY id6, id3) x) y WHERE r < 5"},

	{name: "rows of a join", sql: "SELECT a.*, b.id3 FROM p a JOIN c b USING (id6) WHERE a.v3 < 10"},
	{name: "rows of a sort", sql: "SELECT id3, v3, v1 FROM c ORDER BY v3, id3, v1"},
	{name: "rows of groups", sql: "SELECT id3, id6, v3, count(*) FROM p GROUP BY 1, 2, 3"},
}

// cancelEffort is how much is tried.
type cancelEffort struct {
	rows    int           // of each file
	memory  int64         // when it is little
	longest time.Duration // of a query's run in which it is cancelled
	budget  time.Duration // for cancelling a query, after it was tried once
	soon    time.Duration // a cancelled query ends by then
	crowds  int
}

func newCancelEffort() cancelEffort {
	if exectest.Long() {
		return cancelEffort{rows: 200_000, memory: 4 << 20, longest: 300 * time.Millisecond, budget: 150 * time.Millisecond,
			soon: 5 * time.Second, crowds: 25}
	}
	return cancelEffort{rows: 30_000, memory: 512 << 10, longest: 100 * time.Millisecond, soon: 10 * time.Second, crowds: 3}
}

// TestCancelAtAnyMoment cancels queries at random moments, with ample memory and with so little that they spill. Each
// ends soon with 57014, unless it had finished with its whole result, and leaves nothing behind, nor does one whose result is
// not read to its end.
func TestCancelAtAnyMoment(t *testing.T) {
	dir, effort := t.TempDir(), newCancelEffort()
	writeCancelFiles(t, dir, effort.rows)
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	var all []time.Duration
	for _, memory := range []int64{-1, effort.memory} {
		temp := t.TempDir()
		// each runs f, after which nothing may be left.
		each := func(t *testing.T, db *gsql.DB, f func()) {
			goroutines := runtime.NumGoroutine()
			f()
			checkNothingIsLeft(t, db, goroutines, dir, temp)
		}
		db := openDB(t, gsql.Config{Dir: dir, Partitions: 4, Workers: 3, MemoryLimit: memory, TempDir: temp})
		for _, q := range cancelQueries {
			t.Run(fmt.Sprintf("%s/memory=%d", strings.ReplaceAll(q.name, " ", "-"), memory), func(t *testing.T) {
				c := &canceler{t: t, db: db, sql: q.sql, mayFail: q.inMemory != "" && memory > 0}
				c.measure(effort.longest)
				for end := time.Now().Add(effort.budget); ; {
					each(t, db, func() { c.cancelAfter(time.Duration(rng.Float64() * 1.1 * float64(c.took))) })
					if t.Failed() || time.Now().After(end) {
						break
					}
				}
				each(t, db, func() { c.abandonAfter(rng.IntN(3)) })
				all = append(all, c.delays...)
				t.Logf("%v alone, %d files; cancelled after %v", c.took, c.spilled, c.delays)
			})
		}
		t.Run(fmt.Sprintf("crowds/memory=%d", memory), func(t *testing.T) {
			db := openDB(t, gsql.Config{Dir: dir, Partitions: 3, Workers: 1, MemoryLimit: memory, TempDir: temp})
			for range effort.crowds {
				each(t, db, func() { all = append(all, cancelCrowd(t, db, rng, effort.longest, memory > 0)...) })
			}
		})
	}
	if len(all) == 0 {
		return
	}
	slices.Sort(all)
	t.Logf("%d queries were cancelled (seed %d); it took %v by the median, %v by the 99th percentile, %v at most",
		len(all), seed, all[len(all)/2], all[len(all)*99/100], all[len(all)-1])
	if worst := all[len(all)-1]; worst > effort.soon {
		t.Errorf("cancelling took up to %v (seed %d)", worst, seed)
	}
}

// cancelCrowd cancels queries that run at once, so that some of them wait for a worker.
func cancelCrowd(t *testing.T, db *gsql.DB, rng *rand.Rand, longest time.Duration, little bool) []time.Duration {
	var crowd []*canceler
	var wg sync.WaitGroup
	for range 6 {
		q := cancelQueries[rng.IntN(len(cancelQueries))]
		c := &canceler{t: t, db: db, sql: q.sql, mayFail: little}
		crowd = append(crowd, c)
		delay := time.Duration(rng.IntN(int(longest)))
		wg.Go(func() { c.cancelAfter(delay) })
	}
	wg.Wait()
	var delays []time.Duration
	for _, c := range crowd {
		delays = append(delays, c.delays...)
	}
	return delays
}

func writeCancelFiles(t *testing.T, dir string, rows int) {
	x := newGroupByTable(rows, 100)
	x.writeCSV(t, filepath.Join(dir, "c.csv"))
	x.writeParquet(t, filepath.Join(dir, "p.parquet"))
	var b []byte
	for i := range x.v3 {
		b = fmt.Appendf(b, `{"id1":%q,"id2":%q,"id3":%q,"id6":%d,"v1":%d,"v2":%d,"v3":%g}`+"\n",
			x.texts[0][i], x.texts[1][i], x.texts[2][i], x.ints[2][i], x.ints[3][i], x.ints[4][i], x.v3[i])
	}
	if err := os.WriteFile(filepath.Join(dir, "j.ndjson"), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// canceler cancels one query several times.
type canceler struct {
	t       *testing.T
	db      *gsql.DB
	sql     string
	mayFail bool // with 53200

	took    time.Duration // to the end, or at least
	spilled int64         // files
	want    []string      // the result; nil: not known
	delays  []time.Duration
}

// measure runs the query to its end, or for so long.
func (c *canceler) measure(longest time.Duration) {
	ctx, cancel := context.WithTimeout(c.t.Context(), longest)
	defer cancel()
	start := time.Now()
	rows, err := runQueryContext(ctx, c.db, c.sql)
	c.took = min(time.Since(start), longest)
	if c.judge(rows, err); err == nil {
		c.want = append([]string{}, rows...)
	}
	qs := c.db.Queries()
	c.spilled = qs[len(qs)-1].SpilledFiles
}

// cancelAfter runs the query, cancels it after a while, and notes how long it went on.
func (c *canceler) cancelAfter(delay time.Duration) {
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	cancelled := make(chan time.Time, 1)
	timer := time.AfterFunc(delay, func() {
		cancelled <- time.Now()
		cancel()
	})
	rows, err := runQueryContext(ctx, c.db, c.sql)
	end := time.Now()
	if !timer.Stop() {
		c.delays = append(c.delays, max(0, end.Sub(<-cancelled)))
	}
	c.judge(rows, err)
}

// abandonAfter runs the query and closes it after some batches.
func (c *canceler) abandonAfter(batches int) {
	rows, err := c.db.Query(c.t.Context(), c.sql)
	if err != nil {
		c.t.Fatal(describe(err))
	}
	for range batches {
		if _, err := rows.NextBatch(); err != nil {
			break
		}
	}
	if err := rows.Close(); err != nil {
		c.t.Errorf("%s: closed after %d batches: %v", c.sql, batches, err)
	}
}

// judge checks what became of the query.
func (c *canceler) judge(rows []string, err error) {
	switch {
	case err == nil:
		if slices.Sort(rows); c.want != nil && !slices.Equal(rows, c.want) {
			c.t.Errorf("%s: cancelled late, it returned %q instead of %q", c.sql, rows, c.want)
		}
	case sqlstate.Of(err) == sqlstate.OutOfMemory && c.mayFail:
	case sqlstate.Of(err) != sqlstate.QueryCanceled:
		c.t.Errorf("%s: %s", c.sql, describe(err))
	}
}

// checkNothingIsLeft checks that a database whose queries have ended holds nothing, has no files open below the
// directories, and runs no more goroutines than before.
func checkNothingIsLeft(t *testing.T, db *gsql.DB, goroutines int, dirs ...string) {
	t.Helper()
	if s := db.Status(); s.MemoryHeld != 0 || s.SpillUsed != 0 || s.WorkersBusy != 0 || s.TasksQueued != 0 {
		t.Errorf("at the end there are left: %+v", s)
	}
	for _, dir := range dirs {
		if left, _ := filepath.Glob(filepath.Join(dir, "process-*", "*.arrows")); len(left) > 0 {
			t.Errorf("temporary files are left: %q", left)
		}
		if open := openFiles(dir); len(open) > 0 {
			t.Errorf("files are open: %q", open)
		}
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > goroutines; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			t.Fatalf("goroutines are left:\n%s", buf[:runtime.Stack(buf, true)])
		}
	}
}

// openFiles returns the files below a directory that this process has open, but for the lock of temporary files; on
// systems without /proc, none.
func openFiles(dir string) []string {
	var open []string
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, l := range links {
		if path, err := os.Readlink(l); err == nil && strings.HasPrefix(path, dir) && filepath.Base(path) != "lock" {
			open = append(open, path)
		}
	}
	return open
}
