package storage

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// age makes what is below a folder look as if it had not changed for a while.
func age(t *testing.T, dir string) {
	t.Helper()
	then := time.Now().Add(-time.Hour)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type()&os.ModeSymlink == 0 {
			err = os.Chtimes(path, then, then)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// equals returns the condition that a bigint column has a value.
func equals(id expr.ColID, value int64) expr.Expr {
	i := types.Of(types.Int64)
	for _, f := range fn.Scalars("=") {
		if len(f.Args) == 2 && f.Args[0].ID == types.Int64 && f.Args[1].ID == types.Int64 {
			return &expr.Call{Fn: f, Args: []expr.Expr{&expr.Column{ID: id, Typ: i}, &expr.Const{Value: vec.NewConst(i, types.KInt64, value, 1)}}, Typ: types.Of(types.Bool)}
		}
	}
	panic("no operator")
}

// restricted returns a table for a query in which columns, by name, have values.
func restricted(t exec.Table, values map[string]int64) *table {
	var terms []expr.Expr
	all := append(t.Schema(), t.(*table).SystemColumns()...)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		i := slices.IndexFunc(all, func(f exec.Field) bool { return f.Name == name })
		terms = append(terms, equals(expr.ColID(i+1), values[name]))
	}
	return t.(exec.Restrictable).Restrict(&fn.Ctx{}, terms, func(id expr.ColID) int { return int(id) - 1 }).(*table)
}

// tree makes folders y=/m=/d= with one file each.
func tree(t *testing.T, years, months, days int) string {
	var files []string
	for y := range years {
		for m := range months {
			for d := range days {
				files = append(files, fmt.Sprintf("t/y=%d/m=%d/d=%d/x.csv", 2000+y, m+1, d+1), fmt.Sprintf("n\n%d\n", y*10000+m*100+d))
			}
		}
	}
	dir := folder(t, files...)
	age(t, dir)
	return dir
}

// A condition on what folders are called leaves out folders without reading them.
func TestFoldersAreNotRead(t *testing.T) {
	dir := tree(t, 4, 6, 5)
	c, _ := New(Config{Dir: dir})
	first, err := c.Table(context.Background(), exec.Name{Table: "t"})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		values       map[string]int64
		want         string
		read, closed int
	}{
		{map[string]int64{"y": 2001, "m": 3, "d": 4}, "10203|2001|3|4", 4, 3 + 5 + 4},
		{map[string]int64{"y": 2001, "d": 4}, "10003|2001|1|4 10103|2001|2|4 10203|2001|3|4 10303|2001|4|4 10403|2001|5|4 10503|2001|6|4", 14, 3 + 6*4},
		{map[string]int64{"y": 1999}, "", 1, 4},
		{map[string]int64{"y": 2001, "m": 77}, "", 2, 3 + 6},
	} {
		c.listings = listings{}
		table := restricted(first, x.values)
		got, err := rowsOf(table)
		if err != nil || got != x.want {
			t.Errorf("%v: %s, %v, want %s", x.values, got, err, x.want)
		}
		if n := len(c.listings.folders); n != x.read {
			t.Errorf("%v: %d folders were read, want %d", x.values, n, x.read)
		}
		if n := table.set.closed; n != x.closed {
			t.Errorf("%v: %d folders were left out, want %d", x.values, n, x.closed)
		}
	}
	// To know the columns it takes a few files only.
	c.listings = listings{}
	if _, err = c.Table(context.Background(), exec.Name{Table: "t"}); err != nil {
		t.Fatal(err)
	}
	if n := len(c.listings.folders); n > 1+3*sniffFiles {
		t.Errorf("%d of %d folders were read to know the columns", n, 1+4+4*6+4*6*5)
	}
}

