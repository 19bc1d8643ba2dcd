package storage

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/csv"
	"gsql/storage/file"
)

// facts are the table functions that tell of files instead of reading their rows.
var facts = map[string]func(c *Catalog, ctx context.Context, r *request) (*factTable, error){
	"gsql_files":        (*Catalog).filesFacts,
	"gsql_schema_drift": (*Catalog).driftFacts,
	"parquet_metadata":  (*Catalog).metadataFacts,
	"parquet_schema":    (*Catalog).schemaFacts,
	"sniff_csv":         (*Catalog).sniffFacts,
}

// factTable is a table of rows that are there already.
type factTable struct {
	schema   exec.Schema
	builders []*vec.Builder
	columns  []*vec.Vector // once it is finished
	rows     int
}

// newFacts makes an empty table of columns, given as name and type by turns.
func newFacts(columns ...any) *factTable {
	t := &factTable{}
	for i := 0; i < len(columns); i += 2 {
		typ := types.Of(columns[i+1].(types.ID))
		t.schema = append(t.schema, exec.Field{Name: columns[i].(string), Type: typ})
		t.builders = append(t.builders, vec.NewBuilder(typ))
	}
	return t
}

// add adds a row of strings, int64s and booleans; nil, and a nil pointer to a string, are NULL.
func (t *factTable) add(values ...any) {
	for i, v := range values {
		b := t.builders[i]
		switch v := v.(type) {
		case nil:
			b.AppendNull()
		case string:
			b.AppendString(validText(v))
		case *string:
			if v == nil {
				b.AppendNull()
			} else {
				b.AppendString(validText(*v))
			}
		case int64:
			vec.Append(b, v)
		case int:
			vec.Append(b, int64(v))
		case bool:
			b.AppendBool(v)
		}
	}
	t.rows++
}

// known returns a text, or nil for none; a number, or nil for -1.
func known[T string | int64](x T) any {
	switch v := any(x).(type) {
	case string:
		if v == "" {
			return nil
		}
	case int64:
		if v < 0 {
			return nil
		}
	}
	return x
}

// finish ends the adding of rows.
func (t *factTable) finish() {
	for _, b := range t.builders {
		t.columns = append(t.columns, b.Finish())
	}
	t.builders = nil
}

func (t *factTable) Schema() exec.Schema { return t.schema }
func (t *factTable) Stats() exec.Stats   { return exec.Stats{Rows: max(1, float64(t.rows))} }

func (t *factTable) Scan(_ context.Context, req exec.ScanRequest) (exec.Plan, error) {
	b := &vec.Batch{Rows: t.rows}
	for _, c := range req.Columns {
		b.Cols = append(b.Cols, t.columns[c])
	}
	p := &exec.Values{Out: req.Output(t.schema)}
	const rows = 8192
	for from := 0; from < t.rows; from += rows {
		p.Batches = append(p.Batches, b.Slice(from, min(from+rows, t.rows)))
	}
	return p, nil
}

// facts returns the table of a function that tells of files.
func (c *Catalog) facts(ctx context.Context, name string, args []exec.Arg) (exec.Table, error) {
	if len(args) == 0 || args[0].Name != "" {
		return nil, sqlstate.New(sqlstate.UndefinedFunction, "%s needs a path, a glob or a list of them as its first argument", name)
	}
	patterns, err := pathsOf(name, args[0])
	if err != nil {
		return nil, err
	}
	r := newRequest(patterns...)
	var own []exec.Arg
	if r.files, own, err = splitOptions(name, args[1:]); err != nil {
		return nil, err
	}
	if name == "sniff_csv" {
		r.csv, err = csv.ParseOptions(own)
	} else if len(own) > 0 {
		err = fileOptions.Parse(name, own, &r.files) // none is known
	}
	if err != nil {
		return nil, err
	}
	t, err := facts[name](c, ctx, &r)
	if err != nil {
		return nil, err
	}
	t.finish()
	return t, nil
}

