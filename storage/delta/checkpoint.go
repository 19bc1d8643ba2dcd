package delta

import (
	"context"
	"strings"

	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
	"gsql/storage/lake"
	"gsql/storage/parquet"
)

func textField(name string) parquet.Field {
	return parquet.Field{Name: name, Type: types.Of(types.Text)}
}

func intField(name string) parquet.Field {
	return parquet.Field{Name: name, Type: types.Of(types.Int64)}
}

func recordField(name string, fields ...parquet.Field) parquet.Field {
	f := parquet.Field{Name: name, Fields: fields}
	lake.Compose(&f)
	return f
}

func arrayField(name string) parquet.Field {
	f := parquet.Field{Name: name}
	lake.ArrayOf(&f, textField("element"))
	return f
}

func mapField(name string) parquet.Field {
	f := parquet.Field{Name: name}
	lake.MapOf(&f, textField("key"), textField("value"))
	return f
}

// checkpointFields are what is read of a checkpoint.
func checkpointFields() []parquet.Field {
	vector := recordField("deletionVector", textField("storageType"), textField("pathOrInlineDv"), intField("offset"), intField("sizeInBytes"), intField("cardinality"))
	return []parquet.Field{
		recordField("add", textField("path"), mapField("partitionValues"), intField("size"), textField("stats"), vector),
		recordField("metaData", textField("schemaString"), arrayField("partitionColumns"), mapField("configuration"), recordField("format", textField("provider"))),
		recordField("protocol", intField("minReaderVersion"), arrayField("readerFeatures")),
		recordField("sidecar", textField("path"), intField("sizeInBytes")),
	}
}

// readCheckpoint calls each for the actions in one file of a checkpoint.
func readCheckpoint(ctx context.Context, f file.File, each func(a *action) error) error {
	if strings.HasSuffix(f.Path, ".json") {
		text, err := lake.ReadAll(ctx, f)
		if err != nil {
			return err
		}
		return readCommit(f, text, each)
	}
	return lake.ReadParquet(ctx, f, checkpointFields(), parquet.ByName, func(b *vec.Batch) error {
		rows := &checkpointRows{path: f.Path, add: recordOf(b.Cols[0]), meta: recordOf(b.Cols[1]), protocol: recordOf(b.Cols[2]), sidecar: recordOf(b.Cols[3])}
		rows.vector, rows.format = recordOf(rows.add.cols[4]), recordOf(rows.meta.cols[3])
		for i := range b.Rows {
			if err := rows.row(i, each); err != nil {
				return err
			}
		}
		return nil
	})
}

// record is a column of records, with their fields as columns.
type record struct {
	v    *vec.Vector
	cols []*vec.Vector
}

func recordOf(v *vec.Vector) record {
	r := record{v: v}
	for k := range v.Type.Fields() {
		r.cols = append(r.cols, vec.Field(v, k))
	}
	return r
}

func (r *record) text(k, row int) string {
	if r.cols[k].IsNull(row) {
		return ""
	}
	return string(r.cols[k].Bytes(row))
}

func (r *record) int(k, row int) int64 {
	if r.cols[k].IsNull(row) {
		return 0
	}
	return vec.At[int64](r.cols[k], row)
}

// list returns the texts of an array.
func (r *record) list(k, row int) (out []string) {
	if r.cols[k].IsNull(row) {
		return nil
	}
	v := vec.Flatten(r.cols[k])
	l := vec.At[vec.List](v, row)
	for i := range int(l.Len) {
		if at := int(l.Off) + i; !v.Child.IsNull(at) {
			out = append(out, string(v.Child.Bytes(at)))
		}
	}
	return out
}

// pairs returns what is in a map; keys without a value have nil.
func (r *record) pairs(k, row int) map[string]*string {
	if r.cols[k].IsNull(row) {
		return nil
	}
	out := map[string]*string{}
	v := vec.Flatten(r.cols[k])
	l := vec.At[vec.List](v, row)
	if l.Len == 0 {
		return out
	}
	entries := vec.Slice(v.Child, int(l.Off), int(l.Off+l.Len))
	keys, values := vec.Field(entries, 0), vec.Field(entries, 1)
	for i := range entries.Len {
		if keys.IsNull(i) {
			continue
		}
		key := string(keys.Bytes(i))
		if out[key] = nil; !values.IsNull(i) {
			s := string(values.Bytes(i))
			out[key] = &s
		}
	}
	return out
}

// checkpointRows are the rows of a batch of a checkpoint.
type checkpointRows struct {
	path                                         string
	add, vector, meta, format, protocol, sidecar record
}

func (c *checkpointRows) row(i int, each func(a *action) error) error {
	var a action
	switch {
	case !c.add.v.IsNull(i):
		a.Add = &addFile{Path: c.add.text(0, i), PartitionValues: c.add.pairs(1, i), Size: c.add.int(2, i), Stats: c.add.text(3, i), from: c.path}
		if !c.vector.v.IsNull(i) {
			v := &deletionVector{StorageType: c.vector.text(0, i), PathOrInlineDv: c.vector.text(1, i), SizeInBytes: c.vector.int(3, i), Cardinality: c.vector.int(4, i)}
			if !c.vector.cols[2].IsNull(i) {
				off := c.vector.int(2, i)
				v.Offset = &off
			}
			a.Add.DeletionVector = v
		}
	case !c.meta.v.IsNull(i):
		a.MetaData = &metaData{SchemaString: c.meta.text(0, i), PartitionColumns: c.meta.list(1, i), Configuration: map[string]string{}}
		for k, v := range c.meta.pairs(2, i) {
			if v != nil {
				a.MetaData.Configuration[k] = *v
			}
		}
		a.MetaData.Format.Provider = c.format.text(0, i)
	case !c.protocol.v.IsNull(i):
		a.Protocol = &protocol{MinReaderVersion: int(c.protocol.int(0, i)), ReaderFeatures: c.protocol.list(1, i)}
	case !c.sidecar.v.IsNull(i):
		a.Sidecar = &sidecar{Path: c.sidecar.text(0, i), SizeInBytes: c.sidecar.int(1, i)}
	default:
		return nil
	}
	return each(&a)
}
