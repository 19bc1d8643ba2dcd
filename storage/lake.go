package storage

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/storage/delta"
	"gsql/storage/file"
	"gsql/storage/iceberg"
	"gsql/storage/lake"
	"gsql/storage/parquet"
	"gsql/storage/remote"
)

// lakeKind is a format of tables whose rows are those that a log says: the files in their folders have others too, which
// were deleted, and which are kept for those who look back.
type lakeKind string

const (
	noLake      lakeKind = ""
	deltaLake   lakeKind = "Delta Lake"
	icebergLake lakeKind = "Iceberg"
	hudi        lakeKind = "Hudi"
)

// lakeIn tells by what is in a folder which kind of table it is, if it is one.
func (c *Catalog) lakeIn(path string, list []entry) lakeKind {
	has := func(name string) bool {
		return slices.ContainsFunc(list, func(e entry) bool { return e.name == name && e.kind != isFile })
	}
	switch {
	case has("_delta_log"):
		return deltaLake
	case has(".hoodie"):
		return hudi
	case has("metadata"):
		in, err := c.listings.read(join(path, "metadata"))
		if err == nil && slices.ContainsFunc(in, func(e entry) bool { return isIcebergMetadata(e.name) }) {
			return icebergLake
		}
	}
	return noLake
}

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