// filesFacts tells of the files that a path or a glob names.
func (c *Catalog) filesFacts(ctx context.Context, r *request) (*factTable, error) {
	t := newFacts("path", types.Text, "size", types.Int64, "mtime", types.TimestampTZ, "format", types.Text, "keys", types.JSON)
	patterns, err := c.resolveAll(ctx, r.patterns)
	if err != nil {
		return nil, err
	}
	var keys []any
	l := &lister{c: c, set: newFileSet(nil)}
	l.told = func(dir *place) {
		var k any
		if dir != nil && dir.depth > 0 {
			k = keysJSON(dir)
		}
		keys = append(keys, k)
	}
	if err := l.list(ctx, patterns); err != nil {
		return nil, err
	}
	paths := make(map[string]int, len(l.set.files)) // stat may leave some out
	for i, f := range l.set.files {
		paths[f.Path] = i
	}
	if err := l.set.stat(ctx); err != nil {
		return nil, err
	}
	for i, f := range l.set.files {
		t.add(l.set.names[i], f.Size, f.ModTime.UnixMicro(), known(formatOf(f.Path)), keys[paths[f.Path]])
	}
	return t, nil
}

// keysJSON writes the names of the folders key=value that lead to a file as an object of texts.
func keysJSON(dir *place) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, k := range dir.keysOf() {
		if i > 0 {
			b.WriteString(", ")
		}
		key, _ := json.Marshal(validText(k.key))
		value := []byte("null")
		if k.value != hiveNull {
			value, _ = json.Marshal(validText(unescape(k.value)))
		}
		b.Write(key)
		b.WriteString(": ")
		b.Write(value)
	}
	return b.String() + "}"
}

// driftFacts tells in how many files of a table each column is, and with which types.
func (c *Catalog) driftFacts(ctx context.Context, r *request) (*factTable, error) {
	t := newFacts("column_name", types.Text, "column_type", types.Text, "files", types.Int64, "missing", types.Int64, "first_file", types.Text)
	files, err := c.files(r.patterns)
	if err != nil {
		return nil, err
	}
	format, err := commonFormat(files)
	if err != nil {
		return nil, err
	}
	type variant struct {
		typ   string
		files int
		first string
	}
	type drift struct {
		name     string
		files    int
		variants []*variant
	}
	var all []*drift
	by := map[string]*drift{}
	for _, f := range files {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if f.Size == 0 && format == "csv" {
			continue // it has no columns
		}
		schema, err := c.columnsOf(ctx, format, r, f)
		if err != nil {
			return nil, err
		}
		for _, col := range schema {
			d := by[col.Name]
			if d == nil {
				d = &drift{name: col.Name}
				by[col.Name], all = d, append(all, d)
			}
			d.files++
			typ := col.Type.String()
			i := slices.IndexFunc(d.variants, func(v *variant) bool { return v.typ == typ })
			if i < 0 {
				i = len(d.variants)
				d.variants = append(d.variants, &variant{typ: typ, first: c.nameOf(&f)})
			}
			d.variants[i].files++
		}
	}
	for _, d := range all {
		for _, v := range d.variants {
			t.add(d.name, v.typ, v.files, max(0, len(files)-d.files), v.first)
		}
	}
	return t, nil
}

// columnsOf returns the columns of one file by itself.
func (c *Catalog) columnsOf(ctx context.Context, format string, r *request, f file.File) (exec.Schema, error) {
	own := *r
	own.files.byName = nil
	shape, err := c.infer(ctx, format, &own, []file.File{f})
	if err != nil {
		return nil, err
	}
	return schemaOf(shape), nil
}

