// Package storage finds tables: it turns names, paths, globs and table functions into tables over files of
// the formats in its subpackages.
//
// A catalog has a folder. In it, each data file is a table by its name without the extension (sales.csv is
// sales), and each folder that holds files of one format, at any depth, is a table by its name. A path or
// a glob, written as a string literal or a quoted identifier, is a table as well: FROM 'dir/*.csv'. Each folder in the catalog's
// is a schema, too, in which the same holds. README.md says all of it to those who query.
//
// Beside names and functions, External describes a table: where files are, how they are read and which columns they have.
//
// # Many files
//
// A path or a glob becomes a pattern, which a walker follows through the folders, each of which it reads once and the
// catalog remembers (listings). Of the files a few are looked at for the columns (found, the shape of a format). Where all
// files lie in folders key=value (hive), the others are not looked for before the table is scanned: by then the planner has
// told it of the conditions on its rows (exec.Restrictable), and folders whose keys they exclude are not read.
//
// The tables of formats know the columns in the files. Behind these come columns that are known of each file without
// opening it, which are constants or dictionaries in the batches (file.Extras).
package storage

import (
	"cmp"
	"context"
	"crypto/sha256"
	"path/filepath"
	"strings"
	"sync"

	"gsql/exec"
	"gsql/storage/file"
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
	// Cache bounds the bytes of the footers of Parquet files that are kept; 0: the default.
	Cache int64
	// Write lets statements write files: below WritePaths; if there are none, below Dir with Restrict and anywhere without.
	Write      bool
	WritePaths []string
}

// defaultCache holds the footers of some 100,000 small files.
const defaultCache = 256 << 20

func (c *Config) footers() int64 { return cmp.Or(c.Cache, defaultCache) }

// Catalog finds tables in files. It is safe for concurrent use and keeps the shapes of files that it has
// looked at for as long as the files do not change.
type Catalog struct {
	cfg    Config
	roots  []string // what Restrict allows, absolute, links resolved
	urls   []string // and in front of which URLs
	remote *remote.Store

	listings   listings
	footers    *parquet.Footers
	writeRoots []string // those of WritePaths, likewise

	mu       sync.Mutex
	shapes   map[[sha256.Size]byte]any // of a format: columns, types and the like
	archives map[file.File][]file.File // the members of each
	lakes    map[string]*lakeState     // tables with logs, by their states
}

// maxShapes bounds what the catalog remembers.
const maxShapes = 4096

// New returns the catalog of a configuration. The folders must exist.
func New(cfg Config) (*Catalog, error) {
	c := &Catalog{cfg: cfg, shapes: map[[sha256.Size]byte]any{}, footers: parquet.NewFooters(cfg.footers())}
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
	for _, d := range cfg.WritePaths {
		root, err := realPath(d)
		if err != nil {
			return nil, err
		}
		c.writeRoots = append(c.writeRoots, root)
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
		return c.open(ctx, newRequest(name.Table))
	}
	schema, ok, err := c.Schema(name.Schema)
	if err != nil {
		return nil, err
	}
	if ok {
		if e, ok, err := c.Entry(schema, name.Table); err != nil {
			return nil, err
		} else if ok {
			return c.Open(ctx, e)
		}
		if schema == "" && looksLikePath(name.Table) {
			return c.open(ctx, newRequest(name.Table))
		}
	}
	full := name.Table
	if name.Schema != "" {
		full = name.Schema + "." + name.Table
	}
	if err := c.refusedFolder(ctx, name); err != nil {
		return nil, err
	}
	return nil, c.NoTable(full)
}

// looksLikePath tells "dir/x.parquet" and "x.csv" from a name that is no table.
func looksLikePath(s string) bool {
	return strings.ContainsAny(s, `/\*?[`) || formatOf(s) != ""
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
