package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// folder makes a folder of files: names with their contents; a content "-> x" makes a link to x.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if to, ok := strings.CutPrefix(files[i+1], "-> "); ok {
			if err := os.Symlink(to, path); err != nil {
				t.Skip("no links here: ", err)
			}
			continue
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func rowsOf(table exec.Table) (string, error) {
	req := exec.ScanRequest{Limit: -1, Partitions: 1}
	for i := range table.Schema() {
		req.Columns, req.IDs = append(req.Columns, i), append(req.IDs, expr.ColID(i+1))
	}
	p, err := table.Scan(context.Background(), req)
	if err != nil {
		return "", err
	}
	berlin, _ := text.Zone("Europe/Berlin")
	env := exec.NewEnv(context.Background(), &fn.Ctx{Location: berlin}, mem.NewPool(0), 3)
	defer env.Close()
	var rows []string
	err = env.PullAll(context.Background(), p, func(_ int, b *vec.Batch) error {
		for i := range b.Rows {
			var row []string
			for _, c := range b.Cols {
				row = append(row, text.String(c, i, &text.Style{Location: berlin}))
			}
			rows = append(rows, strings.Join(row, "|"))
		}
		return nil
	})
	return strings.Join(rows, " "), err
}

// answer is the rows of a table or what the error says.
func answer(table exec.Table, err error) string {
	rows := ""
	if err == nil {
		rows, err = rowsOf(table)
	}
	var e *sqlstate.Error
	if errors.As(err, &e) {
		return strings.TrimSpace(fmt.Sprint("!", e.Code, " ", e.Message, " ", e.Detail, " ", e.Hint))
	}
	if err != nil {
		return "!" + err.Error()
	}
	return rows
}

// find looks a table up: 'path' or name.
func find(c *Catalog, name string) string {
	n := exec.Name{Table: name}
	if s, ok := strings.CutPrefix(name, "'"); ok {
		n = exec.Name{Table: strings.TrimSuffix(s, "'"), File: true}
	}
	if schema, table, ok := strings.Cut(name, "::"); ok {
		n = exec.Name{Schema: schema, Table: table}
	}
	return answer(c.Table(context.Background(), n))
}

type lookup struct{ name, want string } // … in want stands for anything

func check(t *testing.T, c *Catalog, cases []lookup) {
	t.Helper()
	for _, l := range cases {
		got := find(c, l.name)
		rest := got
		for i, part := range strings.Split(l.want, "…") {
			k := strings.Index(rest, part)
			if k < 0 || i == 0 && k > 0 {
				t.Errorf("%s is\n%s, want\n%s", l.name, got, l.want)
				break
			}
			rest = rest[k+len(part):]
		}
		if !strings.Contains(l.want, "…") && got != l.want {
			t.Errorf("%s is %s, want %s", l.name, got, l.want)
		}
	}
}

