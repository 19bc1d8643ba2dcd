package storage

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/remote"
)

// lakeFS is the folder of a table with a log. It is safe for concurrent use.
type lakeFS struct {
	c    *Catalog
	root string // to open, or a URL
	name string // as the query has it
	url  bool
	// metadata is the file of a folder "metadata" by which the table was named, "" for the newest.
	metadata string

	mu   sync.Mutex
	real map[string]string // folders without links, where queries may not read everything
}

func (c *Catalog) lakeFS(path string) *lakeFS {
	path, metadata := splitMetadata(path)
	t := &lakeFS{c: c, name: strings.TrimRight(path, "/"), root: strings.TrimRight(path, "/"), url: remote.IsURL(path), metadata: metadata}
	if t.name == "" {
		t.name = path
	}
	if !t.url {
		t.root = filepath.Clean(c.full(path))
	}
	return t
}

// splitMetadata divides the path of a metadata file of Iceberg into the table's folder and the file's name.
func splitMetadata(path string) (folder, name string) {
	if !isIcebergMetadata(path) {
		return path, ""
	}
	slashed := filepath.ToSlash(path)
	i := strings.LastIndexByte(slashed, '/')
	dir, ok := strings.CutSuffix(slashed[:max(i, 0)], "metadata")
	switch {
	case !ok:
		return path, ""
	case dir == "":
		dir = "."
	}
	return dir, slashed[i+1:]
}

// Name is the folder as the query has it.
func (t *lakeFS) Name() string { return t.name }

// nameOf is how messages and queries name a file of which metadata has the path.
func (t *lakeFS) nameOf(path string) string {
	if remote.IsURL(path) || filepath.IsAbs(path) {
		return path
	}
	return t.name + "/" + path
}

// locate returns where a path that metadata has leads, and whether that is a URL.
func (t *lakeFS) locate(path string) (full string, isURL bool, err error) {
	if rest, ok := strings.CutPrefix(path, "file:"); ok {
		if path, ok = localPath(rest); !ok {
			return "", false, outside(t.nameOf(rest))
		}
		return path, false, t.stays(path)
	}
	switch {
	case strings.IndexByte(path, 0) >= 0:
		return "", false, outside(strings.ToValidUTF8(t.name, ""))
	case remote.IsURL(path):
		return path, true, nil
	case filepath.IsAbs(path):
		return path, false, t.stays(path)
	case !filepath.IsLocal(filepath.FromSlash(path)):
		return "", false, outside(t.nameOf(path)) // it leads out of the folder
	case t.url:
		return t.root + "/" + path, true, nil
	}
	return filepath.Join(t.root, filepath.FromSlash(path)), false, nil
}

// stays refuses a path of this machine in the metadata of a table that is elsewhere.
func (t *lakeFS) stays(path string) error {
	if t.url {
		return outside(path)
	}
	return nil
}

// localPath returns the path of a URL behind file:, of this machine.
func localPath(rest string) (string, bool) {
	if host, ok := strings.CutPrefix(rest, "//"); ok {
		i := strings.IndexByte(host, '/')
		if i < 0 || i > 0 && host[:i] != "localhost" {
			return "", false
		}
		rest = host[i:]
	}
	path := filepath.FromSlash(rest)
	if len(path) > 2 && path[2] == ':' && os.IsPathSeparator(path[0]) { // /C:/...
		path = path[1:]
	}
	return path, filepath.IsAbs(path) && strings.IndexByte(path, 0) < 0
}

// outside is the error about a path in metadata that leads to where none of a table's files may be.
func outside(path string) error {
	return sqlstate.New(sqlstate.InsufficientPrivilege, "permission denied to read \"%s\"", path).
		WithDetail("The metadata of a table names it, out of whose place it leads.")
}

// List returns the files right in a folder, in the order of their names.
func (t *lakeFS) List(ctx context.Context, dir string) ([]file.File, error) {
	if t.url {
		files, _, err := t.c.remote.Folder(ctx, t.root+"/"+dir)
		return files, err
	}
	full := filepath.Join(t.root, filepath.FromSlash(dir))
	if t.c.cfg.Restrict && !t.c.mayList(full) {
		return nil, denied(t.nameOf(dir))
	}
	list, err := t.c.listings.read(full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, file.Error(t.nameOf(dir), err)
	}
	var out []file.File
	for _, e := range list {
		if e.kind == isDir || e.kind == isOther {
			continue
		}
		f, err := t.local(filepath.Join(full, e.name))
		if sqlstate.Of(err) == sqlstate.UndefinedFile {
			continue // it has gone
		}
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// Stat looks for a file.
func (t *lakeFS) Stat(ctx context.Context, path string) (file.File, error) {
	full, isURL, err := t.locate(path)
	if err != nil {
		return file.File{}, err
	}
	if isURL {
		return t.c.remote.Stat(ctx, full)
	}
	return t.local(full)
}

// Data returns a file of which the size is known; one of an object store is not looked for.
func (t *lakeFS) Data(ctx context.Context, path string, size int64) (file.File, error) {
	full, isURL, err := t.locate(path)
	if err != nil {
		return file.File{}, err
	}
	if isURL {
		return t.c.remote.Known(ctx, full, size)
	}
	return t.local(full)
}

// local returns a file of this machine, if queries may read it. Its path is one without links if that matters.
func (t *lakeFS) local(full string) (file.File, error) {
	info, err := os.Lstat(full)
	if t.c.cfg.Restrict {
		real, rerr := t.realPath(full, err == nil && info.Mode()&fs.ModeSymlink == 0)
		if rerr != nil {
			if !t.c.mayList(full) {
				return file.File{}, denied(t.c.shown(full))
			}
			return file.File{}, file.Error(t.c.shown(full), err)
		}
		if !t.c.allowed(real) {
			return file.File{}, denied(t.c.shown(full))
		}
		full = real
	}
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		info, err = os.Stat(full)
	}
	switch {
	case err != nil:
		return file.File{}, file.Error(t.c.shown(full), err)
	case !info.Mode().IsRegular():
		return file.File{}, sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a regular file", t.c.shown(full))
	}
	f := file.New(full, info)
	f.Codec = "" // whatever its name says
	return f, nil
}

// realPath returns a path without links. plain says that the last name in it is none.
func (t *lakeFS) realPath(full string, plain bool) (string, error) {
	if !plain {
		return realPath(full)
	}
	dir, name := filepath.Split(full)
	t.mu.Lock()
	defer t.mu.Unlock()
	real, ok := t.real[dir]
	if !ok {
		var err error
		if real, err = realPath(dir); err != nil {
			return "", err
		}
		if t.real == nil || len(t.real) > 10_000 {
			t.real = map[string]string{}
		}
		t.real[dir] = real
	}
	return filepath.Join(real, name), nil
}