// Listings are kept until a folder changes.
func TestListingsFollowFolders(t *testing.T) {
	dir := tree(t, 1, 2, 2)
	c, _ := New(Config{Dir: dir})
	rows := func() string { return find(c, "t") }
	before := rows()
	if n := len(c.listings.folders); n != 1+1+2+4 {
		t.Errorf("%d folders are kept", n)
	}
	if err := os.WriteFile(filepath.Join(dir, "t/y=2000/m=2/d=2/y.csv"), []byte("n\n77\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, want := rows(), before+" 77|2000|2|2"; got != want {
		t.Errorf("with a file more: %s, want %s", got, want)
	}
	if err := os.MkdirAll(filepath.Join(dir, "t/y=2001/m=1/d=1"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, want := rows(), before+" 77|2000|2|2"; got != want {
		t.Errorf("with an empty folder more: %s, want %s", got, want)
	}
	os.WriteFile(filepath.Join(dir, "t/y=2001/m=1/d=1/x.csv"), []byte("n\n78\n"), 0o644)
	if got, want := rows(), before+" 77|2000|2|2 78|2001|1|1"; got != want {
		t.Errorf("with a folder more: %s, want %s", got, want)
	}
	os.RemoveAll(filepath.Join(dir, "t/y=2000/m=1"))
	if got, want := rows(), "100|2000|2|1 101|2000|2|2 77|2000|2|2 78|2001|1|1"; got != want {
		t.Errorf("with a folder less: %s, want %s", got, want)
	}
}

func TestListingsAreBounded(t *testing.T) {
	var l listings
	name := strings.Repeat("x", 1000)
	for i := range 100 {
		l.keep(fmt.Sprint(i), listing{entries: slices.Repeat([]entry{{name: name}}, 1000)})
		if l.bytes > maxListings {
			t.Fatalf("%d bytes are kept", l.bytes)
		}
	}
	for len(l.folders) > 1 {
		l.keep("big", listing{entries: slices.Repeat([]entry{{name: name}}, 100_000)})
	}
}

// Links to folders are followed where a pattern names them, and never by **, so that loops end.
func TestLinksThatLoop(t *testing.T) {
	dir := folder(t, "a/x.csv", "n\n1\n", "a/loop", "-> ../a", "a/up", "-> ..", "b", "-> a", "a/self", "-> self", "a/gone.csv", "-> nowhere")
	c, _ := New(Config{Dir: dir})
	check(t, c, []lookup{
		{"a", "1"}, {"b", "1"}, {"'**/*.csv'", "1"}, {"'*/*.csv'", "1 1"}, {"'a/loop/loop/*.csv'", "1"}, {"'a/*/loop/*.csv'", "1"}, {"'a/**/up/a/**'", "1"},
	})
}

// Names that are no data, or not yet.
func TestNamesThatAreLeftOut(t *testing.T) {
	dir := folder(t, "d/a.csv", "n\n1\n", "d/.b.csv", "n\n2\n", "d/_c.csv", "n\n3\n", "d/d.csv.tmp", "n\n4\n", "d/e.csv~", "n\n5\n", "d/_SUCCESS", "", "d/_done/f.csv", "n\n6\n",
		"d/.hid/g.csv", "n\n7\n", "d/h.csv.crdownload", "n\n8\n", "d/i", "n\n9\n")
	c, _ := New(Config{Dir: dir})
	check(t, c, []lookup{
		{"d", "1"}, {"'d'", "1"}, {"'d/*.csv'", "3 1"}, {"'d/*'", "3 1 9"}, {"'d/**'", "3 1 9"}, {"'**/*.csv'", "3 1"}, {"'d/.*.csv'", "2"}, {"'d/_c*'", "3"},
		{"'d/*.tmp'", "4"}, {"'d/d.csv.tmp'", "4"}, {"'d/*~'", "5"}, {"'d/_done/*'", "6"}, {"'d/_d*/*'", "6"}, {"'d/.hid/*'", "7"}, {"'d/*/*.csv'", `!58P01 no files match "d/*/*.csv"`},
	})
}

func TestPatterns(t *testing.T) {
	for _, x := range []struct{ text, want string }{
		{"a/b.csv", "a/b.csv"}, {"{a,b}/c", "a/c b/c"}, {"{a,b{1,2}}/{c,}d", "a/cd a/d b1/cd b1/d b2/cd b2/d"}, {"{a/x,b/**}/c", "a/x/c b/**/c"}, {"a[{]b,c}", `a[{]b,c\}`}, {`a\{b,c`, `a\{b,c`},
		{"a/**", "a/**/*"}, {"a/**/**/b", "a/**/b"}, {"./a//b", "a/b"}, {"a*/", "a*/**/"}, {"{a}", "a"}, {"{}", ""}, {"a}b", "a}b"},
		{"{a", "!a brace has no end"}, {"a/{b,{c}", "!a brace has no end"}, {"[a", "!out of place"}, {strings.Repeat("{a,b}", 11), "!too many alternatives"},
	} {
		p, err := parsePattern(x.text)
		if why, bad := strings.CutPrefix(x.want, "!"); bad {
			if sqlstate.Of(err) != sqlstate.InvalidParameterValue || !strings.Contains(err.Error(), why) {
				t.Errorf("%s: %v, want %s", x.text, err, why)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", x.text, err)
			continue
		}
		var alts []string
		for _, a := range p.alts {
			var names []string
			for _, part := range a {
				names = append(names, part.text)
			}
			alts = append(alts, strings.Join(names, "/"))
		}
		if got := strings.Join(alts, " "); got != x.want {
			t.Errorf("%s is %s, want %s", x.text, got, x.want)
		}
	}
}

// What folders are called later must fit what was found from the names of some; the error says where and what to do.
func TestLateFolders(t *testing.T) {
	files := []string{}
	for i := range 50 {
		files = append(files, fmt.Sprintf("t/a=%03d/k=%d/x.csv", i+100, i), "n\n1\n")
	}
	dir := folder(t, append(files, "t/a=137/k=x/x.csv", "n\n2\n")...)
	c, _ := New(Config{Dir: dir})
	got := find(c, "t")
	if !strings.HasPrefix(got, `!22P02 folder "t/a=137/k=x" does not fit column "k": "x" is no bigint`) || !strings.Contains(got, "hive_types => {'k': 'VARCHAR'}") {
		t.Errorf("a folder that does not fit: %s", got)
	}
	os.Remove(filepath.Join(dir, "t/a=137/k=x/x.csv"))
	os.WriteFile(filepath.Join(dir, "t/a=137/y.csv"), []byte("n\n3\n"), 0o644)
	got = find(c, "t")
	if !strings.HasPrefix(got, `!42804 file "t/a=137/y.csv" does not lie in folders of the form a=../k=.., as file "t/a=100/k=0/x.csv" does`) || !strings.Contains(got, "hive_partitioning => false") {
		t.Errorf("a file elsewhere: %s", got)
	}
	arg := []exec.Arg{{Value: "t/**/*.csv"}, {Name: "hive_partitioning", Value: false}}
	if got := answer(c.TableFunction(context.Background(), "read_csv", arg)); strings.HasPrefix(got, "!") {
		t.Errorf("without columns of folders: %s", got)
	}
}

// A file that vanishes or changes after the query was planned is an error, not other rows.
func TestFilesThatChange(t *testing.T) {
	dir := tree(t, 1, 1, 3)
	c, _ := New(Config{Dir: dir})
	path := filepath.Join(dir, "t/y=2000/m=1/d=2/x.csv")
	for _, change := range []struct {
		do   func() error
		want sqlstate.Code
	}{
		{func() error { return os.WriteFile(path, []byte("n\n1\n2\n"), 0o644) }, sqlstate.ObjectNotInPrerequisite},
		{func() error { return os.Remove(path) }, sqlstate.UndefinedFile},
	} {
		tab, err := c.Table(context.Background(), exec.Name{Table: "t"})
		if err != nil {
			t.Fatal(err)
		}
		tab.Stats()
		if err := change.do(); err != nil {
			t.Fatal(err)
		}
		if _, err := rowsOf(tab); sqlstate.Of(err) != change.want {
			t.Errorf("%v, want %s", err, change.want)
		}
	}
}

// A folder of folders key=value is a table by its own name, beside what else is in it.
func TestTreeAsCatalog(t *testing.T) {
	dir := folder(t, "lake/k=1/x.csv", "n\n1\n", "lake/k=2/j=1/y.csv", "n\n2\n", "lake/k=2/notes.txt", "about", "lake/other.csv", "n\n3\n", "lake/.k=3/z.csv", "n\n4\n")
	os.Remove(filepath.Join(dir, "lake/k=2/j=1/y.csv"))
	os.WriteFile(filepath.Join(dir, "lake/k=2/y.csv"), []byte("n\n2\n"), 0o644)
	c, _ := New(Config{Dir: filepath.Join(dir, "lake")})
	check(t, c, []lookup{{"lake", "1|1 2|2"}, {"other", "3"}, {"k=1", "!42P01…"}, {"'k=1'", "1|1"}, {"'*=*/'", "1|1 2|2"}, {"'k=*'", "!58P01…"}, {"'nope*/'", "!58P01 …"}})
	entries, err := c.Entries()
	if err != nil || len(entries) != 2 || entries[0].Name != "lake" || entries[1].Name != "other" {
		t.Errorf("tables: %v, %v", entries, err)
	}
	bytes, files, err := c.Size(entries[0])
	if bytes != 8 || files != 2 || err != nil {
		t.Errorf("%d bytes in %d files, %v", bytes, files, err)
	}
}

// Months, days and hours are numbers, whether or not a zero stands in front; other keys with zeros are text.
func TestCalendarFolders(t *testing.T) {
	dir := folder(t, "t/year=2024/month=01/Day=9/x.csv", "n\n1\n", "t/year=2024/month=12/Day=10/x.csv", "n\n2\n", "z/zip=01/x.csv", "n\n3\n", "z/zip=2/x.csv", "n\n4\n",
		"w/month=001/x.csv", "n\n5\n", "w/month=2/x.csv", "n\n6\n")
	c, err := New(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	check(t, c, []lookup{{"t", "1|2024|1|9 2|2024|12|10"}, {"z", "3|01 4|2"}, {"w", "5|001 6|2"}})
}

// The files of tables that have a log are not their rows.
func TestLakeTables(t *testing.T) {
	dir := folder(t, "delta/_delta_log/00000000000000000000.json", "{}", "delta/a.csv", "n\n1\n", "ice/metadata/v1.metadata.json", "{}", "ice/data/a.csv", "n\n2\n",
		"hudi/.hoodie/hoodie.properties", "", "hudi/a.csv", "n\n3\n", "plain/metadata/notes.csv", "n\n4\n", "plain/a.csv", "n\n5\n")
	c, err := New(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	check(t, c, []lookup{
		{"delta", "!XX001 the log of Delta Lake table \"delta\" does not say …"}, {"'ice'", "!XX001 file …/ice/metadata/v1.metadata.json\" of the metadata of an Iceberg table is damaged: it does not say …"}, {"hudi", "!0A000 folder \"hudi\" is a table of Hudi, …"},
		{"'delta/*.csv'", "1"}, {"'ice/data'", "2"}, {"plain", "5 4"},
	})
}
