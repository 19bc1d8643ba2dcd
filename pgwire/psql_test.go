package pgwire

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestPsql runs psql as people do.
func TestPsql(t *testing.T) {
	path, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("psql is not installed")
	}
	addr := startServer(t, gsqlConfig())
	host, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command(path, "-X", "-h", host, "-p", port, "-U", "tester", "-d", "files", "-v", "VERBOSITY=verbose", "-f", "-")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "PAGER=cat", "LC_ALL=C.UTF-8"}
	cmd.Stdin = strings.NewReader(`
SELECT city, population FROM cities ORDER BY population DESC LIMIT 2;
SELECT 1 AS a \; SELECT 'two' AS b;
\x
SELECT NULL AS n, 'some text' AS s;
\x
SELECT 'ü', nothing FROM cities;
COMMIT;
SELECT 5 AS five \gset
\echo five is :five
`)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := `  city   | population 
---------+------------
 Berlin  |    3769495
 Hamburg |    1910160
(2 rows)

 a 
---
 1
(1 row)

  b  
-----
 two
(1 row)

Expanded display is on.
-[ RECORD 1 ]
n | 
s | some text

Expanded display is off.
psql:<stdin>:7: ERROR:  42703: column "nothing" does not exist
LINE 1: SELECT 'ü', nothing FROM cities;
                    ^
psql:<stdin>:8: WARNING:  25P01: there is no transaction in progress
COMMIT
five is 5
`
	if string(out) != want {
		t.Errorf("got\n%s", out)
	}
}