func isIcebergMetadata(path string) bool {
	return iceberg.IsMetadata(path[strings.LastIndexAny(path, `/\`)+1:])
}

// lakeAt tells which kind of table a path names, if it names the folder of one.
func (c *Catalog) lakeAt(ctx context.Context, path string) (lakeKind, error) {
	if remote.IsURL(path) {
		return c.remoteLake(ctx, path)
	}
	path, metadata := splitMetadata(path)
	full := c.full(path)
	if metadata != "" && isFolder(full) {
		return icebergLake, nil
	}
	if path == "" || strings.IndexByte(path, 0) >= 0 || c.cfg.Restrict && !c.mayList(full) || !isFolder(full) {
		return noLake, nil
	}
	list, err := c.listings.read(full)
	if err != nil {
		return noLake, nil // whoever reads it will say
	}
	return c.lakeIn(full, list), nil
}

// remoteLake is lakeAt of a URL. Web servers do not tell what is in a folder.
func (c *Catalog) remoteLake(ctx context.Context, url string) (lakeKind, error) {
	if _, metadata := splitMetadata(url); metadata != "" {
		return icebergLake, nil
	}
	lower := strings.ToLower(url)
	if strings.HasPrefix(lower, "http") || formatOf(url) != "" || strings.ContainsAny(url, globChars) {
		return noLake, nil
	}
	_, folders, err := c.remote.Folder(ctx, url)
	switch {
	case err != nil:
		return noLake, err
	case slices.Contains(folders, "_delta_log"):
		return deltaLake, nil
	case slices.Contains(folders, ".hoodie"):
		return hudi, nil
	case slices.Contains(folders, "metadata"):
		files, _, err := c.remote.Folder(ctx, strings.TrimSuffix(url, "/")+"/metadata")
		if err != nil {
			return noLake, err
		}
		if slices.ContainsFunc(files, func(f file.File) bool { return isIcebergMetadata(f.Path) }) {
			return icebergLake, nil
		}
	}
	return noLake, nil
}

// refuse is the error about a folder of a kind that is read as files without regard to what its log says.
func (k lakeKind) refuse(name string) error {
	name = strings.TrimSuffix(name, "/")
	if k == hudi {
		return sqlstate.Unsupported("Its files have rows that were deleted, too. To read them all, name them: '"+name+"/**/*.parquet'.",
			"folder \"%s\" is a table of %s, which is not supported", name, k)
	}
	return sqlstate.Unsupported("FROM '"+name+"' reads the table. To read all rows of the files, deleted ones too, name them: '"+name+"/**/*.parquet'.",
		"folder \"%s\" is a table of %s, whose files are not read without its log", name, k)
}

// unwritable is the error about writing into a folder of a kind: its log would not know.
func (k lakeKind) unwritable(name string) error {
	return sqlstate.Unsupported("Write files into another folder.", "\"%s\" is a table of %s, to which writing is not supported", strings.TrimRight(name, "/"), k)
}

// lakeFunctions are the table functions that read such tables.
var lakeFunctions = map[string]lakeKind{"delta_scan": deltaLake, "iceberg_scan": icebergLake}

// openLake returns the table in a folder.
func (c *Catalog) openLake(ctx context.Context, kind lakeKind, path string, r *request, o lake.Options) (exec.Table, error) {
	if kind == hudi {
		return nil, kind.refuse(path)
	}
	fs := c.lakeFS(path)
	s, err := c.lakeState(ctx, kind, fs, o)
	if err != nil {
		return nil, err
	}
	f := &found{c: c, name: r.name, schema: r.schema, set: s.set, lake: &lakeFiles{lakeState: s, fs: fs}}
	if f.name == "" {
		f.name = path
	}
	f.addLakeColumns(&r.files)
	return &table{found: f}, nil
}

// lakeState is what is kept of a table in one state.
type lakeState struct {
	*lake.Table
	shape *parquet.Shape
	set   *fileSet // with paths as the log has them
}

// maxLakes bounds the bytes of tables that are kept, and maxStates their number.
const (
	maxLakes  = 256 << 20
	maxStates = 256
)

// lakeState returns the state of a table that is wanted, which is read unless it is known.
func (c *Catalog) lakeState(ctx context.Context, kind lakeKind, fs *lakeFS, o lake.Options) (*lakeState, error) {
	var identity string
	var read func(ctx context.Context) (*lake.Table, error)
	var err error
	if kind == icebergLake {
		identity, read, err = iceberg.State(ctx, fs, fs.metadata, o)
	} else {
		identity, read, err = delta.State(ctx, fs, o)
	}
	if err != nil {
		return nil, err
	}
	key := string(kind) + "\n" + fs.root + "\n" + identity
	c.mu.Lock()
	s := c.lakes[key]
	c.mu.Unlock()
	if s != nil {
		return s, nil
	}
	t, err := read(ctx)
	if err != nil {
		return nil, err
	}
	t.Identity = key
	s = newLakeState(t, fs, c)
	c.mu.Lock()
	defer c.mu.Unlock()
	size := t.Bytes
	for _, x := range c.lakes {
		size += x.Bytes
	}
	if size > maxLakes || len(c.lakes) >= maxStates || c.lakes == nil {
		c.lakes = map[string]*lakeState{}
	}
	if t.Bytes <= maxLakes {
		c.lakes[key] = s
	}
	return s, nil
}

func newLakeState(t *lake.Table, fs *lakeFS, c *Catalog) *lakeState {
	s := &lakeState{Table: t, set: newFileSet(nil)}
	isKey := map[int]bool{}
	for _, k := range t.Keys {
		isKey[k.Column] = true
		f := &t.Fields[k.Column]
		s.set.keys = append(s.set.keys, &hiveColumn{key: &hiveKey{name: f.Name, typ: f.Type, settled: true}, all: k.Dict, file: k.Code})
	}
	fields := []parquet.Field{}
	for i := range t.Fields {
		if !isKey[i] {
			fields = append(fields, t.Fields[i])
		}
	}
	s.shape = parquet.NewShape(fields, t.By, c.footers)
	for i, f := range t.Files {
		s.set.files = append(s.set.files, file.File{Path: f.Path, Size: f.Size})
		s.set.names = append(s.set.names, fs.nameOf(f.Path))
		s.set.number = append(s.set.number, uint32(i))
	}
	return s
}

// known reports whether tables of a kind are known by their folders.
func (k lakeKind) known() bool { return k == deltaLake || k == icebergLake || k == hudi }

// lakeSize returns the bytes and the number of the files of a table with a log.
func (c *Catalog) lakeSize(e Entry) (bytes int64, files int, err error) {
	s, err := c.lakeState(context.Background(), lakeKind(e.format), c.lakeFS(e.path), lake.Options{})
	if err != nil {
		return 0, 0, err
	}
	for _, f := range s.Files {
		bytes += f.Size
	}
	return bytes, len(s.Files), nil
}
