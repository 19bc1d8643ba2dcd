// Package scantest opens files for the tests of formats.
package scantest

import (
	"os"
	"path/filepath"
	"testing"

	"gsql/exec"
	"gsql/storage/file"
)

// Opener makes a table of files.
type Opener func(files []file.File) (exec.Table, error)

// Files returns the table of the files of some paths, which are there.
func Files(tb testing.TB, open Opener, paths ...string) (exec.Table, error) {
	tb.Helper()
	var files []file.File
	for _, p := range paths {
		f, err := file.Stat(p)
		if err != nil {
			tb.Fatal(err)
		}
		files = append(files, f)
	}
	return open(files)
}

// Bytes returns what makes tables of a file of the given name and content. Each has the place of the one before.
func Bytes(tb testing.TB, open Opener, name string) func(b []byte) (exec.Table, error) {
	path := filepath.Join(tb.TempDir(), name)
	return func(b []byte) (exec.Table, error) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			tb.Fatal(err)
		}
		return Files(tb, open, path)
	}
}
