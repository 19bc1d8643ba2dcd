package storage

import (
	"context"
	"fmt"
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/storage/csv"
	"gsql/storage/json"
)

// readers are the table functions that read files, with the format of each.
var readers = map[string]string{
	"read_csv": "csv", "read_csv_auto": "csv", "read_parquet": "parquet", "parquet_scan": "parquet",
	"read_json": "json", "read_json_auto": "json", "read_ndjson": "json", "read_ndjson_auto": "json",
}

// TableFunction returns the table of a function such as read_csv('x.csv', header => true).
func (c *Catalog) TableFunction(ctx context.Context, name string, args []exec.Arg) (exec.Table, error) {
	if name == "generate_series" || name == "range" {
		return newSeries(name, args)
	}
	format, ok := readers[name]
	if !ok {
		return nil, sqlstate.New(sqlstate.UndefinedFunction, "function %s does not exist", signature(name, args)).
			WithHint("Table functions are read_csv, read_parquet, read_json and generate_series.")
	}
	if len(args) == 0 || args[0].Name != "" {
		return nil, sqlstate.New(sqlstate.UndefinedFunction, "%s needs a path, a glob or a list of them as its first argument", name)
	}
	r := request{format: format}
	patterns, err := pathsOf(name, args[0])
	if err != nil {
		return nil, err
	}
	r.patterns = patterns
	r.args = fmt.Sprint(args[1:])
	switch {
	case format == "csv":
		r.csv, err = csv.ParseOptions(args[1:])
	case format == "json":
		r.args += name
		r.json, err = json.ParseOptions(name, args[1:])
	case len(args) > 1:
		err = sqlstate.New(sqlstate.InvalidParameterValue, "%s has no option \"%s\"", name, args[1].Name).At(args[1].Pos)
	}
	if err != nil {
		return nil, err
	}
	return c.open(ctx, r)
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

func signature(name string, args []exec.Arg) string {
	var s []string
	for _, a := range args {
		switch a.Value.(type) {
		case string, nil:
			s = append(s, "unknown")
		case int64:
			s = append(s, "integer")
		case float64:
			s = append(s, "numeric")
		case bool:
			s = append(s, "boolean")
		default:
			s = append(s, "list")
		}
	}
	return name + "(" + strings.Join(s, ", ") + ")"
}
