package storage

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/remote"
)

// maxFiles bounds the files of one table.
const maxFiles = 1_000_000

// files returns the files that patterns name: each a file, a folder (all data files in it, at any depth),
// or a glob with *, **, ?, [..] and {a,b}. Files come in the order of the patterns, then of their names.
func (c *Catalog) files(texts []string) ([]file.File, error) {
	ctx := context.Background()
	patterns, err := c.resolveAll(ctx, texts)
	if err != nil {
		return nil, err
	}
	l := &lister{c: c, set: newFileSet(nil)}
	if err := l.list(ctx, patterns); err != nil {
		return nil, err
	}
	if err := l.set.stat(ctx); err != nil {
		return nil, err
	}
	if len(l.set.files) == 0 {
		return nil, patterns[0].nothing()
	}
	return l.set.files, nil
}

// nothing is the error about a pattern that names no files.
func (p *pattern) nothing() error {
	if p.folder {
		return sqlstate.New(sqlstate.UndefinedFile, "folder \"%s\" has no data files", p.text).
			WithHint("Data files end in .csv, .tsv, .parquet, .ndjson and the like; name others by a path or a glob.")
	}
	return sqlstate.New(sqlstate.UndefinedFile, "no files match \"%s\"", p.text)
}

func denied(path string) error {
	return sqlstate.New(sqlstate.InsufficientPrivilege, "permission denied to read \"%s\"", path).
		WithDetail("Queries may read files in the served folder only.").
		WithHint("Start the server with --allow-path for other folders.")
}

// shown is a path without what is above the folder, which those who query need not know.
func (c *Catalog) shown(path string) string {
	if rel, err := filepath.Rel(c.dir(), path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// nameOf is how messages and tables name a file: a remote one by its URL.
func (c *Catalog) nameOf(f *file.File) string {
	if f.Store != nil {
		return f.Path
	}
	return c.shown(f.Path)
}

// allowed reports whether a path without links lies in a folder that queries may read.
func (c *Catalog) allowed(real string) bool {
	for _, root := range c.roots {
		rel, err := filepath.Rel(root, real)
		if err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}

// resolveAll resolves paths and globs.
func (c *Catalog) resolveAll(ctx context.Context, texts []string) ([]*pattern, error) {
	var out []*pattern
	for _, t := range texts {
		p, err := c.resolve(ctx, t)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// resolve tells what a path or a glob names. Members of archives and remote files are found at once.
func (c *Catalog) resolve(ctx context.Context, text string) (*pattern, error) {
	if archives, members, inside := c.splitArchive(text); inside {
		found, err := c.archived(archives, members, text)
		return &pattern{text: text, members: found}, err
	}
	if remote.IsURL(text) {
		found, err := c.remoteFiles(text)
		return &pattern{text: text, members: found}, err
	}
	return c.resolveFiles(ctx, text)
}

// matching returns the files that a pattern names, archives as such.
func (c *Catalog) matching(text string) ([]file.File, error) {
	if remote.IsURL(text) {
		return c.remoteFiles(text)
	}
	ctx := context.Background()
	p, err := c.resolveFiles(ctx, text)
	if err != nil {
		return nil, err
	}
	l := &lister{c: c, set: newFileSet(nil)}
	if err := l.list(ctx, []*pattern{p}); err != nil {
		return nil, err
	}
	return l.set.files, l.set.stat(ctx)
}

// remoteFiles returns the remote files that a URL names; of several only those that are data files, if any are.
func (c *Catalog) remoteFiles(url string) ([]file.File, error) {
	found, err := c.remote.Files(context.Background(), url)
	if len(found) < 2 {
		return found, err
	}
	if kind, err := c.lakeAt(context.Background(), url); err == nil && kind != noLake {
		return nil, kind.refuse(url)
	}
	var data []file.File
	for _, f := range found {
		if formatOf(f.Path) != "" {
			data = append(data, f)
		}
	}
	if len(data) == 0 {
		data = found
	}
	return data, nil
}

// resolveFiles tells what a path or a glob names that leads into no archive.
func (c *Catalog) resolveFiles(ctx context.Context, text string) (*pattern, error) {
	if strings.IndexByte(text, 0) >= 0 || text == "" {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "a path must not be empty or have a zero byte")
	}
	full := c.full(text)
	if c.cfg.Restrict && !c.mayList(full) {
		return nil, denied(text)
	}
	info, err := os.Stat(full)
	isGlob := strings.ContainsAny(text, globChars)
	switch {
	case err == nil && !info.IsDir() && !info.Mode().IsRegular():
		return nil, sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a regular file", text)
	case err == nil:
		p := &pattern{text: text, abs: filepath.IsAbs(text), alts: [][]part{pathParts(filepath.Clean(text))}}
		if info.IsDir() {
			p.folder = true
			p.alts[0] = append(p.alts[0], part{"**", deep}, part{"", data})
			return p, p.chooseTexts(ctx, c)
		}
		return p, nil
	case !isGlob:
		return nil, c.unreadable(text, err)
	}
	p, err := parsePattern(text)
	if err == nil && p.folder {
		err = p.chooseTexts(ctx, c)
	}
	return p, err
}

// chooseTexts settles whether files of text are data: only where there are no others, which they else tell about.
func (p *pattern) chooseTexts(ctx context.Context, c *Catalog) error {
	p.texts = true
	any := false
	w := &walker{c: c, ctx: ctx}
	w.visit.file = func(_, name string, _ *place) error {
		if any = true; extension(name) != ".txt" {
			p.texts = false
			return errStop
		}
		return nil
	}
	if err := w.walk(p); err != nil && err != errStop {
		return err
	}
	if !any {
		return p.nothing()
	}
	return nil
}

// takes reports whether a file that the pattern names is one of the table's.
func (p *pattern) takes(name string) bool {
	return !p.folder || p.texts || extension(name) != ".txt"
}

// full is a path from where the process is.
func (c *Catalog) full(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.dir(), path)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// unreadable says why a path as it was written cannot be read, and where it was looked for.
func (c *Catalog) unreadable(pattern string, err error) error {
	err = file.Error(pattern, err)
	var e *sqlstate.Error
	if errors.As(err, &e) && e.Code == sqlstate.UndefinedFile && !filepath.IsAbs(pattern) {
		switch dir, wrong := filepath.Abs(c.dir()); {
		case c.cfg.Restrict:
			e.Hint = "The path is relative to the served folder."
		case wrong == nil:
			e.Hint = "The path is relative to " + dir + "."
		}
	}
	return err
}

// mayList reports whether the folder that a pattern starts from lies where queries may read, so that
// errors do not tell what is elsewhere.
func (c *Catalog) mayList(full string) bool {
	base := filepath.Clean(full)
	if strings.ContainsAny(base, globChars) {
		b, _ := doublestar.SplitPattern(filepath.ToSlash(base))
		base = filepath.FromSlash(b)
	}
	for {
		real, err := realPath(base)
		if err == nil {
			return c.allowed(real)
		}
		up := filepath.Dir(base)
		if up == base {
			return false
		}
		base = up
	}
}

// OpenFile opens one file that queries may read, by its path, and returns its text.
func (c *Catalog) OpenFile(path string) (io.ReadCloser, error) {
	files, err := c.files([]string{path})
	if err != nil {
		return nil, err
	}
	if len(files) != 1 {
		return nil, sqlstate.Unsupported("Use INSERT ... SELECT * FROM the files.", "\"%s\" is more than one file", path)
	}
	t, err := files[0].OpenText("", 0)
	if err != nil {
		return nil, err
	}
	return t.Reader(), nil
}
