package iceberg

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/storage/avro"
	"gsql/storage/lake"
)

// What a file of a manifest has.
const (
	contentData      = 0
	contentPositions = 1 // numbers of deleted rows
	contentKeys      = 2 // values of the columns of deleted rows
)

// Status of an entry of a manifest.
const (
	statusAdded   = 1
	statusDeleted = 2
)

// manifest is a file that names files.
type manifest struct {
	path     string
	size     int64
	spec     int
	sequence int64
	deletes  bool
}

// entry is a file that a manifest names.
type entry struct {
	path       string // as it is written
	format     string
	content    int64
	spec       *partitionSpec
	partition  []any  // by field of the spec
	key        string // which partition it is in
	sequence   int64
	rows, size int64
	columns    []columnStats
	equality   []int  // fields whose values tell that rows are deleted
	refers     string // the file whose rows are deleted, "" for several
	off, bytes int64  // where a deletion vector lies in the file; -1: it is none
	from       string // the manifest
}

// unknown is the value of a partition that a manifest does not tell.
type unknown struct{}

// columnStats is what a manifest says of a column in a file.
type columnStats struct {
	id        int
	nulls     int64 // -1: unknown
	low, high []byte
}

// fields are values of a record by their names, with an error for the first that is not of its type.
type fields struct {
	r   *avro.Record
	err error
}

func (f *fields) int(name string, otherwise int64) int64 {
	switch v := f.r.Get(name).(type) {
	case nil:
		return otherwise
	case int64:
		return v
	}
	f.fail(name)
	return otherwise
}

func (f *fields) text(name string) string {
	switch v := f.r.Get(name).(type) {
	case nil:
		return ""
	case string:
		return v
	}
	f.fail(name)
	return ""
}

func (f *fields) fail(name string) {
	if f.err == nil {
		f.err = fmt.Errorf("field %q is not of its type", name)
	}
}

// manifests reads the list of a snapshot's manifests.
func (m *metadata) manifests(ctx context.Context, fs lake.FS, s *snapshot) ([]manifest, error) {
	if s.ManifestList == "" {
		if len(s.Manifests) == 0 {
			return nil, nil
		}
		return nil, sqlstate.Unsupported("Let a newer program write the table.", "Iceberg table \"%s\" has snapshots without a manifest list, which is not supported", fs.Name())
	}
	f, err := fs.Stat(ctx, m.inTable(s.ManifestList))
	if err != nil {
		return nil, err
	}
	var out []manifest
	err = avro.Records(ctx, f, []string{"partitions"}, func(r *avro.Record) error {
		v := &fields{r: r}
		x := manifest{path: v.text("manifest_path"), size: v.int("manifest_length", 0), spec: int(v.int("partition_spec_id", 0)),
			sequence: v.int("sequence_number", 0), deletes: v.int("content", 0) == 1}
		switch {
		case v.err != nil:
			return corrupt(f.Path, "%v", v.err)
		case x.path == "":
			return corrupt(f.Path, "it has a manifest without a path")
		case r.Get("key_metadata") != nil:
			return encrypted(fs)
		}
		out = append(out, x)
		return nil
	})
	return out, err
}

func encrypted(fs lake.FS) error {
	return sqlstate.Unsupported("Write it without encryption.", "Iceberg table \"%s\" is encrypted, which is not supported", fs.Name())
}

// unused are fields of manifests of which nothing is made.
var unused = []string{"column_sizes", "value_counts", "nan_value_counts", "split_offsets", "distinct_counts", "sort_order_id", "sort_columns"}

