package storage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/storage/csv"
	"gsql/storage/excel"
	"gsql/storage/json"
	"gsql/storage/plain"
	"gsql/storage/remote"
)

// readers are the table functions that read files, with the format of each.
var readers = map[string]string{
	"read_csv": "csv", "read_csv_auto": "csv", "read_parquet": "parquet", "parquet_scan": "parquet",
	"read_json": "json", "read_json_auto": "json", "read_ndjson": "json", "read_ndjson_auto": "json",
	"read_arrow": "arrow", "read_avro": "avro", "read_xlsx": "excel", "read_npy": "numpy",
	"read_text": "plain", "read_blob": "plain", "read_lines": "plain", "read_fixed": "plain",
}

// TableFunction returns the table of a function such as read_csv('x.csv', header => true).
func (c *Catalog) TableFunction(ctx context.Context, name string, args []exec.Arg) (exec.Table, error) {
	if name == "generate_series" || name == "range" {
		return newSeries(name, args)
	}
	if kind, ok := lakeFunctions[name]; ok {
		return c.lakeFunction(ctx, name, kind, args)
	}
	if history, ok := lakeHistories[name]; ok {
		return c.lakeHistory(ctx, name, history, args)
	}
	if facts[name] != nil {
		return c.facts(ctx, name, args)
	}
	if readers[name] == "" {
		return nil, noFunction(name, args).WithHint("Functions in FROM are read_csv, read_parquet, read_json, read_ndjson, read_arrow, read_avro, read_xlsx, read_npy, read_text, read_blob, read_lines, read_fixed, delta_scan, iceberg_scan, generate_series and range, " +
			"and of what there is to know of files gsql_files, gsql_schema_drift, delta_history, iceberg_snapshots, parquet_metadata, parquet_schema and sniff_csv.")
	}
	if len(args) == 0 || args[0].Name != "" {
		return nil, sqlstate.New(sqlstate.UndefinedFunction, "%s needs a path, a glob or a list of them as its first argument", name)
	}
	patterns, err := pathsOf(name, args[0])
	if err != nil {
		return nil, err
	}
	r, err := c.request(name, patterns, args[1:])
	if err != nil {
		return nil, err
	}
	return c.open(ctx, r)
}

// request returns the request for files that one of readers reads with options.
func (c *Catalog) request(name string, patterns []string, options []exec.Arg) (r request, err error) {
	format := readers[name]
	r = newRequest(patterns...)
	r.format = format
	var own []exec.Arg
	if r.files, own, err = splitOptions(name, options); err != nil {
		return r, err
	}
	r.args = name + argsKey(own)
	switch {
	case format == "csv":
		r.csv, err = csv.ParseOptions(own)
	case format == "json":
		r.json, err = json.ParseOptions(name, own)
	case format == "excel":
		r.excel, err = excel.ParseOptions(own)
	case format == "plain":
		r.plain, err = plain.ParseOptions(plain.Kind(strings.TrimPrefix(name, "read_")), own)
		r.plain.Name = c.filename
	case len(own) > 0:
		return r, fileOptions.Parse(name, own, &r.files) // none is known
	}
	if err != nil {
		err = withFileOptions(err)
	}
	return r, err
}

// withFileOptions adds the options of all formats to an error that lists those of one.
func withFileOptions(err error) error {
	var e *sqlstate.Error
	if errors.As(err, &e) && strings.Contains(e.Message, "has no option") {
		e.Hint += " For all formats there are " + strings.Join(slices.Sorted(maps.Keys(fileOptions)), ", ") + "."
	}
	return err
}

// filename is a path as queries see it: from the catalog's folder if it lies there.
func (c *Catalog) filename(path string) string {
	if remote.IsURL(path) {
		return path
	}
	if c.cfg.Restrict {
		if rel, err := filepath.Rel(c.roots[0], path); err == nil && filepath.IsLocal(rel) {
			return rel
		}
	}
	return c.shown(path)
}

func pathsOf(name string, a exec.Arg) ([]string, error) {
	switch v := a.Value.(type) {
	case string:
		return []string{v}, nil
	case []any:
		var out []string
		for _, x := range v {
			s, ok := x.(string)
			if !ok {
				break
			}
			out = append(out, s)
		}
		if len(out) == len(v) && len(v) > 0 {
			return out, nil
		}
	}
	return nil, sqlstate.New(sqlstate.UndefinedFunction, "%s needs a path, a glob or a list of them as its first argument", name).At(a.Pos)
}

// argsKey writes arguments so that different ones differ.
func argsKey(args []exec.Arg) string {
	var b strings.Builder
	for _, a := range args {
		if list, ok := a.Value.([]exec.Arg); ok {
			fmt.Fprintf(&b, "%q:{%s} ", a.Name, argsKey(list))
			continue
		}
		fmt.Fprintf(&b, "%q:%#v ", a.Name, a.Value)
	}
	return b.String()
}

func named(args []exec.Arg) bool {
	return slices.ContainsFunc(args, func(a exec.Arg) bool { return a.Name != "" })
}

func noFunction(name string, args []exec.Arg) *sqlstate.Error {
	return sqlstate.New(sqlstate.UndefinedFunction, "function %s does not exist", signature(name, args))
}

// signature writes a call with the types of its arguments, as PostgreSQL does in messages.
func signature(name string, args []exec.Arg) string {
	var s []string
	for _, a := range args {
		t := a.Type.Base()
		switch a.Value.(type) {
		case []any:
			t = "list"
		case []exec.Arg:
			t = "struct"
		}
		if a.Name != "" {
			t = a.Name + " => " + t
		}
		s = append(s, t)
	}
	return name + "(" + strings.Join(s, ", ") + ")"
}
