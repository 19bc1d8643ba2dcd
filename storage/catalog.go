// Package storage finds tables: it turns names, paths, globs and table functions into tables over files of
// the formats in its subpackages.
//
// A catalog has a folder. In it, each data file is a table by its name without the extension (sales.csv is
// sales), and each folder that holds files of one format, at any depth, is a table by its name. A path or
// a glob, written as a string literal or a quoted identifier, is a table as well: FROM 'dir/*.csv'.
package storage

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"gsql/exec"
	"gsql/storage/csv"
	"gsql/storage/file"
	"gsql/storage/json"
	"gsql/storage/parquet"
	"gsql/storage/remote"
)

// Config says where a catalog looks.
type Config struct {
	Dir string // base of relative paths and folder of the tables; "" is the current folder, without tables by name
	// Restrict lets queries read files below Dir and Allow only, links resolved.
	Restrict bool
	Allow    []string // folders, and beginnings of URLs
	TempDir  string   // for copies of remote files; "" is the system's
}

// Catalog finds tables in files. It is safe for concurrent use and keeps the shapes of files that it has
// looked at for as long as the files do not change.
type Catalog struct {
	cfg    Config
	roots  []string // what Restrict allows, absolute, links resolved
	urls   []string // and in front of which URLs
	remote *remote.Store

	mu       sync.Mutex
	shapes   map[[sha256.Size]byte]exec.Table
	archives map[file.File][]file.File // the members of each
}

// maxShapes bounds what the catalog remembers.
const maxShapes = 4096

// New returns the catalog of a configuration. The folders must exist.
func New(cfg Config) (*Catalog, error) {
	c := &Catalog{cfg: cfg, shapes: map[[sha256.Size]byte]exec.Table{}}
	c.remote = remote.New(remote.Config{TempDir: cfg.TempDir, Allowed: c.allowedURL})
	var dirs []string
	for _, a := range cfg.Allow {
		if remote.IsURL(a) {
			c.urls = append(c.urls, strings.TrimSuffix(a, "/"))
		} else {
			dirs = append(dirs, a)
		}
	}
	if cfg.Dir != "" || cfg.Restrict {
		dirs = append([]string{c.dir()}, dirs...)
	}
	for _, d := range dirs {
		root, err := realPath(d)
		if err != nil {
			return nil, err
		}
		c.roots = append(c.roots, root)
	}
	return c, nil
}

// Close frees what the catalog keeps outside of memory.
func (c *Catalog) Close() error { return c.remote.Close() }

// Remote returns the store of remote files.
func (c *Catalog) Remote() *remote.Store { return c.remote }

// allowedURL reports whether queries may read what a URL names.
func (c *Catalog) allowedURL(url string) bool {
	if !c.cfg.Restrict {
		return true
	}
	if strings.Contains(url, "..") || strings.Contains(strings.ToLower(url), "%2e") {
		return false // it may lead elsewhere
	}
	for _, u := range c.urls {
		if url == u || strings.HasPrefix(url, u+"/") {
			return true
		}
	}
	return false
}

func (c *Catalog) dir() string {
	if c.cfg.Dir == "" {
		return "."
	}
	return c.cfg.Dir
}

// Table finds a table by name or path.
func (c *Catalog) Table(ctx context.Context, name exec.Name) (exec.Table, error) {
	if name.File {
		return c.open(ctx, request{patterns: []string{name.Table}})
	}
	if name.Schema == "" || name.Schema == "public" {
		if e, ok, err := c.entry(name.Table); err != nil {
			return nil, err
		} else if ok {
			return c.Open(ctx, e)
		}
		if looksLikePath(name.Table) {
			return c.open(ctx, request{patterns: []string{name.Table}})
		}
	}
	full := name.Table
	if name.Schema != "" {
		full = name.Schema + "." + name.Table
	}
	return nil, c.noTable(full)
}

// looksLikePath tells "dir/x.parquet" and "x.csv" from a name that is no table.
func looksLikePath(s string) bool {
	return strings.ContainsAny(s, `/\*?[`) || formatOf(s) != ""
}

// request is a table over files.
type request struct {
	patterns []string
	format   string // "" to find out
	name     string // for messages; "" for the first pattern
	csv      csv.Options
	json     json.Options
	args     string // what distinguishes options, for the cache
}

// open finds the files of a request and returns their table, from the cache when they have not changed.
func (c *Catalog) open(ctx context.Context, r request) (exec.Table, error) {
	files, err := c.files(r.patterns)
	if err != nil {
		return nil, err
	}
	if r.name == "" {
		r.name = r.patterns[0]
	}
	format := r.format
	if format == "" {
		if format, err = commonFormat(files); err != nil {
			return nil, err
		}
	}
	key := cacheKey(format, r, files)
	c.mu.Lock()
	t := c.shapes[key]
	c.mu.Unlock()
	if t != nil {
		return t, nil
	}
	if t, err = newTable(ctx, format, r, files); err != nil {
		return nil, err
	}
	c.mu.Lock()
	if len(c.shapes) >= maxShapes {
		clear(c.shapes)
	}
	c.shapes[key] = t
	c.mu.Unlock()
	return t, nil
}

// cacheKey identifies files in one state, read in one way.
func cacheKey(format string, r request, files []file.File) [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s %q %q", format, r.name, r.args)
	for _, f := range files {
		fmt.Fprintf(h, "%q %d %d %q\n", f.Path, f.Size, f.ModTime.UnixNano(), f.Version)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func newTable(ctx context.Context, format string, r request, files []file.File) (exec.Table, error) {
	switch format {
	case "parquet":
		shape, err := parquet.Infer(ctx, files)
		if err != nil {
			return nil, err
		}
		return parquet.NewTable(r.name, files, shape), nil
	case "json":
		shape, err := json.Infer(ctx, files, r.json)
		if err != nil {
			return nil, err
		}
		return json.NewTable(r.name, files, shape), nil
	}
	shape, err := csv.Infer(ctx, files, r.csv)
	if err != nil {
		return nil, err
	}
	return csv.NewTable(r.name, files, shape), nil
}

// realPath returns a path as absolute and without links.
func realPath(p string) (string, error) {
	abs, err := filepath.Abs(p)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return "", file.Error(p, err)
	}
	return abs, nil
}
