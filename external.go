package gsql

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"gsql/catalog"
	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage"
)

// externalTable is a table that a statement describes: files somewhere, how they are read, and which columns they have.
type externalTable struct{ *storage.External }

const externalTag = "CREATE EXTERNAL TABLE"

// externalTable opens an external table, whose files may have changed.
func (c *tables) externalTable(ctx context.Context, key relationKey, x *externalTable) (exec.Table, error) {
	c.outside = true
	where := "external\x00" + key.schema + "\x00" + key.name
	if t := c.opened[where]; t != nil {
		return t, nil
	}
	t, err := c.External(ctx, x.External)
	if err == nil {
		c.opened[where] = t
	}
	return t, err
}

// createExternal makes an external table. It looks at the files, and so finds what is wrong with them.
func (s *Session) createExternal(ctx context.Context, stmt *syntax.CreateExternalTableStmt) error {
	key, before, skip, err := s.placeNew(stmt.Tag(), stmt.Name, stmt.Temporary, stmt.OrReplace, stmt.IfNotExists)
	if err != nil || skip {
		return err
	}
	def, err := describeExternal(key, stmt)
	if err != nil {
		return err
	}
	t, err := s.db.catalog.External(ctx, def)
	if err != nil {
		return err
	}
	if before != nil && before.table != nil {
		if err := s.lock(ctx, before.table.Identity); err != nil {
			return err
		}
	}
	changes := []*change{newReplace(key, before, &relation{external: &externalTable{def}})}
	if stmt.Comment != nil {
		changes = append(changes, newComment(commentKey{kind: "relation", of: key}, stmt.Comment))
	}
	for _, c := range slices.Concat(stmt.Columns, stmt.Partitions) {
		if c.Comment != nil && slices.ContainsFunc(t.Schema(), func(f exec.Field) bool { return f.Name == c.Name }) {
			changes = append(changes, newComment(commentKey{kind: "column", of: key, column: c.Name}, c.Comment))
		}
	}
	return s.change(changes...)
}

// describeExternal returns what a statement says of its table.
func describeExternal(key relationKey, stmt *syntax.CreateExternalTableStmt) (*storage.External, error) {
	x := &storage.External{Name: key.name, Format: stmt.Format.Name, Paths: stmt.Locations}
	if key.schema != sharedSchema {
		x.Schema = key.schema
	}
	if err := x.Check(); err != nil {
		return nil, at(err, stmt.Format.Pos)
	}
	columns, err := declaredColumns(stmt.Columns)
	if err != nil {
		return nil, err
	}
	keys, err := declaredColumns(stmt.Partitions)
	if err != nil {
		return nil, err
	}
	for i, k := range keys {
		at := slices.IndexFunc(columns, func(d storage.Declared) bool { return d.Name == k.Name })
		switch {
		case at < 0:
		case k.Type.ID != types.Unknown:
			return nil, duplicateDeclared(stmt.Partitions[i])
		default: // it has its type among the columns, as in DataFusion
			keys[i].Type, keys[i].NotNull = columns[at].Type, columns[at].NotNull
			columns = slices.Delete(columns, at, at+1)
		}
	}
	if len(stmt.Columns) > 0 && len(columns) == 0 {
		return nil, sqlstate.New(sqlstate.InvalidTableDefinition, "a table needs columns beside those of PARTITIONED BY").At(stmt.Name.Pos)
	}
	x.Columns, x.Keys = columns, keys
	x.Options, err = externalOptions(stmt.Options)
	return x, err
}

func at(err error, pos int) error {
	if e, ok := err.(*sqlstate.Error); ok {
		return e.At(pos)
	}
	return err
}

func duplicateDeclared(c *syntax.ExternalColumn) error {
	return sqlstate.New(sqlstate.DuplicateColumn, "column \"%s\" specified more than once", c.Name).At(c.Pos)
}

