package gsql_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gsql"
)

var rewrite = flag.Bool("rewrite", false, "write the plans that EXPLAIN prints into the files of testdata/plans")

// TestPlans compares what EXPLAIN prints with the files of testdata/plans. A case is
//
//	# What the plan shows and why it is a good one.
//	SELECT ... or @file.sql
//	----
//	the plan
//
// and a file's first line names the folder of its tables. Statements that are no queries, such as CREATE VIEW, have
// no plan. There are two partitions.
func TestPlans(t *testing.T) {
	files, err := filepath.Glob("testdata/plans/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no plans: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			first, rest, _ := strings.Cut(read(t, f), "\n")
			dir, ok := strings.CutPrefix(first, "# dir: ")
			if !ok {
				t.Fatalf("%s does not begin with a line such as # dir: testdata/files", f)
			}
			db := openDB(t, gsql.Config{Dir: dir, Partitions: 2})
			got := []string{first + "\n"}
			for _, c := range strings.Split(strings.Trim(rest, "\n"), "\n\n") {
				got = append(got, explainCase(t, db, f, c))
			}
			all := strings.Join(got, "\n")
			switch {
			case *rewrite:
				if err := os.WriteFile(f, []byte(all), 0o644); err != nil {
					t.Fatal(err)
				}
			case all != read(t, f):
				t.Errorf("%s differs; see what changes with git diff after go test -run Plans . -rewrite. Got\n%s", f, all)
			}
		})
	}
}

// explainCase returns a case with the plan as it is now.
func explainCase(t *testing.T, db *gsql.DB, file, c string) string {
	if !strings.HasPrefix(c, "# ") {
		t.Errorf("%s: a case has no sentence of intent: %s", file, c)
	}
	head, _, _ := strings.Cut(c, "\n----")
	var sql []string
	for _, l := range strings.Split(head, "\n") {
		if !strings.HasPrefix(l, "#") {
			sql = append(sql, l)
		}
	}
	query := strings.Join(sql, "\n")
	if name, ok := strings.CutPrefix(query, "@"); ok {
		query = read(t, name)
	}
	if !strings.HasPrefix(query, "CREATE ") {
		query = "EXPLAIN (COSTS off) " + query
	}
	plan, err := runQuery(db, query)
	if err != nil {
		t.Errorf("%s: %s\n%s", file, describe(err), query)
	}
	if !strings.HasPrefix(query, "EXPLAIN ") {
		return head + "\n"
	}
	return head + "\n----\n" + strings.Join(plan, "\n") + "\n"
}
