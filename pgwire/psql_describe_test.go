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
CREATE SCHEMA ugly;
`

// describeMore is made in both.
const describeMore = `
CREATE VIEW big AS SELECT city, population FROM cities WHERE population > 1000000;
CREATE SCHEMA shop;
CREATE TABLE shop.items (id int NOT NULL, name text DEFAULT 'none');
CREATE VIEW shop.named AS SELECT name FROM shop.items;
CREATE VIEW described AS SELECT city, population FROM cities;
COMMENT ON SCHEMA shop IS 'what is sold';
COMMENT ON TABLE shop.items IS 'one a row';
COMMENT ON COLUMN shop.items.name IS 'as it is shown';
COMMENT ON VIEW shop.named IS 'names';
COMMENT ON COLUMN described.population IS 'of the city';
COMMENT ON VIEW described IS 'cities, with comments';
COMMENT ON FUNCTION lower(text) IS 'small letters';
CREATE TYPE mood AS ENUM ('sad', 'so so', 'happy');
CREATE TYPE pair AS (a int, "B" mood);
CREATE DOMAIN positive AS int NOT NULL CHECK (VALUE > 0);
CREATE TYPE shop.size AS ENUM ('S', 'M');
CREATE TABLE typed (m mood, p pair, n positive, l mood[], s shop.size DEFAULT 'M');
COMMENT ON TYPE mood IS 'how one feels';
COMMENT ON DOMAIN positive IS 'more than none';
`

// describeCommands are psql's commands whose whole output is as PostgreSQL's.
var describeCommands = []string{`\d`, `\dt`, `\dt public.*`, `\d cities`, `\d+ cities`, `\d events`, `\d orders`, `\d sales`, `\d public.s*`, `\dt s*`, `\dt nothing`,
	`\d nothing`, `\dv`, `\d big`, `\d *.big`, `\dn`, `\df abs`, `\df lower`, `\df nothing`, `\dfw`, `\dT`, `\dp`, `\z cities`, `\di`, `\ds`, `\dm`,
	`\dE`, `\dD`, `\dy`, `\dA`, `\dRp`, `\dRs`, `\dX`, `\des`, `\dew`, `\ddp`, `\dl`, `\dP`, `\encoding`,
	`\dT+`, `\dT+ mood`, `\dT shop.*`, `\dD+`, `\dD pos*`, `\d pair`, `\d+ pair`, `\d typed`, `\dn+ shop`, `\d+ shop.items`, `\dt shop.*`, `\dt *.items`, `\dv+ shop.*`, `\d shop.nothing`, `\dt nothing.*`,
	`SELECT set_config('search_path', 'shop, public', false) \gset \\ \dt \\ \d items`, `\dconfig work_mem`, `\dO C`, `\sf nothing`, `SELECT 1::int8 AS a, 'x' AS b, NULL::numeric(5,2) AS c, ARRAY[1] AS d \gdesc`}

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
	runPsql(ask, describeMore+"COMMENT ON TABLE cities IS 'places'; COMMENT ON DATABASE files IS 'all files';")
	for _, c := range describeCommands {
		if got := runPsql(ask, c); got != want[c] {
			t.Errorf("%s\n%swant\n%s", c, got, want[c])
		}
	}
	// Where sizes and names of the server are in it, it is not the same.
	for command, part := range map[string]string{
		`\dt+`:            " public | cities | table | tester | permanent   | heap          | 156 bytes | places",
		`\dt+ shop.items`: "| one a row",
		`\d+ described`:   "| plain    | of the city\n",
		`\l+`:             " files | tester | UTF8     | C ",
		`\l+ files`:       "| all files",
		`\dfS+ lower`:     "| small letters",
		`\dn+`:            "| standard public schema",
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
	runPsql(ask, describeTables+describeMore)
	var out bytes.Buffer
	for _, c := range describeCommands {
		out.WriteString("=== " + c + "\n" + runPsql(ask, c))
	}
	if err := os.WriteFile(describeFile, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
