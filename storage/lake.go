package storage

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
)

// refusedFolder returns the error of a name that is a folder which is no table for a reason that there is to tell.
func (c *Catalog) refusedFolder(ctx context.Context, name exec.Name) error {
	schema, ok, err := c.Schema(name.Schema)
	if c.cfg.Dir == "" || !ok || err != nil || !filepath.IsLocal(name.Table) || !isFolder(c.full(filepath.Join(schema, name.Table))) {
		return nil
	}
	_, err = c.open(ctx, request{patterns: []string{filepath.Join(schema, name.Table)}})
	if sqlstate.Of(err) == sqlstate.FeatureNotSupported {
		return err
	}
	return nil
}

// lakeTable returns the error of a folder that is a table of a format with a log of its own. Its files are not its rows:
// the log removes files and rows, and keeps them for those who look back. list is what is in the folder.
func (c *Catalog) lakeTable(d *place, list []entry) error {
	has := func(name string) bool {
		return slices.ContainsFunc(list, func(e entry) bool { return e.name == name && e.kind != isFile })
	}
	kind := ""
	switch {
	case has("_delta_log"):
		kind = "Delta Lake"
	case has(".hoodie"):
		kind = "Hudi"
	case has("metadata"):
		in, err := c.listings.read(join(d.path, "metadata"))
		if err == nil && slices.ContainsFunc(in, func(e entry) bool { return strings.HasSuffix(e.name, ".metadata.json") }) {
			kind = "Iceberg"
		}
	}
	if kind == "" {
		return nil
	}
	name := strings.TrimSuffix(d.name, "/")
	return sqlstate.Unsupported("Its files have rows that were deleted, too. To read them all, name them: '"+name+"/**/*.parquet'.",
		"folder \"%s\" is a table of %s, which is not supported", name, kind)
}
