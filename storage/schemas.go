package storage

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

const (
	// MaxSchemaNames bounds what a folder may have in it to be listed as a schema. Its tables are found by name still.
	MaxSchemaNames = 2000
	// maxSchemaEntries bounds the tables of all schemas that are listed.
	maxSchemaEntries = 100_000
)

// reservedSchema reports whether a name is one of PostgreSQL's own schemas, which no folder hides.
func reservedSchema(name string) bool {
	return name == "public" || name == "information_schema" || strings.HasPrefix(name, "pg_")
}

// Schema finds the folder in the catalog's that is a schema by name; if there is none, in any case of letters. It returns the
// folder's name, "" for the catalog's own folder, which "" and public stand for. Each folder is a schema whose name does not
// begin with a dot or an underscore and is not of the form key=value.
func (c *Catalog) Schema(name string) (folder string, ok bool, err error) {
	if name == "" || name == "public" {
		return "", true, nil
	}
	if c.cfg.Dir == "" || reservedSchema(name) || !filepath.IsLocal(name) || filepath.Base(name) != name {
		return "", false, nil
	}
	list, err := c.listings.read(c.cfg.Dir)
	if err != nil {
		return "", false, file.Error(c.cfg.Dir, err)
	}
	var found []string
	for i := range list {
		switch e := &list[i]; {
		case e.kind == isFile || !strings.EqualFold(e.name, name) || !c.isSchema(e.name):
		case e.name == name:
			return name, true, nil
		default:
			found = append(found, e.name)
		}
	}
	switch len(found) {
	case 0:
		return "", false, nil
	case 1:
		return found[0], true, nil
	}
	return "", false, sqlstate.New(sqlstate.AmbiguousAlias, "schema name \"%s\" is ambiguous", name).
		WithDetail("It may be \"%s\" or \"%s\".", found[0], found[1]).WithHint("Write the folder's name in double quotes.")
}

// HasSchema reports whether a folder of the name, as it is written, is a schema.
func (c *Catalog) HasSchema(name string) bool {
	return c.cfg.Dir != "" && filepath.IsLocal(name) && filepath.Base(name) == name && c.isSchema(name)
}

// isSchema reports whether a name in the catalog's folder is one of a folder that can be a schema.
func (c *Catalog) isSchema(name string) bool {
	if _, _, key := parseKey(name); key || hidden(name) || reservedSchema(name) {
		return false
	}
	path := filepath.Join(c.cfg.Dir, name)
	if kind, err := c.lakeAt(context.Background(), name); err != nil || kind != noLake {
		return false
	}
	return isFolder(path) && (!c.cfg.Restrict || c.mayList(path))
}

// SchemaEntries is a folder that is listed as a schema, with its tables.
type SchemaEntries struct {
	Name    string
	Entries []Entry
}

// Schemas lists the folders in the catalog's that hold several tables, as far as the names of what is in them tell: it opens no
// file. They do if their data files and folders have names that differ in more than numbers, or are of several formats;
// not if they have folders key=value.
func (c *Catalog) Schemas() ([]SchemaEntries, error) {
	if c.cfg.Dir == "" {
		return nil, nil
	}
	list, err := os.ReadDir(c.cfg.Dir)
	if err != nil {
		return nil, file.Error(c.cfg.Dir, err)
	}
	var out []SchemaEntries
	left := maxSchemaEntries
	for _, d := range list {
		if d.Type().IsRegular() || !c.isSchema(d.Name()) {
			continue
		}
		entries := c.schemaEntries(d.Name())
		if len(entries) == 0 {
			continue
		}
		entries = entries[:min(len(entries), left)]
		left -= len(entries)
		out = append(out, SchemaEntries{d.Name(), entries})
	}
	return out, nil
}

// schemaEntries returns the tables in a folder, none if it is one table by itself or has too much in it to say.
func (c *Catalog) schemaEntries(folder string) []Entry {
	dir, err := os.Open(filepath.Join(c.cfg.Dir, folder))
	if err != nil {
		return nil
	}
	defer dir.Close()
	list, err := dir.ReadDir(MaxSchemaNames + 1)
	if err != nil && err != io.EOF || len(list) > MaxSchemaNames {
		return nil
	}
	slices.SortFunc(list, func(a, b os.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	kinds := map[tableKind]bool{}
	for _, d := range list {
		switch format := formatOf(d.Name()); {
		case isKey(d):
			return nil
		case hidden(d.Name()) || d.Type().IsRegular() && (format == "" || temporary(d.Name())):
		default:
			kinds[tableKind{withoutNumbers(tableName(d.Name())), format}] = true
		}
	}
	if len(kinds) < 2 {
		return nil
	}
	entries := c.entriesOf(folder, list, func(string) bool { return true })
	clear(kinds) // now without the folders that have no data
	for _, e := range entries {
		kinds[tableKind{withoutNumbers(e.Name), e.format}] = true
	}
	if len(kinds) < 2 {
		return nil
	}
	return entries
}

// tableKind is what the parts of one table have in common.
type tableKind struct{ name, format string }

// withoutNumbers returns a name without what distinguishes the parts of one table: numbers, and the hexadecimal ones by which
// programs tell the files of their runs apart.
func withoutNumbers(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("-_. ", r) }) {
		if len(word) >= 4 && len(word)%4 == 0 && strings.Trim(word, "0123456789abcdef") == "" && strings.ContainsAny(word, "0123456789") {
			continue
		}
		b.WriteString(strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return -1
			}
			return r
		}, word))
		b.WriteByte(' ')
	}
	return strings.Trim(b.String(), " ")
}

// schemasWith returns where in schemas that are listed there is a table of a name, written as SQL does.
func (c *Catalog) schemasWith(name string) (out []string) {
	list, err := c.Schemas()
	if err != nil {
		return nil
	}
	for _, s := range list {
		for _, e := range s.Entries {
			if strings.EqualFold(e.Name, name) && len(out) < 3 {
				out = append(out, "\""+s.Name+"\".\""+e.Name+"\"")
			}
		}
	}
	return out
}

// schemaHint says which schemas there are, where there is none of a name.
func (c *Catalog) schemaHint(name string) string {
	const most = 20
	var names []string
	list, err := c.listings.read(c.cfg.Dir)
	for i := range list {
		if e := &list[i]; e.kind != isFile && c.isSchema(e.name) {
			names = append(names, "\""+e.name+"\"")
		}
	}
	switch {
	case err != nil || len(names) == 0:
		return "There is no folder \"" + name + "\", nor another one that could be a schema."
	case len(names) > most:
		names = append(names[:most:most], "and others")
	}
	return "Folders that are schemas: " + strings.Join(names, ", ") + "."
}
