package gsql_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gsql"
	"gsql/exec/exectest"
)

var kills = flag.Int("kills", 0, "how often TestWritesThatAreKilled kills each kind of write; 0: a few times, more with -long")

// killedSQL names the statement that TestKilledWriter runs, when it is the child of TestWritesThatAreKilled.
const killedSQL, killedDir = "GSQL_TEST_WRITE", "GSQL_TEST_DIR"

// TestKilledWriter is what is killed.
func TestKilledWriter(t *testing.T) {
	sql := os.Getenv(killedSQL)
	if sql == "" {
		t.Skip("runs as the child of another test")
	}
	db, err := gsql.Open(gsql.Config{Dir: os.Getenv(killedDir), AllowWrite: true, Partitions: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	answer(t, db, sql)
}

func startWriter(t *testing.T, dir, sql string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWriter$")
	cmd.Env = append(os.Environ(), killedSQL+"="+sql, killedDir+"="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// A process that is killed while it writes leaves what was there before, or all of what it wrote, and nothing that is in the
// way of others.
func TestWritesThatAreKilled(t *testing.T) {
	rounds := 2
	switch {
	case *kills > 0:
		rounds = *kills
	case exectest.Long():
		rounds = 12
	}
	const rows = " (SELECT i, i % 20 AS k, 'some text of row ' || i AS s FROM generate_series(1, 100000) i) TO "
	const old, all = "10|55", "100000|5000050000"
	for _, c := range []struct{ name, before, sql, from string }{
		{"new file", "", "COPY" + rows + "'x.csv'", "x.csv"},
		{"replaced file", "COPY (SELECT i, 1 AS k, 'x' AS s FROM generate_series(1, 10) i) TO 'x.parquet' (OVERWRITE)", "COPY" + rows + "'x.parquet' (OVERWRITE)", "x.parquet"},
		{"new folder", "", "COPY" + rows + "'x/' (FORMAT json, FILE_SIZE '1MB')", "x"},
		{"new partitions", "", "COPY" + rows + "'x/' (FORMAT parquet, PARTITION_BY k)", "x"},
		{"replaced folder", "COPY (SELECT i, 1 AS k, 'x' AS s FROM generate_series(1, 10) i) TO 'x/' (FORMAT csv, OVERWRITE)", "COPY" + rows + "'x/' (FORMAT csv, OVERWRITE, FILE_SIZE '1MB')", "x"},
		{"replaced partitions", "COPY (SELECT i, i % 3 AS k, 'x' AS s FROM generate_series(1, 10) i) TO 'x/' (FORMAT parquet, PARTITION_BY k, OVERWRITE)", "COPY" + rows + "'x/' (FORMAT parquet, PARTITION_BY k, OVERWRITE)", "x"},
		{"added file", "COPY (SELECT i, 1 AS k, 'x' AS s FROM generate_series(1, 10) i) TO 'x/' (FORMAT csv, OVERWRITE)", "COPY" + rows + "'x/' (FORMAT csv, APPEND)", "x"},
		{"added partitions", "COPY (SELECT i, i % 3 AS k, 'x' AS s FROM generate_series(1, 10) i) TO 'x/' (FORMAT parquet, PARTITION_BY k, OVERWRITE)", "COPY" + rows + "'x/' (FORMAT parquet, PARTITION_BY k, APPEND)", "x"},
		{"inserted file", "COPY (SELECT i, 1::bigint AS k, 'x' AS s FROM generate_series(1::bigint, 10) i) TO 'x/' (FORMAT parquet, OVERWRITE)",
			"INSERT INTO x SELECT i, i % 20, 'some text of row ' || i FROM generate_series(1::bigint, 100000) i", "x"},
		{"rows in order", "COPY (SELECT i, 1 AS k, 'x' AS s FROM generate_series(1, 10) i) TO 'x/' (FORMAT parquet, OVERWRITE)",
			"COPY (SELECT i, i % 20 AS k, 'some text of row ' || i AS s FROM generate_series(1, 100000) i ORDER BY s DESC) TO 'x/' (FORMAT parquet, OVERWRITE, FILE_SIZE '1MB')", "x"},
	} {
		adds := strings.Contains(c.sql, "APPEND") || strings.HasPrefix(c.sql, "INSERT")
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			db, dir := openWriting(t)
			begin := func() {
				if c.before != "" {
					answer(t, db, c.before)
					return
				}
				if err := os.RemoveAll(filepath.Join(dir, c.from)); err != nil {
					t.Fatal(err)
				}
			}
			begin()
			start := time.Now()
			if err := startWriter(t, dir, c.sql).Wait(); err != nil {
				t.Fatal(err)
			}
			whole := time.Since(start)
			want := map[string]bool{all: true}
			switch {
			case c.before == "":
				want["none"] = true
			case adds:
				want = map[string]bool{old: true, "100010|5000050055": true}
			default:
				want[old] = true
			}
			for round := range rounds {
				begin()
				cmd := startWriter(t, dir, c.sql)
				time.Sleep(time.Duration(rand.Float64() * 1.1 * float64(whole)))
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
				got := contentOf(t, db, dir, c.from)
				if !want[got] && !(c.name == "added partitions" && partly(t, dir)) {
					t.Fatalf("round %d: there is %s", round, got)
				}
				// The next write, of something else, finishes or removes what is left.
				answer(t, db, fmt.Sprintf("COPY (SELECT 1) TO 'other.csv' (OVERWRITE)"))
				if adds {
					answer(t, db, "COPY (SELECT 1::int AS i, 1::int AS k, 'x' AS s WHERE false) TO 'x/' (FORMAT parquet, PARTITION_BY k, APPEND)")
				}
				if got := contentOf(t, db, dir, c.from); !want[got] {
					t.Fatalf("round %d: after the next write there is %s", round, got)
				}
				for _, name := range tree(t, dir) {
					if strings.Contains(name, ".gsql-") {
						t.Fatalf("round %d: %s is left", round, name)
					}
				}
			}
		})
	}
}

// contentOf returns the number of rows and their sum; "none" when there is no file.
func contentOf(t *testing.T, db *gsql.DB, dir, from string) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, from)); os.IsNotExist(err) {
		return "none"
	}
	return answer(t, db, "SELECT count(*), sum(i) FROM '"+from+"'")
}

// partly reports whether a stage has a journal: its files are being added.
func partly(t *testing.T, dir string) bool {
	t.Helper()
	for _, name := range tree(t, dir) {
		if strings.HasSuffix(name, "/journal") {
			return true
		}
	}
	return false
}