// metadataFacts tells what footers of Parquet files say of row groups and their columns; names are DuckDB's.
func (c *Catalog) metadataFacts(ctx context.Context, r *request) (*factTable, error) {
	t := newFacts("file_name", types.Text, "row_group_id", types.Int64, "row_group_num_rows", types.Int64, "row_group_num_columns", types.Int64,
		"row_group_bytes", types.Int64, "column_id", types.Int64, "num_values", types.Int64, "path_in_schema", types.Text, "type", types.Text,
		"stats_min", types.Text, "stats_max", types.Text, "stats_null_count", types.Int64, "compression", types.Text,
		"dictionary_page_offset", types.Int64, "data_page_offset", types.Int64, "total_compressed_size", types.Int64, "total_uncompressed_size", types.Int64)
	return t, c.eachFile(ctx, r, func(f file.File) error {
		chunks, err := c.footers.Chunks(f)
		for _, k := range chunks {
			t.add(c.nameOf(&f), k.Group, k.GroupRows, k.GroupColumns, k.GroupBytes, k.Column, k.Values, k.Path, k.Type, k.Min, k.Max,
				known(k.Nulls), k.Codec, known(k.DictOffset), known(k.DataOffset), k.Compressed, k.Uncompressed)
		}
		return err
	})
}

// schemaFacts tells the schemas of Parquet files; names are DuckDB's.
func (c *Catalog) schemaFacts(ctx context.Context, r *request) (*factTable, error) {
	t := newFacts("file_name", types.Text, "name", types.Text, "type", types.Text, "type_length", types.Int64, "repetition_type", types.Text,
		"num_children", types.Int64, "converted_type", types.Text, "scale", types.Int64, "precision", types.Int64, "logical_type", types.Text, "sql_type", types.Text)
	return t, c.eachFile(ctx, r, func(f file.File) error {
		elements, err := c.footers.Elements(f)
		for _, e := range elements {
			t.add(c.nameOf(&f), e.Name, known(e.Type), known(e.Length), known(e.Repetition), known(e.Children), known(e.Converted),
				known(e.Scale), known(e.Precision), known(e.Logical), known(e.SQL))
		}
		return err
	})
}

func (c *Catalog) eachFile(ctx context.Context, r *request, do func(f file.File) error) error {
	files, err := c.files(r.patterns)
	if err != nil {
		return err
	}
	for _, f := range files {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}

// sniffFacts tells what is found out of each CSV file, and how to read it without finding out.
func (c *Catalog) sniffFacts(ctx context.Context, r *request) (*factTable, error) {
	t := newFacts("path", types.Text, "delimiter", types.Text, "quote", types.Text, "escape", types.Text, "newline", types.Text, "comment", types.Text,
		"skip_rows", types.Int64, "has_header", types.Bool, "columns", types.JSON, "date_format", types.Text, "timestamp_format", types.Text,
		"decimal_separator", types.Text, "thousands", types.Text, "prompt", types.Text)
	return t, c.eachFile(ctx, r, func(f file.File) error {
		shape, err := csv.Infer(ctx, []file.File{f}, r.csv)
		if err != nil {
			return err
		}
		x := shape.Found()
		path := c.nameOf(&f)
		t.add(path, x.Delim, known(x.Quote), known(x.Escape), x.Newline, known(x.Comment), x.Skip, x.Header, columnsJSON(x.Columns),
			known(x.DateFormat), known(x.TimestampFormat), known(x.Decimal), known(x.Thousands), "FROM "+x.Call(path))
		return nil
	})
}

// columnsJSON writes columns as a list of objects.
func columnsJSON(s exec.Schema) string {
	var b strings.Builder
	for i, f := range s {
		b.WriteString([]string{"[", ", "}[min(i, 1)])
		name, _ := json.Marshal(f.Name)
		typ, _ := json.Marshal(f.Type.String())
		b.WriteString(`{"name": ` + string(name) + `, "type": ` + string(typ) + `}`)
	}
	if len(s) == 0 {
		b.WriteByte('[')
	}
	return b.String() + "]"
}
