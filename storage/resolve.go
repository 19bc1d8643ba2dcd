package storage

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/remote"
)

// maxFiles bounds the files of one table.
const maxFiles = 1_000_000

// globChars are the characters that make a pattern of a path.
const globChars = "*?[{"

// files returns the files that patterns name: each a file, a folder (all data files in it, at any depth),
// or a glob with *, **, ?, [..] and {a,b}. Files come in the order of the patterns, then of their names.
func (c *Catalog) files(patterns []string) ([]file.File, error) {
	var out []file.File
	for _, p := range patterns {
		archives, members, inside := c.splitArchive(p)
		var found []file.File
		var err error
		if inside {
			found, err = c.archived(archives, members, p)
		} else {
			found, err = c.matching(p)
		}
		if err != nil {
			return nil, err
		}
		if out = append(out, found...); len(out) > maxFiles {
			return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "more than %d files match \"%s\"", maxFiles, p)
		}
	}
	return out, nil
}

// matching returns the files that a pattern names, archives as such.
func (c *Catalog) matching(pattern string) ([]file.File, error) {
	if remote.IsURL(pattern) {
		return c.remoteFiles(pattern)
	}
	paths, listed, err := c.expand(pattern)
	if err != nil {
		return nil, err
	}
	if len(paths) > maxFiles {
		return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "more than %d files match \"%s\"", maxFiles, pattern)
	}
	var out []file.File
	for _, path := range paths {
		f, err := c.stat(path)
		switch {
		case listed && sqlstate.Of(err) == sqlstate.UndefinedFile: // it has gone since
		case err != nil:
			return nil, err
		default:
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		return nil, noFiles(pattern)
	}
	return out, nil
}

// remoteFiles returns the remote files that a URL names; of several only those that are data files, if any are.
func (c *Catalog) remoteFiles(url string) ([]file.File, error) {
	found, err := c.remote.Files(context.Background(), url)
	if len(found) < 2 {
		return found, err
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

func noFiles(pattern string) error {
	return sqlstate.New(sqlstate.UndefinedFile, "no files match \"%s\"", pattern)
}

// stat checks that a query may read the file.
func (c *Catalog) stat(path string) (file.File, error) {
	if c.cfg.Restrict {
		real, err := realPath(path)
		if err != nil {
			return file.File{}, err
		}
		if !c.allowed(real) {
			return file.File{}, denied(c.shown(path))
		}
		path = real
	}
	info, err := os.Stat(path)
	if err != nil {
		return file.File{}, file.Error(path, err)
	}
	if !info.Mode().IsRegular() {
		return file.File{}, sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a regular file", path)
	}
	return file.New(path, info), nil
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

// expand returns the paths that a pattern names. listed says that they come from reading folders.
func (c *Catalog) expand(pattern string) (paths []string, listed bool, err error) {
	if strings.IndexByte(pattern, 0) >= 0 || pattern == "" {
		return nil, false, sqlstate.New(sqlstate.InvalidParameterValue, "a path must not be empty or have a zero byte")
	}
	full := c.full(pattern)
	if c.cfg.Restrict && !c.mayList(full) {
		return nil, false, denied(pattern)
	}
	info, err := os.Stat(full)
	switch {
	case err == nil && info.IsDir():
		if paths, err = dataFiles(full); err == nil && len(paths) == 0 {
			err = sqlstate.New(sqlstate.UndefinedFile, "folder \"%s\" has no data files", pattern).
				WithHint("Data files end in .csv, .tsv, .parquet, .ndjson and the like; name others by a path or a glob.")
		}
		return paths, true, err
	case err == nil:
		return []string{full}, false, nil
	case !strings.ContainsAny(pattern, globChars):
		return nil, false, c.unreadable(pattern, err)
	}
	paths, err = glob(full)
	if err != nil {
		return nil, false, sqlstate.New(sqlstate.InvalidParameterValue, "\"%s\" is not a valid glob: %v", pattern, err)
	}
	if len(paths) == 0 {
		return nil, false, noFiles(pattern)
	}
	return paths, true, nil
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

// glob returns the files that a pattern matches.
func glob(pattern string) ([]string, error) {
	base, rest := doublestar.SplitPattern(filepath.ToSlash(pattern))
	found, err := doublestar.Glob(os.DirFS(base), rest, doublestar.WithFilesOnly(), doublestar.WithNoHidden())
	if err != nil {
		return nil, err
	}
	sort.Strings(found)
	for i, f := range found {
		found[i] = filepath.Join(base, filepath.FromSlash(f))
	}
	return found, nil
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

// dataFiles returns the data files below a folder, names that begin with a dot or an underscore left out, and
// files of text where there are others: they tell about the data.
func dataFiles(dir string) ([]string, error) {
	var data, texts []string
	// The folder may be a link, which WalkDir would not follow.
	err := filepath.WalkDir(dir+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		switch name := filepath.Base(path); {
		case errors.Is(err, fs.ErrNotExist) && len(data)+len(texts) > 0: // it has gone since
			return nil
		case err != nil:
			return err
		case path == dir+string(filepath.Separator):
		case name[0] == '.' || name[0] == '_':
			if d.IsDir() {
				return filepath.SkipDir
			}
		case d.IsDir() || formatOf(path) == "":
		case extension(path) == ".txt":
			texts = append(texts, filepath.Clean(path))
		default:
			data = append(data, filepath.Clean(path))
		}
		if len(data)+len(texts) > maxFiles {
			return sqlstate.New(sqlstate.ProgramLimitExceeded, "folder \"%s\" has more than %d files", dir, maxFiles)
		}
		return nil
	})
	var limit *sqlstate.Error
	if errors.As(err, &limit) {
		return nil, limit
	}
	if err != nil {
		return nil, file.Error(dir, err)
	}
	if len(data) == 0 {
		data = texts
	}
	sort.Strings(data)
	return data, nil
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
