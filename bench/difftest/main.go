// Command difftest runs random queries on gsql and on PostgreSQL and compares the answers. With the names of files
// as arguments, it runs the statements of these instead.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// queriesPerData is how many queries are asked of the same tables.
const queriesPerData = 250

// options are the flags.
type options struct {
	dsn, dir, sql string
	seed, n       int64
	fail          int
	verbose       bool
	patience      time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.dsn, "dsn", "host=/tmp/pg port=5499 user=postgres dbname=difftest", "PostgreSQL database whose tables may be replaced")
	flag.StringVar(&o.dir, "dir", "", "folder for the data files; default a temporary one")
	flag.Int64Var(&o.seed, "seed", 1, "number of the first query")
	flag.Int64Var(&o.n, "n", 1000, "how many queries")
	flag.IntVar(&o.fail, "fail", 20, "stop after so many differences")
	flag.BoolVar(&o.verbose, "v", false, "print all queries")
	flag.DurationVar(&o.patience, "shrink", 20*time.Second, "how long to shrink a failing query")
	flag.StringVar(&o.sql, "sql", "", "compare this query on the tables of the seed, in all configurations")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "difftest:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	ctx := context.Background()
	if files := flag.Args(); len(files) > 0 {
		p, err := connect(ctx, o.dsn)
		if err != nil {
			return err
		}
		return script(ctx, p, files)
	}
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "difftest")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		o.dir = dir
	}
	p, err := connect(ctx, o.dsn)
	if err != nil {
		return err
	}
	t := &tester{options: o, pg: p, excuses: map[string]int{}, kinds: map[string]int{}, codes: map[string]int{}, data: -1}
	if t.cat, err = readCatalog(ctx, p); err != nil {
		return err
	}
	if o.verbose {
		fmt.Printf("-- gsql lacks %s\n", strings.Join(t.cat.missing, ", "))
	}
	defer t.summary()
	if o.sql != "" {
		return t.one(ctx)
	}
	for seed := o.seed; seed < o.seed+o.n && t.failures < o.fail; seed++ {
		if err := t.prepare(ctx, seed/queriesPerData); err != nil {
			return err
		}
		t.query(ctx, seed)
	}
	if t.failures > 0 {
		return fmt.Errorf("%d differences", t.failures)
	}
	return nil
}

// tester holds the state of a run.
type tester struct {
	options
	pg      *postgres
	cat     *catalog
	data    int64
	zone    string
	tables  []*table
	views   []*table
	configs []*config

	done, agreed, errors, failures int
	excuses, kinds, codes          map[string]int
}

var zones = []string{"UTC", "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"}

// prepare makes the tables of a number, unless they are there.
func (t *tester) prepare(ctx context.Context, data int64) error {
	if t.data == data {
		return nil
	}
	t.data = data
	r := rand.New(rand.NewSource(data ^ 0x5eed))
	t.zone = zones[r.Intn(len(zones))]
	if err := t.pg.exec(ctx, "SET TimeZone = '"+t.zone+"'"); err != nil {
		return err
	}
	tables, views, err := makeTables(ctx, r, t.dir, t.pg)
	if err != nil {
		return err
	}
	t.tables, t.views = tables, nil
	for _, c := range t.configs {
		c.db.Close()
	}
	if t.configs, err = matrix(t.zone); err != nil {
		return err
	}
	for _, v := range views {
		if err := t.everywhere(ctx, v); err != nil {
			return fmt.Errorf("%s: %w", v, err)
		}
	}
	views = append(views, t.makeViews(ctx, r)...)
	script := strings.Join(append(views, ""), ";\n")
	return os.WriteFile(filepath.Join(t.dir, "views.sql"), []byte("SET TimeZone = '"+t.zone+"';\n"+script), 0o644)
}

// everywhere runs a statement on all configurations of gsql.
func (t *tester) everywhere(ctx context.Context, sql string) error {
	for _, c := range t.configs {
		rows, err := c.db.Query(ctx, sql)
		if err != nil {
			return err
		}
		if err := rows.Close(); err != nil {
			return err
		}
	}
	return nil
}

// makeViews makes views of random queries that both engines accept.
func (t *tester) makeViews(ctx context.Context, r *rand.Rand) (created []string) {
	var views []*table
	for i := range 6 {
		g := &gen{Rand: r, cat: t.cat, tables: t.tables}
		q := g.query(nil, nil, queryOptions{depth: 1, sub: 1, derived: true})
		v := &table{name: fmt.Sprintf("view%d", i), columns: q.cols, key: q.key, lenience: q.sql.lenience()}
		text := q.sql.String()
		if a := t.pg.query(ctx, text); a.code != "" || len(a.rows) > 100 {
			continue
		}
		if a := ask(ctx, t.configs[0].db, text); a.code != "" {
			continue
		}
		create := "CREATE VIEW " + v.name + " AS " + text
		if t.pg.exec(ctx, "DROP VIEW IF EXISTS "+v.name+" CASCADE; "+create) != nil || t.everywhere(ctx, create) != nil {
			continue
		}
		v.definition = create
		views = append(views, v)
		created = append(created, create)
	}
	t.views = views
	return created
}

// query makes, runs and compares the query of a seed.
func (t *tester) query(ctx context.Context, seed int64) {
	r := rand.New(rand.NewSource(seed))
	g := &gen{Rand: r, cat: t.cat, tables: t.tables, views: t.views}
	root := g.top()
	c := t.configs[r.Intn(len(t.configs))]
	if t.verbose {
		fmt.Printf("-- seed %d, %s\n%s;\n", seed, c.name, root)
	}
	_, want, v := t.compare(ctx, c, root)
	t.done++
	if want.code != "" {
		t.errors++
		t.codes[want.code+" "+want.msg]++
	}
	if v.excuse != "" {
		t.excuses[v.excuse]++
	} else if v.kind == "" {
		t.agreed++
	}
	if v.kind == "" {
		return
	}
	t.report(ctx, seed, c, root, v)
}

