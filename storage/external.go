package storage

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/storage/csv"
	"gsql/storage/file"
	"gsql/storage/json"
	"gsql/storage/option"
	"gsql/storage/remote"
)

// External is what a statement says of a table over files.
type External struct {
	Name, Schema string
	Format       string     // a key of StoredFormats; "" to tell it from the location
	Paths        []string   // paths and globs
	Columns      []Declared // nil: as found
	Keys         []Declared // of folders key=value; nil: as found
	Options      []exec.Arg // of the function that reads the format
}

// storedFormats are the functions that read formats, by their names in STORED AS.
var storedFormats = map[string]string{
	"csv": "read_csv", "tsv": "read_csv", "textfile": "read_csv", "parquet": "read_parquet",
	"json": "read_json", "jsonfile": "read_json", "ndjson": "read_ndjson", "jsonl": "read_ndjson",
	"arrow": "read_arrow", "feather": "read_arrow", "ipc": "read_arrow", "avro": "read_avro",
	"excel": "read_xlsx", "xlsx": "read_xlsx", "numpy": "read_npy", "npy": "read_npy",
	"lines": "read_lines", "fixed": "read_fixed", "text": "read_text", "blob": "read_blob",
}

// readerOf is the function that reads a format as formatOf has it.
var readerOf = map[string]string{"csv": "read_csv", "parquet": "read_parquet", "json": "read_json", "arrow": "read_arrow", "avro": "read_avro",
	"excel": "read_xlsx", "numpy": "read_npy"}

// Check returns the error of a format that there is not.
func (x *External) Check() error {
	if x.Format == "" || storedFormats[x.Format] != "" {
		return nil
	}
	return sqlstate.Unsupported("Formats are "+strings.Join(slices.Sorted(maps.Keys(storedFormats)), ", ")+".", "format %s is not supported", strings.ToUpper(x.Format))
}

// External returns the table that a statement describes, as the files are now.
func (c *Catalog) External(ctx context.Context, x *External) (exec.Table, error) {
	r, err := c.externalRequest(x)
	if err != nil {
		return nil, err
	}
	t, err := c.openDeclared(ctx, r, x)
	if sqlstate.Of(err) == sqlstate.UndefinedFile && c.mayBeEmpty(x) {
		return newEmpty(x), nil
	}
	return t, err
}

// mayBeEmpty reports whether files that are not there may come, and the columns are known until then.
func (c *Catalog) mayBeEmpty(x *External) bool {
	if x.Columns == nil || slices.ContainsFunc(x.Keys, func(d Declared) bool { return d.Type.ID == types.Unknown }) {
		return false
	}
	for _, p := range x.Paths {
		if remote.IsURL(p) || !isFolder(c.full(p)) && !strings.ContainsAny(p, globChars) {
			return false
		}
	}
	return true
}

// externalRequest returns the request for the files, without declared columns.
func (c *Catalog) externalRequest(x *External) (request, error) {
	reader, err := c.externalReader(x)
	if err != nil {
		return request{}, err
	}
	args := x.Options
	switch x.Format {
	case "tsv":
		args = withDefault(args, "delim", "\t")
	case "textfile": // as Hive has it
		args = withDefault(args, "delim", "\x01")
		args = withDefault(args, "quote", "")
		args = withDefault(args, "header", false)
		args = withDefault(args, "nullstr", `\N`)
	}
	if x.Keys != nil {
		args = withDefault(args, "hive_partitioning", true)
		var typed []exec.Arg
		for _, d := range x.Keys {
			if d.Type.ID != types.Unknown {
				typed = append(typed, exec.Arg{Name: d.Name, Value: d.Type.String()})
			}
		}
		if typed != nil {
			args = withDefault(args, "hive_types", typed)
		}
	}
	r, err := c.request(reader, x.Paths, args)
	if sqlstate.Of(err) == sqlstate.InvalidParameterValue {
		// Options that are numbers may be written as strings.
		if again, e := c.request(reader, x.Paths, withNumbers(args)); e == nil {
			r, err = again, nil
		}
	}
	r.name, r.schema, r.declared = x.Name, x.Schema, true
	return r, err
}

// externalReader returns the function that reads the files.
func (c *Catalog) externalReader(x *External) (string, error) {
	if err := x.Check(); err != nil {
		return "", err
	}
	if x.Format != "" {
		return storedFormats[x.Format], nil
	}
	format := formatOf(x.Paths[0])
	if format == "" {
		files, err := c.files(x.Paths[:1])
		if err != nil {
			return "", err
		}
		if format, err = commonFormat(files[:1]); err != nil {
			return "", err
		}
	}
	return readerOf[format], nil
}

// withDefault adds an option that is not said.
func withDefault(args []exec.Arg, name string, value any) []exec.Arg {
	same := []string{name}
	if name == "delim" {
		same = []string{"delim", "sep", "delimiter"}
	}
	if slices.ContainsFunc(args, func(a exec.Arg) bool { return slices.Contains(same, a.Name) }) {
		return args
	}
	return append(slices.Clip(args), exec.Arg{Name: name, Value: value})
}

// withNumbers makes numbers of the strings that are whole ones.
func withNumbers(args []exec.Arg) []exec.Arg {
	out := slices.Clone(args)
	for i, a := range out {
		if s, ok := a.Value.(string); ok {
			if n, err := strconv.ParseInt(s, 10, 64); err == nil {
				out[i].Value = n
			}
		}
	}
	return out
}