func declaredColumns(list []*syntax.ExternalColumn) ([]storage.Declared, error) {
	var out []storage.Declared
	for _, c := range list {
		d := storage.Declared{Name: c.Name, NotNull: c.NotNull}
		if c.Type != nil {
			var err error
			if d.Type, err = sql.TypeOf(c.Type, nil); sqlstate.Of(err) == sqlstate.UndefinedObject {
				if t, e := text.ParseType(c.Type.Text); e == nil { // by a name that other systems have for it, such as string
					d.Type, err = t, nil
				}
			}
			if err != nil {
				return nil, err
			}
			if id := cmp.Or(d.Type.Elem, d.Type.ID); id.HasPlaces() && d.Type.Prec != 0 {
				return nil, sqlstate.Unsupported("Leave the precision out, and round in queries.", "columns of files cannot be of type %s", d.Type).At(c.Type.Pos)
			}
		}
		if slices.ContainsFunc(out, func(o storage.Declared) bool { return o.Name == d.Name }) {
			return nil, duplicateDeclared(c)
		}
		out = append(out, d)
	}
	return out, nil
}

// optionNames are DataFusion's names of options for which the functions that read files have others.
var optionNames = map[string]string{"has_header": "header", "null_value": "nullstr", "schema_infer_max_rec": "sample_size"}

// compressions are the names of how files may be compressed, which their first bytes tell.
var compressions = []string{"auto", "none", "uncompressed", "gzip", "gz", "zstd", "zst", "bzip2", "bz2", "xz", "lz4", "snappy"}

// externalOptions returns the options as the functions that read files have them.
func externalOptions(list []syntax.ExternalOption) ([]exec.Arg, error) {
	var out []exec.Arg
	for _, o := range list {
		name := strings.TrimPrefix(strings.ToLower(o.Name), "format.")
		if n, ok := optionNames[name]; ok {
			name = n
		}
		a := exec.Arg{Name: name, Pos: o.Pos, Value: optionValue(o.Value)}
		if slices.ContainsFunc(out, func(b exec.Arg) bool { return b.Name == name }) {
			return nil, sqlstate.New(sqlstate.SyntaxError, "option \"%s\" is given twice", name).At(o.Pos)
		}
		switch s, _ := a.Value.(string); {
		case name == "compression" && slices.Contains(compressions, strings.ToLower(s)):
			continue
		case name == "compression":
			return nil, sqlstate.Unsupported("It is one of "+strings.Join(compressions, ", ")+".", "compression %v is not supported", a.Value).At(o.Pos)
		case name == "newlines_in_values": // they are, in quotes
			continue
		case name == "delim" || name == "delimiter" || name == "sep" || name == "escape" || name == "quote":
			a.Value = unescapeOption(a.Value)
		}
		out = append(out, a)
	}
	return out, nil
}

func optionValue(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = optionValue(x)
		}
		return out
	case []syntax.ExternalOption:
		var out []exec.Arg
		for _, f := range v {
			out = append(out, exec.Arg{Name: f.Name, Value: optionValue(f.Value), Pos: f.Pos})
		}
		return out
	}
	return v
}

// unescapeOption returns the character that Hive writes as \001 or \t.
func unescapeOption(v any) any {
	s, ok := v.(string)
	if !ok || len(s) < 2 || s[0] != '\\' {
		return v
	}
	if n, err := strconv.ParseUint(s[1:], 8, 7); err == nil {
		return string(rune(n))
	}
	if r, _, tail, err := strconv.UnquoteChar(s, 0); err == nil && tail == "" {
		return string(r)
	}
	return v
}

// externalRelation describes an external table to the catalog.
func (src *source) externalRelation(c *catalog.Relation, x *externalTable) {
	files := src.s.db.catalog
	c.Columns = func(ctx context.Context) (exec.Schema, error) {
		t, err := files.External(ctx, x.External)
		if err != nil {
			return nil, err
		}
		return t.Schema(), nil
	}
	c.Size = func(context.Context) (int64, error) {
		n, _, err := files.SizeOf(x.Paths)
		return n, err
	}
	for _, d := range x.Columns {
		c.Details = append(c.Details, catalog.Detail{NotNull: d.NotNull})
	}
}