// entries calls each for the files that a manifest names and that are there.
func (m *metadata) entries(ctx context.Context, fs lake.FS, x manifest, each func(e *entry) error) error {
	f, err := fs.Data(ctx, m.inTable(x.path), x.size)
	if err != nil {
		return err
	}
	spec, ok := m.spec(x.spec)
	if !ok {
		return corrupt(m.file.Path, "it has no way %d to partition, which manifest \"%s\" has", x.spec, f.Path)
	}
	return avro.Records(ctx, f, unused, func(r *avro.Record) error {
		v := &fields{r: r}
		status := v.int("status", 0)
		if status == statusDeleted {
			return nil
		}
		file, _ := r.Get("data_file").(*avro.Record)
		if file == nil {
			return corrupt(f.Path, "it has an entry without a file")
		}
		e := &entry{spec: spec, from: f.Path}
		e.sequence = v.int("sequence_number", -1)
		switch {
		case e.sequence < 0 && status != statusAdded && x.sequence > 0: // in manifests of version 1 all are of number 0
			return corrupt(f.Path, "it has an entry without a sequence number")
		case e.sequence < 0:
			e.sequence = x.sequence
		}
		if err := e.read(file); err != nil {
			return corrupt(f.Path, "%v", err)
		}
		switch {
		case file.Get("key_metadata") != nil:
			return encrypted(fs)
		case x.deletes != (e.content != contentData):
			return corrupt(f.Path, "file \"%s\" is not of the kind of the manifest", e.path)
		}
		return each(e)
	})
}

// read takes what a manifest says of a file.
func (e *entry) read(r *avro.Record) error {
	v := &fields{r: r}
	e.path, e.format = v.text("file_path"), strings.ToUpper(v.text("file_format"))
	e.content, e.rows, e.size = v.int("content", 0), v.int("record_count", -1), v.int("file_size_in_bytes", 0)
	e.refers, e.off, e.bytes = v.text("referenced_data_file"), v.int("content_offset", -1), v.int("content_size_in_bytes", -1)
	ids, _ := r.Get("equality_ids").([]any)
	for _, id := range ids {
		n, ok := id.(int64)
		if !ok || n <= 0 || n > 1<<31-1 {
			return fmt.Errorf("file %q has no columns whose values tell what is deleted", e.path)
		}
		e.equality = append(e.equality, int(n))
	}
	part, _ := r.Get("partition").(*avro.Record)
	var key strings.Builder
	for i := range e.spec.Fields {
		f := &e.spec.Fields[i]
		value, ok := part.ByID(f.ID)
		if !ok {
			value, ok = part.Lookup(f.Name)
		}
		if !ok {
			value = unknown{}
		}
		e.partition = append(e.partition, value)
		fmt.Fprintf(&key, "/%T %v", value, value)
	}
	e.key = strconv.Itoa(e.spec.ID) + key.String()
	e.stats(r)
	switch {
	case v.err != nil:
		return v.err
	case e.path == "" || e.rows < 0 || e.rows > 1<<50 || e.size < 0 || e.content < contentData || e.content > contentKeys:
		return fmt.Errorf("it has a file without a path, or whose numbers are not valid")
	case e.content == contentKeys && len(e.equality) == 0:
		return fmt.Errorf("file %q has no columns whose values tell what is deleted", e.path)
	}
	return nil
}

// stats takes what a manifest says of the columns in a file.
func (e *entry) stats(r *avro.Record) {
	at := map[int64]int{}
	of := func(id int64) *columnStats {
		i, ok := at[id]
		if !ok {
			i = len(e.columns)
			at[id] = i
			e.columns = append(e.columns, columnStats{id: int(id), nulls: -1})
		}
		return &e.columns[i]
	}
	each := func(name string, take func(c *columnStats, v any)) {
		list, _ := r.Get(name).([]any)
		for _, x := range list {
			pair, _ := x.(*avro.Record)
			if id, ok := pair.Get("key").(int64); ok {
				take(of(id), pair.Get("value"))
			}
		}
	}
	each("null_value_counts", func(c *columnStats, v any) {
		if n, ok := v.(int64); ok && n >= 0 {
			c.nulls = n
		}
	})
	each("lower_bounds", func(c *columnStats, v any) { c.low, _ = v.([]byte) })
	each("upper_bounds", func(c *columnStats, v any) { c.high, _ = v.([]byte) })
}

func (e *entry) column(id int) *columnStats {
	for i := range e.columns {
		if e.columns[i].id == id {
			return &e.columns[i]
		}
	}
	return nil
}

// unpartitioned reports whether files of a way to partition lie in one partition.
func (s *partitionSpec) unpartitioned() bool {
	for i := range s.Fields {
		if s.Fields[i].Transform != "void" {
			return false
		}
	}
	return true
}