func TestNames(t *testing.T) {
	dir := folder(t,
		"sales.csv", "a,b\n1,x\n",
		"Upper.tsv", "a\tb\n2\ty\n",
		"logs/2024/01.ndjson", `{"n":1}`, "logs/2024/02.ndjson", `{"n":2}`, "logs/README.md", "text", "logs/_SUCCESS", "", "logs/.part.ndjson", "{",
		"spark.csv/part-0.csv", "n\n7\n", "spark.csv/notes.txt", "about\n",
		"words.txt", "n\n8\n",
		"twice.csv", "n\n1\n", "twice.json", `{"n":1}`,
		"mixed/a.csv", "n\n1\n", "mixed/b.json", `{"n":1}`,
		"empty/readme", "",
		"data[1].csv", "n\n9\n",
		"odd name.csv", "n\n3\n",
		"noext", "n\n4\n", "arrayed", ` [ {"n":5} ]`, "objects", "{ \"n\":6}\n", "brackets", "[n]\n1\n", "packed", "\x1f\x8b\x08", "sheet.ods", "PK\x03\x04",
		"link.csv", "-> sales.csv", "linked", "-> logs", "dead.csv", "-> nowhere",
	)
	c, err := New(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	check(t, c, []lookup{
		{"sales", "1|x"}, {"public::sales", "1|x"}, {"Upper", "2|y"}, {"upper", "2|y"}, {"logs", "1 2"}, {"spark", "7"}, {"words", "8"}, {"odd name", "3"}, {"link", "1|x"}, {"linked", "1 2"},
		{"sales.csv", "1|x"}, {"logs/*/*.ndjson", "1 2"},
		{"'sales.csv'", "1|x"}, {"'" + dir + "/sales.csv'", "1|x"}, {"'./logs/../sales.csv'", "1|x"}, {"'logs'", "1 2"}, {"'logs/'", "1 2"}, {"'logs/2024/*'", "1 2"},
		{"'logs/**/0[12].ndjson'", "1 2"}, {"'{sales,sales}.csv'", "1|x"}, {"'data[1].csv'", "9"}, {"'data?1].csv'", "9"}, {"'data[[]*.csv'", "9"},
		{"'noext'", "4"}, {"'arrayed'", "5"}, {"'objects'", "6"}, {"'brackets'", "1"}, {"'linked'", "1 2"},
		{"'packed'", `!XX001 file "…packed" ends in the middle of its gzip data  It was not written or not copied to its end.`},
		{"'sheet.ods'", "!0A000 …zip….xlsx"},
		{"twice", `!42P09 table name "twice" is ambiguous It may be "twice.csv" or "twice.json". Name the file: FROM 'twice.csv'.`},
		{"slaes", `!42P01 relation "slaes" does not exist  Perhaps you meant "sales".`},
		{"zzzzzz", `!42P01 relation "zzzzzz" does not exist  Tables are "Upper", "data[1]", "link",…`},
		{"mixed", `!42P01 relation "mixed" does not exist…`}, {"empty", `!42P01 …`}, {"dead", `!42P01 …`},
		{"sales::csv", `!42P01 relation "sales.csv" does not exist  Names of files are written in single quotes: FROM 'sales.csv'.`},
		{"'nothing.csv'", `!58P01 could not open file "nothing.csv": No such file or directory  The path is relative to ` + dir + "."},
		{"'" + dir + "/nothing.csv'", `!58P01 could not open file "` + dir + `/nothing.csv": No such file or directory`},
		{"'sales.csv/x'", `!58P01 could not open file "sales.csv/x": Not a directory…`},
		{"'no*.csv'", `!58P01 no files match "no*.csv"`}, {"'[.csv'", `!22023 "[.csv" is not a valid glob: …`}, {"''", "!22023 a path must not be empty…"}, {"'a\x00b'", "!22023 a path…"},
		{"'mixed'", `!42809 files of one table have different formats: …a.csv" is csv, …b.json" is json  Use a glob that matches one of them, such as '*.csv'.`},
		{"'empty'", `!58P01 folder "empty" has no data files…`}, {"'dead.csv'", `!58P01 could not open file "dead.csv": No such file or directory…`},
	})
	entries, err := c.Entries()
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
	}
	if want := "Upper data[1] link linked logs odd name sales spark twice twice words"; err != nil || strings.Join(names, " ") != want {
		t.Errorf("tables: %v, %v, want %s", names, err, want)
	}
	none, _ := New(Config{})
	check(t, none, []lookup{{"sales", `!42P01 relation "sales" does not exist  Name a file: FROM 'sales.csv', FROM 'logs/*.parquet'.`}})
	t.Chdir(dir)
	check(t, none, []lookup{{"sales", `!42P01 relation "sales" does not exist  Name the file: FROM 'sales.csv'. With gsql -C . the files of this folder are tables.`},
		{"SALES", `!42P01 relation "SALES" does not exist  Name the file: FROM 'sales.csv'. With gsql -C . the files of this folder are tables.`},
		{"nothing", `!42P01 relation "nothing" does not exist  Name a file: FROM 'sales.csv', FROM 'logs/*.parquet'.`}})
	if _, err := New(Config{Dir: filepath.Join(dir, "nowhere")}); sqlstate.Of(err) != sqlstate.UndefinedFile {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestRestrict(t *testing.T) {
	outside := folder(t, "secret.csv", "n\n1\n", "dir/secret.csv", "n\n1\n")
	other := folder(t, "more.csv", "n\n2\n")
	dir := folder(t, "sub/in.csv", "n\n3\n",
		"out.csv", "-> "+outside+"/secret.csv", "outdir", "-> "+outside, "sub/inlink.csv", "-> in.csv", "up", "-> ..")
	c, err := New(Config{Dir: filepath.Join(dir, "."), Restrict: true, Allow: []string{other}})
	if err != nil {
		t.Fatal(err)
	}
	up, _ := filepath.Rel(dir, outside)
	const no = "!42501 permission denied to read…"
	check(t, c, []lookup{
		{"'sub/in.csv'", "3"}, {"'" + dir + "/sub/in.csv'", "3"}, {"sub", "3 3"}, {"'sub/*.csv'", "3 3"}, {"'" + other + "/more.csv'", "2"}, {"'" + other + "'", "2"},
		{"'" + outside + "/secret.csv'", no}, {"'" + outside + "/nothing.csv'", no}, {"'" + up + "/secret.csv'", no}, {"'" + outside + "/*.csv'", no}, {"'" + outside + "'", no},
		{"'/etc/passwd'", no}, {"'/nowhere/at/all'", no}, {"'sub/../../x.csv'", no}, {"'sub/../../*.csv'", no}, {"'sub/../sub/in.csv'", "3"},
		{"'out.csv'", no}, {"'outdir/secret.csv'", no}, {"'outdir/*.csv'", no}, {"'outdir/../secret.csv'", "!58P01 …"}, {"'outdir'", no}, {"'*/secret.csv'", no}, {"'*.csv'", no}, {"'up/*/*.csv'", no},
		{"'{sub,..}/*.csv'", "3 3"}, {"'{" + outside + ",sub}/*.csv'", "…"}, {"out", no}, {"outdir", no}, {"up", "!42501…"},
		{"'nothing.csv'", `!58P01 could not open file "nothing.csv": No such file or directory  The path is relative to the served folder.`},
		{"'" + dir + "x/in.csv'", no},
	})
	got := answer(c.TableFunction(context.Background(), "read_csv", []exec.Arg{{Value: []any{"sub/in.csv", outside + "/secret.csv"}}}))
	if !strings.HasPrefix(got, "!42501") {
		t.Errorf("a list with a path outside: %s", got)
	}
	if got := find(c, "'{"+outside+",sub}/*.csv'"); strings.Contains(got, "1") && !strings.HasPrefix(got, "!") {
		t.Errorf("braces lead outside: %s", got)
	}
	if got := find(c, "'out.csv'"); strings.Contains(got, outside) {
		t.Errorf("the message tells where a link leads: %s", got)
	}
}

func TestCacheFollowsFiles(t *testing.T) {
	dir := folder(t, "x.csv", "a\n1\n")
	c, _ := New(Config{Dir: dir})
	first, _ := c.Table(context.Background(), exec.Name{Table: "x"})
	again, _ := c.Table(context.Background(), exec.Name{Table: "x"})
	shape := func(t exec.Table) any { return t.(*table).found.found }
	if shape(first) != shape(again) {
		t.Error("the shape is looked at twice")
	}
	path := filepath.Join(dir, "x.csv")
	if err := os.WriteFile(path, []byte("b\nx\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Second)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	second, err := c.Table(context.Background(), exec.Name{Table: "x"})
	if err != nil || second.Schema()[0].Name != "b" {
		t.Errorf("a changed file of the same size: %v, %v", second.Schema(), err)
	}
	if got := answer(first, nil); !strings.HasPrefix(got, "!55000") {
		t.Errorf("the old table reads the new file: %s", got)
	}
	os.Remove(path)
	if got := answer(second, nil); !strings.HasPrefix(got, "!58P01") {
		t.Errorf("the file is gone, but: %s", got)
	}
	read := func(args ...exec.Arg) exec.Table {
		tab, err := c.TableFunction(context.Background(), "read_csv", append([]exec.Arg{{Value: "y.csv"}}, args...))
		if err != nil {
			t.Fatal(err)
		}
		return tab
	}
	os.WriteFile(filepath.Join(dir, "y.csv"), []byte("1;2\n"), 0o644)
	a := read(exec.Arg{Name: "header", Value: false, Pos: 3})
	if b := read(exec.Arg{Name: "header", Value: false, Pos: 9}); shape(a) != shape(b) {
		t.Error("the place of an option in the query makes another table")
	}
	if b := read(exec.Arg{Name: "header", Value: false}, exec.Arg{Name: "delim", Value: ";"}); shape(a) == shape(b) {
		t.Error("options are not told apart")
	}
}

func TestTableFunctions(t *testing.T) {
	dir := folder(t, "a.csv", "n\n1\n", "b.csv", "n\n2\n", "j", `{"n":3}`)
	c, _ := New(Config{Dir: dir})
	call := func(name string, args ...exec.Arg) string {
		return answer(c.TableFunction(context.Background(), name, args))
	}
	unknown := types.Type{}
	str := func(s string) exec.Arg { return exec.Arg{Value: s, Type: unknown} }
	num := func(n int64) exec.Arg { return exec.Arg{Value: n, Type: types.Of(types.Int32)} }
	ts := func(s string) exec.Arg { return exec.Arg{Value: s, Type: types.Of(types.Timestamp)} }
	date := func(s string) exec.Arg { return exec.Arg{Value: s, Type: types.Of(types.Date)} }
	iv := func(s string) exec.Arg { return exec.Arg{Value: s, Type: types.Of(types.Interval)} }
	null := exec.Arg{}
	for _, x := range []struct{ got, want string }{
		{call("read_csv", str("a.csv")), "1"}, {call("read_csv", exec.Arg{Value: []any{"b.csv", "a.csv"}}), "2 1"}, {call("read_json", str("j")), "3"}, {call("read_ndjson_auto", str("j")), "3"},
		{call("read_csv"), "!42883 read_csv needs a path"}, {call("read_csv", exec.Arg{Name: "header", Value: true}), "!42883 read_csv needs a path"}, {call("read_csv", num(1)), "!42883 read_csv needs a path"},
		{call("read_csv", exec.Arg{Value: []any{"a.csv", int64(1)}}), "!42883 read_csv needs a path"}, {call("read_csv", exec.Arg{Value: []any{}}), "!42883 read_csv needs a path"},
		{call("read_parquet", str("a.csv"), exec.Arg{Name: "header", Value: true}), `!22023 read_parquet has no option "header"`},
		{call("nothing", str("x"), num(1)), "!42883 function nothing(unknown, integer) does not exist"},
		{call("generate_series", num(1), num(5), num(2)), "1 3 5"}, {call("generate_series", num(5), num(1), num(-2)), "5 3 1"}, {call("generate_series", num(3), num(1)), ""}, {call("generate_series", num(1), null), ""},
		{call("generate_series", num(1), num(3), num(0)), "!22023 step size cannot equal zero"}, {call("generate_series", num(1), str("x")), "!0A000 generate_series(integer, unknown) is not supported"},
		{call("generate_series", num(1)), "!42883 function generate_series(integer) does not exist"},
		{call("generate_series", num(9223372036854775806), num(9223372036854775807)), "9223372036854775806 9223372036854775807"},
		{call("range", num(3)), "0 1 2"}, {call("range", num(1), num(4)), "1 2 3"}, {call("range", num(1), num(6), num(2)), "1 3 5"}, {call("range", num(0), num(6), num(3)), "0 3"}, {call("range", num(0)), ""},
		{call("generate_series", ts("2024-01-31 00:00:00"), ts("2024-04-30 00:00:00"), iv("1 mon")), "2024-01-31 00:00:00 2024-02-29 00:00:00 2024-03-29 00:00:00 2024-04-29 00:00:00"},
		{call("generate_series", date("2024-03-30"), date("2024-04-01"), iv("1 day")), "2024-03-30 00:00:00+01 2024-03-31 00:00:00+01 2024-04-01 00:00:00+02"},
		{call("generate_series", ts("2024-01-02 00:00:00"), ts("2024-01-01 00:00:00"), iv("-12:00:00")), "2024-01-02 00:00:00 2024-01-01 12:00:00 2024-01-01 00:00:00"},
		{call("generate_series", ts("2024-01-02 00:00:00"), ts("2024-01-01 00:00:00"), iv("1 day")), ""}, {call("generate_series", ts("2024-01-02 00:00:00"), null, iv("1 day")), ""},
		{call("generate_series", ts("2024-01-02 00:00:00"), ts("2024-01-01 00:00:00"), iv("0")), "!22023 step size cannot equal zero"},
		{call("generate_series", ts("2024-01-02 00:00:00"), ts("infinity"), iv("100000 years")), "!22008 timestamp out of range"},
	} {
		failed := strings.HasPrefix(x.want, "!")
		if failed && !strings.HasPrefix(x.got, x.want) || !failed && x.got != x.want {
			t.Errorf("got %s, want %s", x.got, x.want)
		}
	}
}
