package delta

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
	"gsql/storage/lake"
	"gsql/storage/parquet"
)

// State finds out which version of a table is wanted. The result tells it from others, and makes it.
func State(ctx context.Context, fs lake.FS, o lake.Options) (identity string, read func(ctx context.Context) (*lake.Table, error), err error) {
	l, err := list(ctx, fs)
	if err != nil {
		return "", nil, err
	}
	if o.Ref != "" {
		return "", nil, sqlstate.New(sqlstate.InvalidParameterValue, "tables of Delta Lake have no branches and tags")
	}
	v, err := l.version(ctx, o)
	if err != nil {
		return "", nil, err
	}
	s := &snapshot{fs: fs, version: v, at: map[string]int{}}
	cp, from := l.start(v)
	s.checkpoint = cp.parts
	if s.commits, err = l.between(from, v); err != nil {
		return "", nil, err
	}
	return s.identity(), s.read, nil
}

// snapshot is a table in one version.
type snapshot struct {
	fs         lake.FS
	version    int64
	checkpoint []file.File
	commits    []file.File

	protocol *protocol
	meta     *metaData
	files    []*addFile // nil: removed
	at       map[string]int
	sidecars []*sidecar
}

// identity has the files of the log in their state.
func (s *snapshot) identity() string {
	var b strings.Builder
	for _, f := range slices.Concat(s.checkpoint, s.commits) {
		b.WriteString(f.Path + " " + itoa(f.Size) + " " + itoa(f.ModTime.UnixNano()) + " " + f.Version + "\n")
	}
	return b.String()
}

// read reads the log.
func (s *snapshot) read(ctx context.Context) (*lake.Table, error) {
	for _, f := range s.checkpoint {
		if err := readCheckpoint(ctx, f, s.apply); err != nil {
			return nil, err
		}
	}
	for _, c := range s.sidecars {
		path := c.Path
		if !strings.Contains(path, "/") {
			path = logDir + "/_sidecars/" + path
		}
		f, err := s.fs.Stat(ctx, path)
		if err != nil {
			return nil, err
		}
		if err := readCheckpoint(ctx, f, s.apply); err != nil {
			return nil, err
		}
	}
	for _, f := range s.commits {
		text, err := lake.ReadAll(ctx, f)
		if err != nil {
			return nil, err
		}
		if err := readCommit(f, text, s.apply); err != nil {
			return nil, err
		}
	}
	return s.table()
}

// apply takes the next action of the log.
func (s *snapshot) apply(a *action) error {
	switch {
	case a.Add != nil:
		return s.add(a.Add)
	case a.Remove != nil:
		k := key(a.Remove.Path, a.Remove.DeletionVector)
		if i, ok := s.at[k]; ok {
			s.files[i] = nil
			delete(s.at, k)
		}
	case a.MetaData != nil:
		s.meta = a.MetaData
	case a.Protocol != nil:
		s.protocol = a.Protocol
		return a.Protocol.check(s.fs.Name())
	case a.Sidecar != nil:
		s.sidecars = append(s.sidecars, a.Sidecar)
	}
	return nil
}

func (s *snapshot) add(f *addFile) error {
	if f.Path == "" || f.Size < 0 {
		return corrupt(f.from, "it adds a file without a name, or of a size below zero")
	}
	if v := f.DeletionVector; v != nil && (v.SizeInBytes < 0 || v.Cardinality < 0 || v.Offset != nil && *v.Offset < 0) {
		return corrupt(f.from, "the deletion vector of file \"%s\" has numbers below zero", f.Path)
	}
	if len(s.at) >= lake.MaxFiles {
		return sqlstate.New(sqlstate.ProgramLimitExceeded, "Delta Lake table \"%s\" has more than %d files", s.fs.Name(), lake.MaxFiles)
	}
	if jsontext.Check([]byte(f.Stats)) != nil {
		f.Stats = "" // they are worth nothing
	}
	k := key(f.Path, f.DeletionVector)
	if i, ok := s.at[k]; ok {
		s.files[i] = nil
	}
	s.at[k] = len(s.files)
	s.files = append(s.files, f)
	return nil
}

