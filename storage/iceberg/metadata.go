package iceberg

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/lake"
)

const (
	metadataDir = "metadata"
	hintFile    = "version-hint.text"
	maxVersion  = 3 // of the format
	maxMetadata = 1 << 30
)

// metadata is a metadata file.
type metadata struct {
	file file.File

	FormatVersion   int               `json:"format-version"`
	Location        string            `json:"location"`
	LastUpdated     int64             `json:"last-updated-ms"`
	Schema          *schema           `json:"schema"`
	Schemas         []*schema         `json:"schemas"`
	CurrentSchema   *int              `json:"current-schema-id"`
	PartitionSpec   []partitionField  `json:"partition-spec"`
	PartitionSpecs  []partitionSpec   `json:"partition-specs"`
	CurrentSnapshot *int64            `json:"current-snapshot-id"`
	Snapshots       []*snapshot       `json:"snapshots"`
	SnapshotLog     []logEntry        `json:"snapshot-log"`
	Refs            map[string]ref    `json:"refs"`
	Properties      map[string]string `json:"properties"`
}

type partitionSpec struct {
	ID     int              `json:"spec-id"`
	Fields []partitionField `json:"fields"`
}

type partitionField struct {
	Source    int    `json:"source-id"`
	ID        int    `json:"field-id"`
	Name      string `json:"name"`
	Transform string `json:"transform"`
}

type snapshot struct {
	ID           int64             `json:"snapshot-id"`
	Sequence     int64             `json:"sequence-number"`
	Millis       int64             `json:"timestamp-ms"`
	ManifestList string            `json:"manifest-list"`
	Manifests    []string          `json:"manifests"`
	SchemaID     *int              `json:"schema-id"`
	Summary      map[string]string `json:"summary"`
}

type logEntry struct {
	Millis int64 `json:"timestamp-ms"`
	ID     int64 `json:"snapshot-id"`
}

type ref struct {
	ID   int64  `json:"snapshot-id"`
	Type string `json:"type"`
}

// corrupt is the error about a file of metadata that is not what it should be.
func corrupt(path, what string, args ...any) *sqlstate.Error {
	e := sqlstate.New(sqlstate.DataCorrupted, what, args...)
	e.Message = "file \"" + path + "\" of the metadata of an Iceberg table is damaged: " + e.Message
	return e
}

// IsMetadata reports whether a file is a metadata file by its name.
func IsMetadata(name string) bool {
	_, ok := versionOf(name)
	return ok
}

// versionOf returns the number in the name of a metadata file: v3.metadata.json, or 00003-<uuid>.metadata.json.
func versionOf(name string) (int64, bool) {
	for _, end := range []string{".gz.metadata.json", ".metadata.json.gz", ".metadata.json"} {
		stem, ok := strings.CutSuffix(name, end)
		if !ok {
			continue
		}
		stem, _, _ = strings.Cut(strings.TrimPrefix(stem, "v"), "-")
		n, err := strconv.ParseInt(stem, 10, 64)
		return n, err == nil && n >= 0
	}
	return 0, false
}

// find returns the newest metadata file of a table: where there is a hint, that or the ones behind it.
func find(ctx context.Context, fs lake.FS) (file.File, error) {
	files, err := fs.List(ctx, metadataDir)
	if err != nil {
		return file.File{}, err
	}
	newest, best := file.File{}, int64(-1)
	all := map[int64]file.File{}
	for _, f := range files {
		if v, ok := versionOf(base(f.Path)); ok {
			if v > best || v == best && f.ModTime.After(newest.ModTime) {
				newest, best = f, v
			}
			all[v] = f
		}
	}
	if best < 0 {
		return newest, sqlstate.New(sqlstate.UndefinedFile, "folder \"%s\" has no metadata files, so it is no Iceberg table", fs.Name()).
			WithHint("They are called such as metadata/v1.metadata.json.")
	}
	at := slices.IndexFunc(files, func(f file.File) bool { return base(f.Path) == hintFile })
	if at < 0 {
		return newest, nil
	}
	text, err := lake.ReadAll(ctx, files[at])
	if err != nil {
		return newest, err
	}
	v, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimSpace(string(text)), "v"), 10, 64)
	if err != nil {
		return newest, nil // it names a file by more than its number
	}
	f, ok := all[v]
	for next, more := all[v+1]; ok && more; next, more = all[v+1] {
		f, v = next, v+1
	}
	if !ok {
		return newest, nil
	}
	return f, nil
}

