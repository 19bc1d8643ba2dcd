package storage

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

// Entry is a table of the catalog's folder, or of a folder in it.
type Entry struct {
	Name   string
	schema string // the folder that it is in; "" for the catalog's own
	path   string // relative to the catalog's folder
	format string
}

// Entries lists the tables of the catalog's folder by name.
func (c *Catalog) Entries() ([]Entry, error) { return c.EntriesIn("") }

// EntriesIn lists the tables of a schema that Schema returned.
func (c *Catalog) EntriesIn(schema string) ([]Entry, error) {
	return c.entries(schema, func(string) bool { return true })
}

// entries lists the tables of a folder in the catalog's, or of that itself, whose names are wanted.
func (c *Catalog) entries(schema string, wanted func(name string) bool) ([]Entry, error) {
	if c.cfg.Dir == "" {
		return nil, nil
	}
	dir := filepath.Join(c.cfg.Dir, schema)
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, file.Error(c.shown(dir), err)
	}
	var out []Entry
	if schema == "" {
		if e, ok := c.wholeEntry(list); ok && wanted(e.Name) {
			out = append(out, e)
		}
	}
	return append(out, c.entriesOf(schema, list, wanted)...), nil
}

// entriesOf returns the tables among what is in a folder.
func (c *Catalog) entriesOf(schema string, list []fs.DirEntry, wanted func(name string) bool) (out []Entry) {
	for _, d := range list {
		if hidden(d.Name()) || isKey(d) || !wanted(tableName(d.Name())) {
			continue
		}
		if e, ok := c.asEntry(schema, d); ok {
			out = append(out, e)
		}
	}
	return out
}

// keyFolders is the pattern of the folders key=value in the catalog's own.
const keyFolders = "*=*/"

func isKey(d fs.DirEntry) bool {
	_, _, ok := parseKey(d.Name())
	return ok && d.IsDir() && !hidden(d.Name())
}

// wholeEntry returns the table that the catalog's folder is itself, by its name, where there are folders key=value in it:
// these are none by themselves.
func (c *Catalog) wholeEntry(list []fs.DirEntry) (Entry, bool) {
	if !slices.ContainsFunc(list, isKey) {
		return Entry{}, false
	}
	dir, err := filepath.Abs(c.cfg.Dir)
	if err != nil {
		return Entry{}, false
	}
	format, ok := c.folderFormat(keyFolders)
	return Entry{Name: filepath.Base(dir), path: keyFolders, format: format}, ok
}

// tableName is the name of the table that a file, or a folder of files, is: without the extension of data
// files.
func tableName(path string) string {
	if formatOf(path) == "" {
		return path
	}
	_, name := file.CodecOf(path)
	return strings.TrimSuffix(name, filepath.Ext(name))
}

func (c *Catalog) asEntry(schema string, d fs.DirEntry) (Entry, bool) {
	inner := filepath.Join(schema, d.Name())
	path := filepath.Join(c.cfg.Dir, inner)
	mode := d.Type()
	if mode&fs.ModeSymlink != 0 {
		info, err := os.Stat(path)
		if err != nil {
			return Entry{}, false
		}
		mode = info.Mode().Type()
	}
	e := Entry{Name: tableName(d.Name()), schema: schema, path: inner, format: formatOf(d.Name())}
	switch {
	case mode.IsRegular():
		return e, e.format != ""
	case !mode.IsDir():
		return Entry{}, false
	}
	if kind, err := c.lakeAt(context.Background(), inner); err == nil && kind != noLake {
		e.format = string(kind)
		return e, kind != hudi
	}
	var ok bool
	e.format, ok = c.folderFormat(inner)
	return e, ok
}

// folderFormat returns the format of the files in a folder; it is not ok when there are none or those that lie together
// are of several. Other folders in it are not looked at: a tree may have very many. A folder that queries may not read is
// a table as well, which says so.
func (c *Catalog) folderFormat(path string) (_ string, ok bool) {
	ctx := context.Background()
	p, err := c.resolve(ctx, path)
	if err != nil {
		return "", sqlstate.Of(err) == sqlstate.InsufficientPrivilege
	}
	format := ""
	var in *place
	w := &walker{c: c, ctx: ctx}
	w.visit.file = func(_, name string, dir *place) error {
		switch f := formatOf(name); {
		case !p.takes(name):
		case in != nil && dir != in:
			return errStop
		case format != "" && f != format:
			format = ""
			return errStop
		default:
			in, format = dir, f
		}
		return nil
	}
	if err := w.walk(p); err != nil && err != errStop {
		return "", sqlstate.Of(err) == sqlstate.InsufficientPrivilege
	}
	return format, format != ""
}