// openDeclared opens the files with the declared columns.
func (c *Catalog) openDeclared(ctx context.Context, r request, x *External) (exec.Table, error) {
	if x.Columns == nil {
		return c.openWith(ctx, r, func(f *found) error { return f.declare(nil, x.Keys) })
	}
	for _, a := range x.Options {
		if slices.Contains([]string{"columns", "types", "dtypes", "column_types", "names", "column_names"}, a.Name) {
			return nil, sqlstate.New(sqlstate.SyntaxError, "option \"%s\" contradicts the declared columns", a.Name).At(a.Pos)
		}
	}
	f, err := c.find(ctx, r)
	if err != nil {
		return nil, err
	}
	if r.files.sniff == 0 && slices.ContainsFunc(x.Columns, func(d Declared) bool { return f.columnNamed(d.Name) < 0 }) && f.unseen(&r.files) {
		r.files.sniff = -1 // another file may have it
		if f, err = c.find(ctx, r); err != nil {
			return nil, err
		}
	}
	if force(&r, f, x.Columns) {
		if f, err = c.find(ctx, r); err != nil {
			return nil, err
		}
	}
	if err := f.declare(x.Columns, x.Keys); err != nil {
		return nil, err
	}
	return &table{found: f}, nil
}

// unseen reports whether there may be files that were not looked at for the columns.
func (f *found) unseen(o *filesOptions) bool {
	switch f.found.(type) {
	case *csv.Shape: // in which a column that was not found is an error
		return false
	}
	return f.set == nil || len(f.set.files) > o.files()
}

// force makes formats of text read the declared types, as far as they are of columns in the files.
func force(r *request, f *found, declared []Declared) bool {
	var all []option.Column // by the names that files have
	for _, d := range declared {
		name := d.Name
		if i := f.columnNamed(name); i >= 0 {
			if f.columns[i].ordinal >= f.inner {
				continue // a key, or the path
			}
			name = f.columns[i].field.Name
		}
		all = append(all, option.Column{Name: name, Type: d.Type})
	}
	switch shape := f.found.(type) {
	case *json.Shape:
		r.json.Columns = all
	case *csv.Shape:
		header := shape.Found().Header
		for _, c := range all {
			switch i := f.columnNamed(c.Name); {
			case !header:
				r.csv.Columns = append(r.csv.Columns, csv.Column(c))
			case i >= 0:
				r.csv.Types = append(r.csv.Types, csv.Column(c))
			}
		}
	default:
		return false
	}
	r.args += columnsKey(all)
	return true
}

// columnsKey writes columns so that different ones differ.
func columnsKey(list []option.Column) string {
	var b strings.Builder
	for _, c := range list {
		b.WriteString(strconv.Quote(c.Name) + " " + c.Type.String() + ", ")
	}
	return b.String()
}

// emptyTable is the table that a statement describes while there are no files.
type emptyTable struct {
	name     string
	declared []Declared
	schema   exec.Schema
	system   exec.Schema
}

func newEmpty(x *External) *emptyTable {
	t := &emptyTable{name: x.Name, declared: slices.Concat(x.Columns, x.Keys)}
	for _, d := range t.declared {
		t.schema = append(t.schema, exec.Field{Name: d.Name, Type: d.Type})
	}
	for _, s := range systemColumns {
		t.system = append(t.system, exec.Field{Name: s.name, Type: s.kind.typ()})
	}
	return t
}

func (t *emptyTable) Schema() exec.Schema        { return t.schema }
func (t *emptyTable) SystemColumns() exec.Schema { return t.system }
func (t *emptyTable) Stats() exec.Stats          { return exec.Stats{Rows: 1} }

func (t *emptyTable) Scan(_ context.Context, req exec.ScanRequest) (exec.Plan, error) {
	return &exec.Values{Out: req.Output(slices.Concat(t.schema, t.system))}, nil
}

// StoredAs returns the extension of files of the table's format, "" where it is not said or has none.
func (x *External) StoredAs() string {
	return map[string]string{"csv": ".csv", "tsv": ".tsv", "parquet": ".parquet", "json": ".ndjson", "jsonfile": ".ndjson", "ndjson": ".ndjson",
		"jsonl": ".ndjson", "arrow": ".arrow", "ipc": ".arrow"}[x.Format]
}

// ExternalFolder returns the path and the files of a table that is a folder of files to which one can be added.
func (c *Catalog) ExternalFolder(x *External) (path string, files []file.File, ok bool, err error) {
	if len(x.Paths) != 1 || len(x.Options) > 0 || x.Keys != nil || remote.IsURL(x.Paths[0]) {
		return "", nil, false, nil
	}
	path = strings.TrimSuffix(x.Paths[0], "/")
	if info, err := os.Stat(c.full(path)); err != nil || !info.IsDir() {
		return "", nil, false, nil
	}
	files, err = c.files([]string{path})
	var e *sqlstate.Error
	if errors.As(err, &e) && e.Code == sqlstate.UndefinedFile {
		err = nil
	}
	return path, files, err == nil, err
}

// storedAs are the names in STORED AS of the formats that extensions tell.
var storedAs = map[string]string{"csv": "csv", "parquet": "parquet", "json": "json", "arrow": "arrow", "avro": "avro", "excel": "excel", "numpy": "npy"}

// Describe returns what a statement would say of a table in files that Open returned for an entry.
func Describe(t exec.Table, e Entry) *External {
	x := &External{Name: e.Name, Format: storedAs[e.format], Paths: []string{e.path}}
	in, ok := t.(*table)
	if !ok {
		return x
	}
	for _, c := range in.found.columns[:in.found.visible] {
		d := Declared{Name: c.field.Name, Type: c.field.Type}
		if i := c.ordinal - in.found.inner; i >= 0 && in.found.extras[i].kind == extraKey {
			x.Keys = append(x.Keys, d)
		} else {
			x.Columns = append(x.Columns, d)
		}
	}
	return x
}
