package iceberg

import (
	"context"
	"slices"
	"sync"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/lake"
	"gsql/storage/parquet"
)

// IDs of the columns of files with the numbers of deleted rows.
const (
	idPath = 2147483546
	idRow  = 2147483545
)

// deletes are the files that delete rows.
type deletes struct {
	places  map[string][]*deleteFile // by partition
	keys    map[string][]*deleteFile
	global  []*deleteFile          // by keys, in all partitions
	vector  map[string]*deleteFile // by the file whose rows are deleted
	fields  []parquet.Field
	number  map[int]int // of the field with an ID
	inTable func(string) string

	mu   sync.Mutex
	kept int64 // rows that are kept in memory
}

// deleteFile is one of them.
type deleteFile struct {
	*entry
	mu     sync.Mutex
	places map[string][]int64 // numbers of rows by file, once they are read
	keys   *parquet.Keys
}

// maxKept bounds the rows of delete files that are kept in memory.
const maxKept = 16 << 20

func (d *deletes) add(e *entry) {
	f := &deleteFile{entry: e}
	switch {
	case e.content == contentKeys && e.spec.unpartitioned():
		d.global = append(d.global, f)
	case e.content == contentKeys:
		d.keys[e.key] = append(d.keys[e.key], f)
	case e.off >= 0:
		d.vector[plain(e.refers)] = f
	default:
		d.places[e.key] = append(d.places[e.key], f)
	}
}

// of returns the files that may delete rows of a file with data. What deletes by the values of columns must be newer; the
// numbers of rows may be as old.
func (d *deletes) of(e *entry) (vector *deleteFile, places, keys []*deleteFile) {
	if v := d.vector[plain(e.path)]; v != nil && v.sequence >= e.sequence {
		vector = v
	} else {
		for _, f := range d.places[e.key] {
			if f.sequence >= e.sequence && f.mayName(e.path) {
				places = append(places, f)
			}
		}
	}
	for _, f := range slices.Concat(d.keys[e.key], d.global) {
		if f.sequence > e.sequence {
			keys = append(keys, f)
		}
	}
	return vector, places, keys
}

// mayName reports whether a file with numbers of rows may have some of a file with data.
func (f *deleteFile) mayName(path string) bool {
	if f.refers != "" {
		return plain(f.refers) == plain(path)
	}
	c := f.column(idPath)
	return c == nil || (c.low == nil || string(c.low) <= path) && (c.high == nil || string(c.high) >= path)
}

// load returns the deleted rows of a file that has a number of them.
func (d *deletes) load(ctx context.Context, fs lake.FS, e *entry, rows int64) (*parquet.Deletes, error) {
	vector, places, keys := d.of(e)
	if vector == nil && places == nil && keys == nil {
		return nil, nil
	}
	out := &parquet.Deletes{}
	if vector != nil || places != nil {
		if rows > lake.MaxRows {
			return nil, lake.TooManyRows(e.path)
		}
		out.Places = parquet.NewPlaces(rows)
	}
	if vector != nil {
		if err := d.addVector(ctx, fs, vector, out.Places); err != nil {
			return nil, err
		}
	}
	for _, f := range places {
		by, err := d.placesIn(ctx, fs, f)
		if err != nil {
			return nil, err
		}
		for _, row := range by[plain(e.path)] {
			out.Places.Add(row)
		}
	}
	for _, f := range keys {
		k, err := d.keysIn(ctx, fs, f)
		if err != nil {
			return nil, err
		}
		if k != nil {
			out.Keys = append(out.Keys, k)
		}
	}
	return out, nil
}

func (d *deletes) addVector(ctx context.Context, fs lake.FS, v *deleteFile, places *parquet.Places) error {
	f, err := fs.Data(ctx, d.inTable(v.path), v.size)
	if err != nil {
		return err
	}
	const around = 8 // bytes of the size and the checksum
	data, err := lake.ReadVector(f, v.off, v.bytes-around)
	if err != nil {
		return err
	}
	if err := lake.AddVector(data, places, v.rows); err != nil {
		return corrupt(f.Path, "the deletion vector of file \"%s\": %v", v.refers, err)
	}
	return nil
}

// keep reports whether rows may be kept in memory, and counts them.
func (d *deletes) keep(rows int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept+rows > maxKept {
		return false
	}
	d.kept += rows
	return true
}

// placesIn returns the numbers of rows in a file, by the files whose rows they are.
func (d *deletes) placesIn(ctx context.Context, fs lake.FS, x *deleteFile) (map[string][]int64, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.places != nil {
		return x.places, nil
	}
	f, err := fs.Data(ctx, d.inTable(x.path), x.size)
	if err != nil {
		return nil, err
	}
	fields := []parquet.Field{{Name: "file_path", ID: idPath, Type: types.Of(types.Text)}, {Name: "pos", ID: idRow, Type: types.Of(types.Int64)}}
	out := map[string][]int64{}
	n := int64(0)
	err = lake.ReadParquet(ctx, f, fields, parquet.ByIDOrName, func(b *vec.Batch) error {
		last, path := "", ""
		for i := range b.Rows {
			if b.Cols[0].IsNull(i) || b.Cols[1].IsNull(i) {
				return corrupt(f.Path, "it has a row without a path or a number")
			}
			if raw := b.Cols[0].Bytes(i); path == "" || string(raw) != last {
				last = string(raw)
				path = plain(last)
			}
			out[path] = append(out[path], vec.At[int64](b.Cols[1], i))
		}
		n += int64(b.Rows)
		return nil
	})
	if err == nil && d.keep(n) {
		x.places = out
	}
	return out, err
}

// keysIn returns the values of columns whose rows a file deletes, nil for none.
func (d *deletes) keysIn(ctx context.Context, fs lake.FS, x *deleteFile) (*parquet.Keys, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.keys != nil {
		return x.keys, nil
	}
	f, err := fs.Data(ctx, d.inTable(x.path), x.size)
	if err != nil {
		return nil, err
	}
	var fields []parquet.Field
	var columns []int
	for _, id := range x.equality {
		at := d.number[id]
		fields, columns = append(fields, d.fields[at]), append(columns, at)
	}
	parts := make([][]*vec.Vector, len(fields))
	n := int64(0)
	err = lake.ReadParquet(ctx, f, fields, parquet.ByID, func(b *vec.Batch) error {
		for i, c := range b.Cols {
			parts[i] = append(parts[i], c)
		}
		if n += int64(b.Rows); n > maxKept {
			return sqlstate.New(sqlstate.ProgramLimitExceeded, "file \"%s\" deletes by more than %d keys", f.Path, maxKept)
		}
		return nil
	})
	if err != nil || n == 0 {
		return nil, err
	}
	cols := make([]*vec.Vector, len(parts))
	for i, p := range parts {
		cols[i] = vec.Own(vec.Flatten(vec.Concat(p)))
	}
	k := parquet.NewKeys(columns, cols)
	if d.keep(n) {
		x.keys = k
	}
	return k, nil
}
