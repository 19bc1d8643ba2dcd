package pgwire

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// This file installs the clients of testdata/clients, once, into a folder that stays: GSQL_TEST_CLIENTS, or one in the user's
// cache folder.

// installed returns the folder of what install puts there for the list of packages in a file, and skips the test when that fails.
// It is called for a folder in which it has not been before, or not with this list.
func installed(t *testing.T, name, list string, install func(ctx context.Context, dir string) *exec.Cmd) string {
	t.Helper()
	wanted, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	root := os.Getenv("GSQL_TEST_CLIENTS")
	if root == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Skip("no folder to install into: ", err)
		}
		root = filepath.Join(cache, "gsql-test-clients")
	}
	dir := filepath.Join(root, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Skip("no folder to install into: ", err)
	}
	lock := flock.New(filepath.Join(root, name+".lock"))
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Unlock() }()
	stamp := filepath.Join(dir, "installed")
	if got, err := os.ReadFile(stamp); err == nil && string(got) == string(wanted) {
		return dir
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if out, err := install(ctx, dir).CombinedOutput(); err != nil {
		t.Skipf("%s cannot be installed: %v\n%s", name, err, out)
	}
	if err := os.WriteFile(stamp, wanted, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// need returns the path of a program without which the test is skipped.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed", program)
	}
	return path
}

// python returns the Python that has the packages of requirements.txt.
func python(t *testing.T) string {
	t.Helper()
	own := need(t, "python3")
	dir := installed(t, "python", "testdata/clients/python/requirements.txt", func(ctx context.Context, dir string) *exec.Cmd {
		return exec.CommandContext(ctx, "sh", "-c", `"$1" -m venv --clear "$2" &&
			"$2/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 20 -r testdata/clients/python/requirements.txt`, "sh", own, dir)
	})
	return filepath.Join(dir, "bin", "python")
}

func pythonClient(script string) func(t *testing.T) []string {
	return func(t *testing.T) []string { return []string{python(t), "testdata/clients/python/" + script} }
}

// odbcClient needs psqlODBC as the system has it.
func odbcClient(t *testing.T) []string {
	var drivers []string
	for _, pattern := range []string{os.Getenv("GSQL_TEST_ODBC"), "/usr/lib/*/odbc/psqlodbcw.so", "/usr/lib*/psqlodbcw.so"} {
		found, _ := filepath.Glob(pattern)
		drivers = append(drivers, found...)
	}
	if len(drivers) == 0 {
		t.Skip("psqlODBC is not installed (odbc-postgresql of Debian, or its path in GSQL_TEST_ODBC)")
	}
	return []string{python(t), "testdata/clients/python/odbc_client.py", drivers[0]}
}

func nodeClient(t *testing.T) []string {
	node, npm := need(t, "node"), need(t, "npm")
	dir := installed(t, "node", "testdata/clients/node/package.json", func(ctx context.Context, dir string) *exec.Cmd {
		return exec.CommandContext(ctx, "sh", "-c", `cp testdata/clients/node/package.json "$2" && cd "$2" &&
			"$1" install --silent --no-audit --no-fund --fetch-retries=1 --fetch-timeout=20000`, "sh", npm, dir)
	})
	// The script has to lie beside the modules.
	b, err := os.ReadFile("testdata/clients/node/client.js")
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(dir, "client.js")
	if err := os.WriteFile(script, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return []string{node, script}
}

func javaClient(t *testing.T) []string {
	java, maven := need(t, "java"), need(t, "mvn")
	need(t, "javac")
	dir := installed(t, "java", "testdata/clients/java/pom.xml", func(ctx context.Context, dir string) *exec.Cmd {
		return exec.CommandContext(ctx, maven, "--quiet", "--batch-mode", "-f", "testdata/clients/java/pom.xml", "dependency:copy-dependencies", "-DoutputDirectory="+dir)
	})
	return []string{java, "-cp", filepath.Join(dir, "*"), "testdata/clients/java/Client.java"}
}

// goClient is a module of its own, so that what it needs is not gsql's.
func goClient(t *testing.T) []string {
	dir := "testdata/clients/go"
	program, err := filepath.Abs(filepath.Join(t.TempDir(), "client"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	download := exec.CommandContext(ctx, "go", "mod", "download")
	download.Dir = dir
	if out, err := download.CombinedOutput(); err != nil {
		t.Skipf("the modules cannot be had: %v\n%s", err, out)
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", program, ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return []string{program}
}