func base(p string) string { return p[strings.LastIndexAny(p, `/\`)+1:] }

// read reads a metadata file.
func read(ctx context.Context, fs lake.FS, f file.File) (*metadata, error) {
	text, err := lake.ReadAll(ctx, f)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte("\x1f\x8b")) {
		r, err := gzip.NewReader(bytes.NewReader(text))
		if err == nil {
			text, err = io.ReadAll(io.LimitReader(r, maxMetadata))
		}
		if err != nil {
			return nil, corrupt(f.Path, "%v", err)
		}
	}
	m := &metadata{file: f}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, corrupt(f.Path, "%v", err)
	}
	if m.FormatVersion > maxVersion {
		return nil, sqlstate.Unsupported(fmt.Sprintf("Versions up to %d are read.", maxVersion), "Iceberg table \"%s\" is of version %d of the format, which is not supported", fs.Name(), m.FormatVersion)
	}
	if m.FormatVersion < 1 || m.Location == "" {
		return nil, corrupt(f.Path, "it does not say which version of the format it is of, or where the table is")
	}
	if m.Schemas == nil && m.Schema != nil {
		m.Schemas = []*schema{m.Schema}
	}
	if m.PartitionSpecs == nil {
		m.PartitionSpecs = []partitionSpec{{Fields: m.PartitionSpec}}
	}
	return m, nil
}

// snapshot returns the snapshot that is wanted, nil for a table that has none yet, and the schema to read it with.
func (m *metadata) snapshot(fs lake.FS, o lake.Options) (*snapshot, *schema, error) {
	id, branch := int64(-1), false
	switch {
	case o.Version != nil:
		id = *o.Version
	case o.Timestamp != nil:
		var err error
		if id, err = m.asOf(fs, *o.Timestamp); err != nil {
			return nil, nil, err
		}
	case o.Ref != "":
		r, ok := m.Refs[o.Ref]
		if !ok {
			return nil, nil, sqlstate.New(sqlstate.UndefinedObject, "Iceberg table \"%s\" has no branch or tag \"%s\"", fs.Name(), o.Ref).WithHint("%s", m.refs())
		}
		id, branch = r.ID, r.Type != "tag"
	default:
		branch = true
		if m.CurrentSnapshot == nil || *m.CurrentSnapshot == -1 {
			s, err := m.schema(nil)
			return nil, s, err
		}
		id = *m.CurrentSnapshot
	}
	for _, s := range m.Snapshots {
		if s == nil || s.ID != id {
			continue
		}
		of := s.SchemaID
		if branch {
			of = nil
		}
		sc, err := m.schema(of)
		return s, sc, err
	}
	if o.Version != nil {
		return nil, nil, sqlstate.New(sqlstate.UndefinedObject, "Iceberg table \"%s\" has no snapshot %d", fs.Name(), id).
			WithHint("SELECT * FROM iceberg_snapshots('%s') lists them.", fs.Name())
	}
	return nil, nil, corrupt(m.file.Path, "it has no snapshot %d", id)
}

func (m *metadata) refs() string {
	var names []string
	for n := range m.Refs {
		names = append(names, n)
	}
	if len(names) == 0 {
		return "There are none."
	}
	slices.Sort(names)
	return "There are " + strings.Join(names[:min(len(names), 20)], ", ") + "."
}

// asOf returns the snapshot that was the newest at some time.
func (m *metadata) asOf(fs lake.FS, micros int64) (int64, error) {
	log := m.SnapshotLog
	if len(log) == 0 {
		for _, s := range m.Snapshots {
			if s != nil {
				log = append(log, logEntry{s.Millis, s.ID})
			}
		}
	}
	best := int64(-1 << 62)
	id, ok := int64(0), false
	for _, e := range log {
		if e.Millis >= best && e.Millis <= floorMillis(micros) {
			best, id, ok = e.Millis, e.ID, true
		}
	}
	if !ok {
		return 0, sqlstate.New(sqlstate.UndefinedObject, "Iceberg table \"%s\" has no snapshot that is old enough", fs.Name()).
			WithHint("SELECT * FROM iceberg_snapshots('%s') lists them.", fs.Name())
	}
	return id, nil
}

func floorMillis(micros int64) int64 {
	m := micros / 1000
	if micros%1000 < 0 {
		m--
	}
	return m
}

// schema returns the schema with an ID; nil is the current one.
func (m *metadata) schema(id *int) (*schema, error) {
	if id == nil {
		id = m.CurrentSchema
	}
	for _, s := range m.Schemas {
		if s != nil && (id == nil || s.ID == *id) {
			return s, nil
		}
	}
	if m.Schema != nil {
		return m.Schema, nil
	}
	return nil, corrupt(m.file.Path, "it has not the schema that it names")
}

// spec returns a way to partition.
func (m *metadata) spec(id int) (*partitionSpec, bool) {
	for i := range m.PartitionSpecs {
		if m.PartitionSpecs[i].ID == id {
			return &m.PartitionSpecs[i], true
		}
	}
	return nil, false
}

// inTable returns a path of the metadata from the table's folder, if it lies below the place where the metadata says that
// the table is: the table may have been moved.
func (m *metadata) inTable(p string) string {
	root := strings.TrimRight(plain(m.Location), "/") + "/"
	if rest, ok := strings.CutPrefix(plain(p), root); ok {
		return path.Clean(rest)
	}
	return p
}

// plain writes a location in one way of several that mean the same.
func plain(p string) string {
	if rest, ok := strings.CutPrefix(p, "file:"); ok {
		return "/" + strings.TrimLeft(rest, "/")
	}
	for _, scheme := range []string{"s3a://", "s3n://"} {
		if rest, ok := strings.CutPrefix(p, scheme); ok {
			return "s3://" + rest
		}
	}
	return p
}

// Snapshot is a state of a table.
type Snapshot struct {
	Sequence, ID, Millis int64
	ManifestList         string
	Operation            string
}

// Snapshots returns the snapshots of a table, in the order of its metadata.
func Snapshots(ctx context.Context, fs lake.FS, name string) ([]Snapshot, error) {
	m, err := open(ctx, fs, name)
	if err != nil {
		return nil, err
	}
	var out []Snapshot
	for _, s := range m.Snapshots {
		if s != nil {
			out = append(out, Snapshot{s.Sequence, s.ID, s.Millis, s.ManifestList, s.Summary["operation"]})
		}
	}
	return out, nil
}

// open reads the metadata of a table: the newest, or the file of a name.
func open(ctx context.Context, fs lake.FS, name string) (*metadata, error) {
	f, err := file.File{}, error(nil)
	if name != "" {
		f, err = fs.Stat(ctx, metadataDir+"/"+name)
	} else {
		f, err = find(ctx, fs)
	}
	if err != nil {
		return nil, err
	}
	return read(ctx, fs, f)
}
