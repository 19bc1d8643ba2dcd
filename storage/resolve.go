package storage

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

// formats has the formats by the extension of their files.
var formats = map[string]string{
	".csv": "csv", ".tsv": "csv", ".tab": "csv", ".psv": "csv", ".tbl": "csv", ".txt": "csv",
	".parquet": "parquet", ".pq": "parquet",
	".ndjson": "json", ".jsonl": "json", ".json": "json",
}

func formatOf(path string) string { return formats[strings.ToLower(filepath.Ext(path))] }

// maxFiles bounds the files of one table.
const maxFiles = 1_000_000

// files returns the files that patterns name: each a file, a folder (all data files in it, at any depth),
// or a glob with *, **, ?, [..] and {a,b}. Files come in the order of the patterns, then of their names.
func (c *Catalog) files(patterns []string) ([]file.File, error) {
	var out []file.File
	for _, p := range patterns {
		paths, err := c.expand(p)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			f, err := c.stat(path)
			if err != nil {
				return nil, err
			}
			out = append(out, f)
		}
		if len(out) > maxFiles {
			return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "more than %d files match \"%s\"", maxFiles, p)
		}
	}
	return out, nil
}

// stat checks that a query may read the file.
func (c *Catalog) stat(path string) (file.File, error) {
	if c.cfg.Restrict {
		real, err := realPath(path)
		if err != nil {
			return file.File{}, err
		}
		if !c.allowed(real) {
			return file.File{}, denied(path)
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
	return file.File{Path: path, Size: info.Size(), ModTime: info.ModTime()}, nil
}

func denied(path string) error {
	return sqlstate.New(sqlstate.InsufficientPrivilege, "permission denied to read \"%s\"", path).
		WithDetail("Queries may read files in the served folder only.").
		WithHint("Start the server with --allow-path for other folders.")
}

func (c *Catalog) allowed(real string) bool {
	for _, root := range c.roots {
		if real == root || strings.HasPrefix(real, strings.TrimSuffix(root, string(filepath.Separator))+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

func (c *Catalog) expand(pattern string) ([]string, error) {
	if strings.IndexByte(pattern, 0) >= 0 || pattern == "" {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "a path must not be empty or have a zero byte")
	}
	full := pattern
	if !filepath.IsAbs(full) {
		full = filepath.Join(c.dir(), full)
	}
	if c.cfg.Restrict && !c.mayList(full) {
		return nil, denied(pattern)
	}
	info, err := os.Stat(full)
	switch {
	case err == nil && info.IsDir():
		return dataFiles(full)
	case err == nil:
		return []string{full}, nil
	case !strings.ContainsAny(pattern, "*?[{"):
		return nil, file.Error(pattern, err)
	}
	base, rest := doublestar.SplitPattern(filepath.ToSlash(full))
	found, err := doublestar.Glob(os.DirFS(base), rest, doublestar.WithFilesOnly())
	if err != nil {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "\"%s\" is not a valid glob: %v", pattern, err)
	}
	if len(found) == 0 {
		return nil, sqlstate.New(sqlstate.UndefinedFile, "no files match \"%s\"", pattern)
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
	if strings.ContainsAny(base, "*?[{") {
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

// dataFiles returns the data files below a folder, names that begin with a dot or an underscore left out.
func dataFiles(dir string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path != dir && (d.Name()[0] == '.' || d.Name()[0] == '_') {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if !d.IsDir() && formatOf(path) != "" {
			out = append(out, path)
		}
		if len(out) > maxFiles {
			return fmt.Errorf("more than %d files", maxFiles)
		}
		return nil
	})
	if err != nil {
		return nil, file.Error(dir, err)
	}
	if len(out) == 0 {
		return nil, sqlstate.New(sqlstate.UndefinedFile, "folder \"%s\" has no data files", dir).
			WithHint("Data files end in .csv, .tsv, .parquet, .ndjson and the like; name others by a path or a glob.")
	}
	sort.Strings(out)
	return out, nil
}

// commonFormat returns the format of files: by extension, else by how the first one begins.
func commonFormat(files []file.File) (string, error) {
	format := ""
	for _, f := range files {
		g := formatOf(f.Path)
		if g == "" {
			var err error
			if g, err = sniffFormat(f); err != nil {
				return "", err
			}
		}
		if format != "" && g != format {
			return "", sqlstate.New(sqlstate.WrongObjectType, "files of one table have different formats: \"%s\" is %s, \"%s\" is %s",
				files[0].Path, format, f.Path, g).WithHint("Use a glob that matches one of them, such as '*.%s'.", format)
		}
		format = g
	}
	return format, nil
}

// sniffFormat looks at the first bytes of a file.
func sniffFormat(f file.File) (string, error) {
	h, err := f.Open()
	if err != nil {
		return "", err
	}
	defer h.Close()
	head := make([]byte, 64)
	n, err := io.ReadFull(h, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return "", file.Error(f.Path, err)
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("PAR1")):
		return "parquet", nil
	case bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n\xef\xbb\xbf"), []byte("{")):
		return "json", nil
	}
	return "csv", nil
}

// cacheKey identifies files in one state, read in one way.
func cacheKey(format string, r request, files []file.File) string {
	h := fnv.New128a()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00", format, r.name, r.args)
	for _, f := range files {
		fmt.Fprintf(h, "%s\x00%d\x00%d\x00", f.Path, f.Size, f.ModTime.UnixNano())
	}
	return string(h.Sum(nil))
}

// Entries lists the tables of the catalog's folder by name.
func (c *Catalog) Entries() ([]Entry, error) {
	if c.cfg.Dir == "" {
		return nil, nil
	}
	list, err := os.ReadDir(c.cfg.Dir)
	if err != nil {
		return nil, file.Error(c.cfg.Dir, err)
	}
	var out []Entry
	for _, d := range list {
		if e, ok := c.asEntry(d); ok {
			out = append(out, e)
		}
	}
	return out, nil
}

// entry finds a table of the folder by name.
func (c *Catalog) entry(name string) (Entry, bool, error) {
	all, err := c.Entries()
	if err != nil {
		return Entry{}, false, err
	}
	var found []Entry
	for _, e := range all {
		if e.Name == name {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 0:
		return Entry{}, false, nil
	case 1:
		return found[0], true, nil
	}
	return Entry{}, false, sqlstate.New(sqlstate.AmbiguousColumn, "table name \"%s\" is ambiguous", name).
		WithDetail("It may be %s or %s.", found[0].path, found[1].path).
		WithHint("Use the path: FROM '%s'.", found[0].path)
}

func (c *Catalog) asEntry(d fs.DirEntry) (Entry, bool) {
	name := d.Name()
	if name[0] == '.' || name[0] == '_' {
		return Entry{}, false
	}
	if d.IsDir() {
		paths, err := dataFiles(filepath.Join(c.cfg.Dir, name))
		if err != nil {
			return Entry{}, false
		}
		format := formatOf(paths[0])
		for _, p := range paths {
			if formatOf(p) != format {
				return Entry{}, false
			}
		}
		return Entry{Name: name, path: name, format: format}, true
	}
	if f := formatOf(name); f != "" {
		return Entry{Name: strings.TrimSuffix(name, filepath.Ext(name)), path: name, format: f}, true
	}
	return Entry{}, false
}