// table makes the table of what the log says.
func (s *snapshot) table() (*lake.Table, error) {
	name := s.fs.Name()
	if s.meta == nil || s.protocol == nil {
		return nil, sqlstate.New(sqlstate.DataCorrupted, "the log of Delta Lake table \"%s\" does not say what columns the table has", name)
	}
	if p := s.meta.Format.Provider; p != "" && p != "parquet" {
		return nil, sqlstate.Unsupported("Files must be Parquet.", "Delta Lake table \"%s\" has files of the format \"%s\", which is not supported", name, p)
	}
	by, mapped, err := s.meta.mapping(name)
	if err != nil {
		return nil, err
	}
	r := &schemaReader{mapped: mapped}
	fields, err := r.columns(s.meta.SchemaString)
	if err != nil {
		return nil, sqlstate.New(sqlstate.DataCorrupted, "the schema of Delta Lake table \"%s\" cannot be read: %v", name, err)
	}
	s.files = slices.DeleteFunc(s.files, func(f *addFile) bool { return f == nil })
	s.at = nil
	t := &lake.Table{State: "version " + itoa(s.version), Fields: fields, Visible: len(fields), By: by}
	if err := s.addFiles(t); err != nil {
		return nil, err
	}
	if err := s.addKeys(t); err != nil {
		return nil, err
	}
	st := &stats{files: s.files, fields: fields}
	t.Bounds = st.bounds
	if slices.ContainsFunc(s.files, func(f *addFile) bool { return f.DeletionVector != nil }) {
		t.Deletes = s.deletes
	}
	return t, nil
}

func (s *snapshot) addFiles(t *lake.Table) error {
	for _, f := range s.files {
		path, err := url.PathUnescape(f.Path)
		if err != nil {
			return corrupt(f.from, "the path of file \"%s\" is not valid: %v", f.Path, err)
		}
		x := lake.File{Path: path, Size: f.Size, Rows: recordsIn(f.Stats), From: f.from}
		if v := f.DeletionVector; v != nil {
			x.Deleted = v.Cardinality
		}
		t.Files = append(t.Files, x)
		t.Bytes += int64(len(f.Path)+len(f.Stats)) + 200
	}
	return nil
}

// addKeys gives the columns of partitions their values.
func (s *snapshot) addKeys(t *lake.Table) error {
	for _, name := range s.meta.PartitionColumns {
		i := slices.IndexFunc(t.Fields, func(f parquet.Field) bool { return f.Name == name })
		if i < 0 || t.Fields[i].Fields != nil {
			return sqlstate.New(sqlstate.DataCorrupted, "Delta Lake table \"%s\" is partitioned by column \"%s\", which it has not", s.fs.Name(), name)
		}
		f := &t.Fields[i]
		in := fileName(f)
		keys := lake.NewKeys(vec.NewBuilder(f.Type))
		for _, x := range s.files {
			raw, ok := x.PartitionValues[in]
			if !ok {
				return corrupt(x.from, "file \"%s\" has no value of column \"%s\", by which the table is partitioned", x.Path, name)
			}
			id := "null"
			if raw != nil && *raw != "" {
				id = "=" + *raw
			}
			err := keys.Add(id, func(b *vec.Builder) error { return partitionValue(b, f.Type, id) })
			if err != nil {
				return corrupt(x.from, "the value \"%s\" of column \"%s\" of file \"%s\" cannot be read: %v", id[1:], name, x.Path, err)
			}
		}
		t.Keys = append(t.Keys, keys.Key(i))
	}
	return nil
}

// fileName is what files call a column.
func fileName(f *parquet.Field) string {
	if f.Names != nil {
		return f.Names[0]
	}
	return f.Name
}

// partitionValue appends a value as the log writes it: "null", or = and the text.
func partitionValue(b *vec.Builder, t types.Type, id string) error {
	s, ok := strings.CutPrefix(id, "=")
	if !ok {
		b.AppendNull()
		return nil
	}
	raw := []byte(s)
	switch t.ID {
	case types.Text, types.Bytea:
		b.AppendString(s)
		return nil
	case types.Date, types.Timestamp, types.TimestampTZ:
		// Words such as "now" are none.
		if raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
			return sqlstate.New(sqlstate.InvalidDatetime, "it is no date")
		}
		if t.ID == types.Timestamp {
			raw = []byte(strings.TrimSuffix(s, "Z"))
		}
	}
	return text.Parse(b, t, raw, &text.Style{})
}
