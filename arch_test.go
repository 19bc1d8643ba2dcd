package gsql

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers lists the packages from the bottom up: a package may import those of earlier lines only. Packages on
// one line do not know each other.
var layers = [][]string{
	{"exec/sqlstate"},
	{"exec/types", "exec/jsontext", "exec/xmltext", "exec/inet", "exec/geo"},
	{"exec/ranges"},
	{"exec/mem", "exec/vec"},
	{"exec/jsonpath"},
	{"exec/text", "exec/spill"},
	{"exec/fn"},
	{"exec/expr"},
	{"exec"},
	{"exec/exectest", "storage/file", "storage/option", "storage/commit", "storage/parquet/bloom"},
	{"storage/scan"},
	{"storage/scan/scantest"},
	{"storage/arrow", "storage/avro", "storage/excel", "storage/numpy", "storage/plain"},
	{"storage/csv", "storage/json", "storage/memory", "storage/parquet", "storage/remote"},
	{"storage/lake"},
	{"storage/lake/laketest"},
	{"storage/delta", "storage/iceberg"},
	{"storage", "planner", "catalog"},
	{"sql/syntax"},
	{"sql"},
	{"storage/copytext"},
	{"storage/write/parquet"},
	{"storage/write"},
	{""},
	{"pgwire/auth"},
	{"pgwire", "dashboard", "testdata/slt"},
	{"cmd/gsql"},
}

// only names the packages that alone may import some others.
var only = map[string][]string{
	"github.com/pingcap/tidb":    {"sql", "sql/syntax"},
	"github.com/jackc/pgproto3/": {"pgwire"},
}

// goroutines are the files that may start goroutines, besides tests and package main.
var goroutines = []string{"exec/scheduler.go", "exec/exchange", "pgwire/", "storage/remote/cache.go"}

func TestImportsFollowThePipeline(t *testing.T) {
	rank := map[string]int{}
	for i, l := range layers {
		for _, p := range l {
			rank[p] = i
		}
	}
	eachFile(t, func(path, pkg string, f *ast.File) {
		own, ok := rank[pkg]
		if !ok {
			t.Errorf("%s: package %q is not in the list of layers", path, pkg)
			return
		}
		for _, imp := range f.Imports {
			name, _ := strconv.Unquote(imp.Path.Value)
			for prefix, allowed := range only {
				if strings.HasPrefix(name, prefix) && !slices.Contains(allowed, pkg) {
					t.Errorf("%s imports %s, which only %v may", path, name, allowed)
				}
			}
			dep, internal := strings.CutPrefix(name, "gsql")
			if !internal || strings.HasSuffix(path, "_test.go") {
				continue
			}
			dep = strings.TrimPrefix(dep, "/")
			if r, ok := rank[dep]; !ok || r >= own {
				t.Errorf("%s: %q must not import %q", path, pkg, dep)
			}
		}
	})
}

func TestGoroutinesStartInFewPlaces(t *testing.T) {
	eachFile(t, func(path, pkg string, f *ast.File) {
		if strings.HasSuffix(path, "_test.go") || f.Name.Name == "main" {
			return
		}
		for _, g := range goroutines {
			if strings.HasPrefix(path, g) {
				return
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if _, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s starts a goroutine; use exec's scheduler", path)
			}
			return true
		})
	})
}

// eachFile parses all Go files of the module, which folders called testdata are no part of, with the package's path below it, "" for the root.
func eachFile(t *testing.T, f func(path, pkg string, file *ast.File)) {
	t.Helper()
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (path == "bench" || d.Name() == "testdata" || path != "." && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if ignored(parsed) {
			return nil
		}
		pkg := filepath.ToSlash(filepath.Dir(path))
		if pkg == "." {
			pkg = ""
		}
		f(filepath.ToSlash(path), pkg, parsed)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ignored reports whether a file is a generator, which the build leaves out.
func ignored(f *ast.File) bool {
	for _, g := range f.Comments {
		if g.Pos() < f.Package && strings.Contains(g.Text(), "go:build ignore") {
			return true
		}
		for _, c := range g.List {
			if c.Pos() < f.Package && strings.HasPrefix(c.Text, "//go:build ignore") {
				return true
			}
		}
	}
	return false
}