// Entry finds a table by name; if there is none, in any case of letters. The schema is "", for the catalog's own folder, or
// what Schema returned.
func (c *Catalog) Entry(schema, name string) (e Entry, ok bool, err error) {
	found, err := c.entries(schema, func(n string) bool { return n == name })
	if err == nil && len(found) == 0 {
		found, err = c.entries(schema, func(n string) bool { return strings.EqualFold(n, name) })
	}
	switch {
	case err != nil || len(found) == 0:
		return Entry{}, false, err
	case len(found) == 1:
		return found[0], true, nil
	}
	return Entry{}, false, sqlstate.New(sqlstate.AmbiguousAlias, "table name \"%s\" is ambiguous", name).
		WithDetail("It may be \"%s\" or \"%s\".", found[0].path, found[1].path).
		WithHint("Name the file: FROM '%s'.", found[0].path)
}

// NoTable says that a name is no table, and what it might be.
func (c *Catalog) NoTable(full string) error {
	e := sqlstate.New(sqlstate.UndefinedTable, "relation \"%s\" does not exist", full)
	if formatOf(full) != "" {
		return e.WithHint("Names of files are written in single quotes: FROM '%s'.", full)
	}
	if c.cfg.Dir == "" && !c.cfg.Restrict {
		here := &Catalog{cfg: Config{Dir: "."}}
		if f, ok, err := here.Entry("", full); ok && err == nil {
			return e.WithHint("Name the file: FROM '%s'. With gsql -C . the files of this folder are tables.", f.path)
		}
	}
	schema, name := "", full
	if s, n, ok := strings.Cut(full, "."); ok {
		folder, is, err := c.Schema(s)
		if !is && err == nil && c.cfg.Dir != "" && !reservedSchema(s) {
			return e.WithHint("%s", c.schemaHint(s))
		}
		if is && err == nil {
			schema, name = folder, n
		}
	} else if in := c.schemasWith(full); in != nil {
		return e.WithHint("Perhaps you meant %s.", strings.Join(in, " or "))
	}
	all, err := c.EntriesIn(schema)
	if err != nil || len(all) == 0 {
		return e.WithHint("Name a file: FROM 'sales.csv', FROM 'logs/*.parquet'.")
	}
	var similar, names []string
	for _, x := range all {
		names = append(names, "\""+x.Name+"\"")
		if distance(strings.ToLower(x.Name), strings.ToLower(name)) <= 1+len(name)/4 || len(name) >= 3 && strings.Contains(x.Name, name) {
			similar = append(similar, "\""+x.Name+"\"")
		}
	}
	switch {
	case len(similar) > 0:
		sort.Strings(similar)
		return e.WithHint("Perhaps you meant %s.", strings.Join(similar[:min(3, len(similar))], " or "))
	case len(names) <= 20:
		return e.WithHint("Tables are %s.", strings.Join(names, ", "))
	}
	return e.WithHint("There are %d tables, such as %s.", len(names), strings.Join(names[:5], ", "))
}

// distance counts the bytes that must be changed, added or taken away to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Has reports whether a name is one of a table in files, or of several; see Entry.
func (c *Catalog) Has(schema, name string) (bool, error) {
	_, ok, err := c.Entry(schema, name)
	if sqlstate.Of(err) == sqlstate.AmbiguousAlias {
		return true, nil
	}
	return ok, err
}

// Open returns the table of an entry.
func (c *Catalog) Open(ctx context.Context, e Entry) (exec.Table, error) {
	r := newRequest(e.path)
	r.name, r.schema = e.Name, e.schema
	return c.open(ctx, r)
}

// Size returns the bytes and the number of the files that an entry's table reads.
func (c *Catalog) Size(e Entry) (bytes int64, files int, err error) {
	if lakeKind(e.format).known() {
		return c.lakeSize(e)
	}
	return c.SizeOf([]string{e.path})
}

// SizeOf is Size for the files that paths and globs name.
func (c *Catalog) SizeOf(paths []string) (bytes int64, files int, err error) {
	list, err := c.files(paths)
	for _, f := range list {
		bytes += f.Size
	}
	return bytes, len(list), err
}