func (t *tester) compare(ctx context.Context, c *config, root *node) (got, want *answer, v verdict) {
	sql := root.String()
	want = t.pg.query(ctx, sql)
	got = ask(ctx, c.db, sql)
	return got, want, compare(got, want, root)
}

// report shrinks a failing query and prints it with both answers.
func (t *tester) report(ctx context.Context, seed int64, c *config, root *node, v verdict) {
	original := root.String()
	if c.optimized != nil && strings.HasPrefix(v.kind, "error 57014") {
		if _, _, w := t.compare(ctx, c.optimized, root); w.kind == "" {
			t.excuses["takes too long without the optimizer"]++
			return
		}
	}
	small := shrink(root, func(n *node) bool {
		_, _, w := t.compare(ctx, c, n)
		return w.kind == v.kind
	}, t.patience)
	first := v
	got, want, v := t.compare(ctx, c, small)
	excuse := excused(small, t.withViews(small), got, want, v)
	switch {
	case v.kind == "" && strings.HasPrefix(first.kind, "error "):
		excuse = "which of several errors comes first changes from run to run"
	case runtimeError(want.code) && t.pg.query(ctx, "EXPLAIN "+small.String()).code == want.code:
		excuse = "PostgreSQL computes constants that no row needs, or others first"
	case excuse != "":
	case runtimeError(got.code) && t.foldedByOptimizer(ctx, c, small):
		excuse = "without the optimizer, functions of NULL compute their other arguments"
	case runtimeError(got.code) && runtimeError(want.code) && t.firstByRow(ctx, c, small, want):
		excuse = "which of several errors comes first: the first row's, or that of the first expression for some row"
	case got.code != "" && want.code != "" && t.bothErrors(ctx, c, small, got, want):
		excuse = "which of several errors comes first (" + v.kind + ")"
	}
	if excuse != "" {
		t.excuses[excuse]++
		if t.verbose {
			fmt.Printf("-- excused: %s\n%s;\n%s\n\n", excuse, small, v.detail)
		}
		return
	}
	t.failures++
	t.kinds[v.kind]++
	fmt.Printf("---- seed %d, %s, TimeZone=%s: %s differ\n%s;\n%s\n", seed, c.name, t.zone, v.kind, small, v.detail)
	if t.verbose {
		fmt.Printf("shrunk from\n%s;\n", original)
	}
	fmt.Println()
}

// withViews returns the text of a query and of the views that it uses.
func (t *tester) withViews(root *node) string {
	text := root.String()
	for _, v := range t.views {
		if strings.Contains(text, v.name) {
			text += "\n" + v.definition
		}
	}
	return text
}

// foldedByOptimizer reports whether gsql's answer differs only because the configuration leaves the optimizer out.
func (t *tester) foldedByOptimizer(ctx context.Context, c *config, root *node) bool {
	if c.optimized == nil {
		return false
	}
	_, _, v := t.compare(ctx, c.optimized, root)
	return v.kind == ""
}

// firstByRow reports whether gsql's error is PostgreSQL's when it computes one row at a time.
func (t *tester) firstByRow(ctx context.Context, c *config, root *node, want *answer) bool {
	for _, o := range t.configs {
		if o.cfg.Partitions == 1 && o.cfg.BatchRows == 1 && o.cfg.NoOptimizer == c.cfg.NoOptimizer {
			return ask(ctx, o.db, root.String()).code == want.code
		}
	}
	return false
}

// bothErrors reports whether a query has two errors, either of which may come first: leaving out one part of it or another,
// both engines agree on the one and on the other.
func (t *tester) bothErrors(ctx context.Context, c *config, root *node, got, want *answer) bool {
	seen := map[string]bool{}
	variants(root, func(n *node) bool {
		g, w, _ := t.compare(ctx, c, n)
		if g.code == w.code {
			seen[g.code] = true
		}
		return !seen[got.code] || !seen[want.code]
	})
	return seen[got.code] && seen[want.code]
}

// one compares the query of -sql.
func (t *tester) one(ctx context.Context) error {
	if err := t.prepare(ctx, t.seed/queriesPerData); err != nil {
		return err
	}
	last := ""
	for _, c := range t.configs {
		got, want, v := t.compare(ctx, c, leaf(kindQuery, t.sql))
		result := fmt.Sprintf("%s %s\ngot  %s %s", v.kind, v.detail, orRows(got), got.msg)
		if result == last {
			fmt.Printf("%s: the same\n", c.name)
			continue
		}
		last = result
		fmt.Printf("%s: %s\n", c.name, result)
		for i, a := range []*answer{got, want} {
			for _, r := range a.rows[:min(len(a.rows), 40)] {
				fmt.Println([]string{"got ", "want"}[i], strings.Join(r, " | "))
			}
		}
	}
	return nil
}

func (t *tester) summary() {
	fmt.Printf("%d queries: %d agree (%d of PostgreSQL's answers are errors), %d differ\n", t.done, t.agreed, t.errors, t.failures)
	if t.verbose {
		t.excuses, t.codes = t.codes, t.excuses
	}
	for _, m := range []map[string]int{t.kinds, t.excuses} {
		var keys []string
		for k := range m {
			keys = append(keys, k)
		}
		sort.Slice(keys, func(i, j int) bool { return m[keys[i]] > m[keys[j]] })
		for i, k := range keys {
			if i < 40 {
				fmt.Printf("%6d %s\n", m[k], k)
			}
		}
	}
}
