package gsql_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gsql"
	"gsql/planner"
)

// what differs from run to run, or whenever an operator holds its rows in another way: milliseconds, lines on memory.
var (
	maskedTimes  = regexp.MustCompile(`\b[0-9]+\.[0-9]{3}\b`)
	maskedMemory = regexp.MustCompile(`(?m)^ *"?(Peak )?Memory"?: .*\n`)
)

// TestExplain compares what EXPLAIN prints with testdata/explain. A case is a comment, a statement, and behind ---- what
// it prints with numbers masked. There is one partition.
func TestExplain(t *testing.T) {
	const file = "testdata/explain/analyze.txt"
	db := openDB(t, gsql.Config{Dir: "testdata/files", Partitions: 1})
	var got []string
	for _, c := range strings.Split(strings.Trim(read(t, file), "\n"), "\n\n") {
		head, _, _ := strings.Cut(c, "\n----")
		_, query, _ := strings.Cut(head, "\n")
		rows, err := runQuery(db, query)
		if err != nil {
			t.Errorf("%s: %s", query, describe(err))
		}
		text := maskedMemory.ReplaceAllString(maskedTimes.ReplaceAllString(lines(rows), "T")+"\n", "")
		got = append(got, head+"\n----\n"+text)
	}
	all := strings.Join(got, "\n")
	switch {
	case *rewrite:
		if err := os.WriteFile(file, []byte(all), 0o644); err != nil {
			t.Fatal(err)
		}
	case all != read(t, file):
		t.Errorf("%s differs; got\n%s", file, all)
	}
}

// lines joins the rows of runQuery, with lines as they were.
func lines(rows []string) string { return strings.ReplaceAll(strings.Join(rows, "\n"), `\n`, "\n") }

// TestExplainIsJSON reads EXPLAIN's JSON as clients do.
func TestExplainIsJSON(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files", Partitions: 2})
	rows, err := runQuery(db, "EXPLAIN (ANALYZE, FORMAT JSON) SELECT city, '<&>' FROM sales ORDER BY 1, 2")
	if err != nil {
		t.Fatal(err)
	}
	var doc []struct {
		Plan struct {
			NodeType string  `json:"Node Type"`
			Rows     float64 `json:"Actual Rows"`
			Plans    []any
		}
		Execution float64 `json:"Execution Time"`
		Memory    int64   `json:"Peak Memory"`
	}
	if err := json.Unmarshal([]byte(lines(rows)), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc) != 1 || doc[0].Plan.Rows != 1000 || doc[0].Execution <= 0 || len(doc[0].Plan.Plans) != 1 {
		t.Errorf("got %+v", doc)
	}
	if doc[0].Memory == 0 {
		t.Error("sorting took no memory")
	}
	for _, format := range []string{"YAML", "XML"} {
		if _, err := runQuery(db, "EXPLAIN (FORMAT "+format+") SELECT 1"); err == nil || !strings.HasPrefix(describe(err), "0A000") {
			t.Errorf("FORMAT %s: %v", format, err)
		}
	}
}

// TestTimesAddUp: the operators' own times are the total of the root, and no task is busy for longer than the query
// takes.
func TestTimesAddUp(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files", Partitions: 4})
	for _, query := range []string{
		"SELECT a % 1000, count(*), sum(a) FROM range(2000000) t(a) GROUP BY 1 ORDER BY 2, 1",
		"SELECT count(*) FROM range(500000) t(a) JOIN range(300000) u(b) ON a = b",
		"SELECT city, count(*) FROM sales GROUP BY city UNION ALL SELECT city, 1 FROM cities",
		"SELECT a, row_number() OVER (ORDER BY -a) FROM range(300000) t(a) LIMIT 10",
	} {
		rows, err := db.Query(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
		}
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
		r := rows.Report()
		checkTimes(t, query, r)
		// Once more, from what is kept.
		if again := rows.Report(); again.Root.Measured.Rows != r.Root.Measured.Rows {
			t.Errorf("%s: %d rows, then %d", query, r.Root.Measured.Rows, again.Root.Measured.Rows)
		}
	}
}

func checkTimes(t *testing.T, query string, r *planner.Report) {
	t.Helper()
	var self time.Duration
	tasks, ids := 0, []int{}
	r.Root.Each(func(o *planner.Operator) {
		ids = append(ids, o.ID)
		m := o.Measured
		if m.Self < 0 || m.Waited < 0 || m.First > m.Last {
			t.Errorf("%s: %s has times %+v", query, o.Title, *m)
		}
		var rows int64
		for _, n := range m.PartRows {
			rows += n
		}
		if rows != m.Rows || len(m.PartRows) != o.Partitions {
			t.Errorf("%s: %s: partitions with %v rows, %d in all", query, o.Title, m.PartRows, m.Rows)
		}
		self += m.Self
	})
	if self != r.Root.Measured.Total || self != r.Totals.Busy {
		t.Errorf("%s: own times %v, total of the root %v, of the query %v", query, self, r.Root.Measured.Total, r.Totals.Busy)
	}
	var staged []int
	for i, s := range r.Stages {
		tasks += len(s.Tasks)
		staged = append(staged, s.Operators...)
		if s.ID != i+1 || slices.ContainsFunc(s.Inputs, func(in int) bool { return in >= s.ID || in < 1 }) {
			t.Errorf("%s: stage %d is number %d and reads %v", query, s.ID, i+1, s.Inputs)
		}
		for _, task := range s.Tasks {
			if task.State == "failed" || task.Busy > r.Execution || task.Elapsed > r.Execution {
				t.Errorf("%s: task %+v of a query that took %v", query, task, r.Execution)
			}
		}
	}
	slices.Sort(ids)
	slices.Sort(staged)
	if !slices.Equal(ids, staged) {
		t.Errorf("%s: operators %v are in stages, of %v", query, staged, ids)
	}
	// A join's table is made by further goroutines, as many as partitions.
	if most := r.Execution * time.Duration(tasks+4); self > most {
		t.Errorf("%s: busy for %v in %v with %d tasks", query, self, r.Execution, tasks)
	}
}
