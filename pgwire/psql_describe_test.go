package pgwire

import (
	"bytes"
	"flag"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// psqlOracle makes TestPsqlDescribe write what PostgreSQL answers, for a user tester who has an empty database.
var psqlOracle = flag.String("psql-oracle", "", "psql command whose answers become testdata/psql_describe.txt")

const describeFile = "testdata/psql_describe.txt"

// describeTables are, for PostgreSQL, the tables that the files are.
const describeTables = `
CREATE TABLE cities(city text, population bigint, founded date);
CREATE TABLE events(id bigint, at timestamp, "user" text, score float8, tags json);
CREATE TABLE orders(id bigint, day date, city text, item text, quantity bigint, price numeric(10,2), note text);
CREATE TABLE sales(id bigint, day date, city text, item text, quantity bigint, price float8, note text);
`

const describeView = `CREATE VIEW big AS SELECT city, population FROM cities WHERE population > 1000000;`

// describeCommands are psql's commands whose whole output is as PostgreSQL's.
var describeCommands = []string{`\d`, `\dt`, `\dt public.*`, `\d cities`, `\d+ cities`, `\d events`, `\d orders`, `\d sales`, `\d public.s*`, `\dt s*`, `\dt nothing`,
	`\d nothing`, `\dv`, `\d big`, `\d *.big`, `\dn`, `\df abs`, `\df lower`, `\df nothing`, `\dfw`, `\dT`, `\dp`, `\z cities`, `\di`, `\ds`, `\dm`,
	`\dE`, `\dD`, `\dy`, `\dA`, `\dRp`, `\dRs`, `\dX`, `\des`, `\dew`, `\ddp`, `\dl`, `\dP`, `\encoding`,
	`\dconfig work_mem`, `\dO C`, `\sf nothing`, `SELECT 1::int8 AS a, 'x' AS b, NULL::numeric(5,2) AS c, ARRAY[1] AS d \gdesc`}

// TestPsqlDescribe lets psql describe the database.
func TestPsqlDescribe(t *testing.T) {
	path, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("psql is not installed")
	}
	if *psqlOracle != "" {
		recordDescriptions(t)
	}
	b, err := os.ReadFile(describeFile)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, part := range strings.Split(string(b), "=== ")[1:] {
		command, out, _ := strings.Cut(part, "\n")
		want[command] = out
	}
	host, port, _ := net.SplitHostPort(startServer(t, gsqlConfig()))
	ask := []string{path, "-h", host, "-p", port, "-U", "tester", "-d", "files"}
	runPsql(ask, describeView)
	for _, c := range describeCommands {
		if got := runPsql(ask, c); got != want[c] {
			t.Errorf("%s\n%swant\n%s", c, got, want[c])
		}
	}
	// Where sizes and names of the server are in it, it is not the same.
	for command, part := range map[string]string{
		`\dt+`:            " public | cities | table | tester | permanent   | heap          | 156 bytes | ",
		`\l+`:             " files | tester | UTF8     | C ",
		`\dn+`:            " public | pg_database_owner | ",
		`\du`:             " tester    | Superuser,",
		`\conninfo`:       `You are connected to database "files" as user "tester" on host "` + host,
		`\d+ big`:         " SELECT city, population FROM cities WHERE population > 1000000;",
		`\sv big`:         "CREATE OR REPLACE VIEW public.big AS\n SELECT city, population FROM cities WHERE population > 1000000\n",
		`\d pg_class`:     ` relkind             | "char"       |           | not null | `,
		`\dS pg_am`:       " amname    | name    |           | not null | ",
		`\da sum`:         " pg_catalog | sum  | numeric          | bigint ",
		`\dC`:             " integer                     | bigint ",
		`\sf lower(text)`: " RETURNS text\n LANGUAGE internal\n IMMUTABLE PARALLEL SAFE STRICT\n",
	} {
		got := runPsql(ask, command)
		if !strings.Contains(got, part) || strings.Contains(got, "ERROR") {
			t.Errorf("%s has no\n%s\n%s", command, part, got)
		}
	}
}

// runPsql returns what psql prints for a command.
func runPsql(args []string, command string) string {
	cmd := exec.Command(args[0], append(args[1:], "-X", "-f", "-")...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "PAGER=cat", "LC_ALL=C.UTF-8"}
	cmd.Stdin = strings.NewReader(command + "\n")
	out, _ := cmd.CombinedOutput()
	return string(out)
}

func recordDescriptions(t *testing.T) {
	ask := strings.Fields(*psqlOracle)
	runPsql(ask, describeTables+describeView)
	var out bytes.Buffer
	for _, c := range describeCommands {
		out.WriteString("=== " + c + "\n" + runPsql(ask, c))
	}
	if err := os.WriteFile(describeFile, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
