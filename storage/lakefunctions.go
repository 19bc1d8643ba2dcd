package storage

import (
	"context"
	"os"
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/delta"
	"gsql/storage/iceberg"
	"gsql/storage/lake"
	"gsql/storage/option"
	"gsql/storage/remote"
)

// lakeOptions are the options of the functions that read tables with logs.
type lakeOptions struct {
	lake.Options
	said int // options that say which state is wanted
}

var deltaOptions = option.Set[lakeOptions]{"version": setVersion, "timestamp": setTimestamp}

var icebergOptions = option.Set[lakeOptions]{
	"snapshot_id": setVersion, "snapshot_from_id": setVersion,
	"timestamp": setTimestamp, "snapshot_from_timestamp": setTimestamp,
	"ref": setRef, "branch": setRef, "tag": setRef,
	// Tables that were moved are always read where they are.
	"allow_moved_paths": func(_ *lakeOptions, a exec.Arg) error { _, err := option.Bool(a); return err },
}

func setVersion(o *lakeOptions, a exec.Arg) error {
	n, ok := a.Value.(int64)
	if !ok {
		return option.Bad(a, "a whole number")
	}
	o.Version = &n
	o.said++
	return nil
}

func setRef(o *lakeOptions, a exec.Arg) error {
	s, ok := a.Value.(string)
	if !ok || s == "" {
		return option.Bad(a, "the name of a branch or a tag")
	}
	o.Ref = s
	o.said++
	return nil
}

// setTimestamp takes a time; one without a zone is UTC.
func setTimestamp(o *lakeOptions, a exec.Arg) error {
	s, ok := a.Value.(string)
	if !ok {
		return option.Bad(a, "a time, such as '2024-05-01 12:00:00'")
	}
	v, err := text.Const(types.Of(types.TimestampTZ), s, &text.Style{})
	if err != nil {
		if e, ok := err.(*sqlstate.Error); ok {
			return e.At(a.Pos)
		}
		return err
	}
	x := vec.At[int64](v, 0)
	o.Timestamp = &x
	o.said++
	return nil
}

// lakeFunction returns the table of a function such as delta_scan('path', version => 3).
func (c *Catalog) lakeFunction(ctx context.Context, name string, kind lakeKind, args []exec.Arg) (exec.Table, error) {
	path, err := lakePath(name, args)
	if err != nil {
		return nil, err
	}
	options := deltaOptions
	if kind == icebergLake {
		options = icebergOptions
	}
	r := newRequest(path)
	var own []exec.Arg
	for _, a := range args[1:] {
		if a.Name != "filename" && a.Name != "file_row_number" {
			own = append(own, a)
		} else if err := fileOptions.Parse(name, []exec.Arg{a}, &r.files); err != nil {
			return nil, err
		}
	}
	var o lakeOptions
	if err := options.Parse(name, own, &o); err != nil {
		return nil, err
	}
	if o.said > 1 {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "only one option of %s can say which state of the table is wanted", name).At(own[len(own)-1].Pos)
	}
	if err := c.isLake(ctx, kind, path); err != nil {
		return nil, err
	}
	return c.openLake(ctx, kind, path, &r, o.Options)
}

// lakePath returns the first argument, which is one path.
func lakePath(name string, args []exec.Arg) (string, error) {
	if len(args) > 0 && args[0].Name == "" {
		paths, err := pathsOf(name, args[0])
		if err != nil {
			return "", err
		}
		if len(paths) == 1 {
			return paths[0], nil
		}
	}
	return "", sqlstate.New(sqlstate.UndefinedFunction, "%s needs the path of a table's folder as its first argument", name)
}

// isLake checks that a path names a table of a kind.
func (c *Catalog) isLake(ctx context.Context, kind lakeKind, path string) error {
	if remote.IsURL(path) {
		if have, err := c.lakeAt(ctx, path); err == nil && have == noLake {
			if _, _, err := c.remote.Folder(ctx, path); err != nil { // which may say why not
				return err
			}
		}
	} else {
		if c.cfg.Restrict && !c.mayList(c.full(path)) {
			return denied(path)
		}
		if _, err := os.Stat(c.full(path)); err != nil {
			return c.unreadable(path, err)
		}
	}
	have, err := c.lakeAt(ctx, path)
	if err != nil || have == kind {
		return err
	}
	e := sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is no table of %s", strings.TrimRight(path, "/"), kind)
	if kind == deltaLake {
		return e.WithHint("The folder of a table has a folder _delta_log.")
	}
	return e.WithHint("The folder of a table has a folder metadata with files *.metadata.json.")
}

// history is a function that lists the states of a table.
type history struct {
	kind lakeKind
	list func(ctx context.Context, fs *lakeFS) (*factTable, error)
}

var lakeHistories = map[string]history{"delta_history": {deltaLake, deltaHistory}, "iceberg_snapshots": {icebergLake, icebergSnapshots}}

// lakeHistory returns the table of a function such as delta_history('path').
func (c *Catalog) lakeHistory(ctx context.Context, name string, h history, args []exec.Arg) (exec.Table, error) {
	path, err := lakePath(name, args)
	if err != nil {
		return nil, err
	}
	if len(args) > 1 {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "%s has no options", name).At(args[1].Pos)
	}
	if err := c.isLake(ctx, h.kind, path); err != nil {
		return nil, err
	}
	t, err := h.list(ctx, c.lakeFS(path))
	if err != nil {
		return nil, err
	}
	t.finish()
	return t, nil
}

func deltaHistory(ctx context.Context, fs *lakeFS) (*factTable, error) {
	list, err := delta.History(ctx, fs)
	if err != nil {
		return nil, err
	}
	t := newFacts("version", types.Int64, "timestamp", types.TimestampTZ, "operation", types.Text, "parameters", types.JSON, "engine", types.Text)
	for _, c := range list {
		t.add(c.Version, c.Micros, known(c.Operation), known(c.Parameters), known(c.Engine))
	}
	return t, nil
}

// icebergSnapshots lists the snapshots of a table; names are DuckDB's.
func icebergSnapshots(ctx context.Context, fs *lakeFS) (*factTable, error) {
	list, err := iceberg.Snapshots(ctx, fs, fs.metadata)
	if err != nil {
		return nil, err
	}
	t := newFacts("sequence_number", types.Int64, "snapshot_id", types.Int64, "timestamp_ms", types.TimestampTZ, "manifest_list", types.Text, "operation", types.Text)
	for _, s := range list {
		t.add(s.Sequence, s.ID, s.Millis*1000, known(s.ManifestList), known(s.Operation))
	}
	return t, nil
}
