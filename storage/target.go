package storage

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/remote"
)

// Target returns where a path lies that a statement may write, absolute and with links resolved. The folder that it is in
// must exist; what the path names need not.
func (c *Catalog) Target(path string) (string, error) {
	if !c.cfg.Write {
		return "", sqlstate.New(sqlstate.InsufficientPrivilege, "permission denied to write \"%s\"", path).
			WithDetail("Writing files is turned off.").
			WithHint("Start the server with --allow-write, or use COPY ... TO STDOUT, or psql's \\copy, which write where the client is.")
	}
	if strings.IndexByte(path, 0) >= 0 || path == "" {
		return "", sqlstate.New(sqlstate.InvalidParameterValue, "a path must not be empty or have a zero byte")
	}
	if remote.IsURL(path) {
		return "", sqlstate.Unsupported("Write a file here and send it there.", "writing to \"%s\" is not supported", path)
	}
	if strings.ContainsAny(path, "*?[{") {
		return "", sqlstate.Unsupported("Name one file, or a folder.", "a path to write with one of %s in it, as globs have, is not supported", "* ? [ {")
	}
	restricted := c.cfg.Restrict || len(c.writeRoots) > 0
	if restricted && slices.Contains(strings.Split(filepath.ToSlash(path), "/"), "..") {
		return "", unwritable(path)
	}
	full := path
	if !filepath.IsAbs(full) {
		full = filepath.Join(c.dir(), full)
	}
	full = filepath.Clean(full)
	base := filepath.Base(full)
	if base == "." || base == ".." || base == string(filepath.Separator) || strings.HasPrefix(base, ".gsql-write-") {
		return "", sqlstate.New(sqlstate.InvalidParameterValue, "\"%s\" is no path to write", path)
	}
	if info, err := os.Stat(full); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		if restricted {
			return "", unwritable(path)
		}
		return full, nil // a device or a pipe, such as /dev/stdout, whose links may lead to no path
	}
	if k, err := c.lakeAt(context.Background(), full); err == nil && k != noLake {
		return "", k.unwritable(path)
	}
	real, err := filepath.EvalSymlinks(full)
	if err != nil {
		if _, there := os.Lstat(full); there == nil {
			return "", sqlstate.New(sqlstate.UndefinedFile, "\"%s\" is a link to nothing", path)
		}
		parent, perr := realPath(filepath.Dir(full))
		switch {
		case perr != nil && restricted && !c.mayList(full):
			return "", unwritable(path)
		case perr != nil:
			return "", missingFolder(perr)
		}
		real = filepath.Join(parent, base)
	}
	if real, err = filepath.Abs(real); err != nil {
		return "", file.Error(path, err)
	}
	if restricted && !c.mayWrite(real) {
		return "", unwritable(path)
	}
	return real, nil
}

func missingFolder(err error) error {
	if e, ok := err.(*sqlstate.Error); ok && e.Code == sqlstate.UndefinedFile {
		e.Hint = "The folder that the target is to be in must exist."
	}
	return err
}

// mayWrite reports whether a path without links lies below a folder that statements may write in.
func (c *Catalog) mayWrite(real string) bool {
	roots := c.writeRoots
	if len(roots) == 0 {
		roots = c.roots[:min(1, len(c.roots))]
	}
	for _, root := range roots {
		if rel, err := filepath.Rel(root, real); err == nil && filepath.IsLocal(rel) && rel != "." {
			return true
		}
	}
	return false
}

func unwritable(path string) error {
	return sqlstate.New(sqlstate.InsufficientPrivilege, "permission denied to write \"%s\"", path).
		WithDetail("Statements may write below some folders only.").
		WithHint("Start the server with --allow-write=FOLDER for others.")
}

// Folder returns the path and the files of an entry's table, if that is a folder of files itself.
func (c *Catalog) Folder(e Entry) (path string, files []file.File, ok bool, err error) {
	if k := lakeKind(e.format); k.known() {
		return "", nil, false, k.unwritable(e.Name)
	}
	info, err := os.Stat(filepath.Join(c.cfg.Dir, e.path))
	if err != nil || !info.IsDir() {
		return "", nil, false, nil
	}
	files, err = c.files([]string{e.path})
	return e.path, files, err == nil, err
}
