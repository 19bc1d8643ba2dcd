package parquet

import (
	"context"
	"sync"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/storage/file"
)

// Shape is what is known of the files of a table: the columns, and the footers read so far. It may be kept
// as long as the files do not change; many scans may use it at once.
type Shape struct {
	Schema exec.Schema

	mu    sync.Mutex
	metas map[string]*meta // by path
}

// meta is a file's footer, with the file's columns in the order of the table's.
type meta struct {
	file file.File
	*footer
	cols []column
}

// Infer reads the first file's footer, which settles the columns. The other files' footers are read when
// they are scanned; a file that lacks a column, or has it with another type, is an error then.
func Infer(ctx context.Context, files []file.File) (*Shape, error) {
	if len(files) == 0 {
		return nil, sqlstate.New(sqlstate.UndefinedFile, "no Parquet files")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := &Shape{metas: map[string]*meta{}}
	m, err := loadMeta(files[0])
	if err != nil {
		return nil, err
	}
	for _, c := range m.cols {
		s.Schema = append(s.Schema, exec.Field{Name: c.name, Type: c.typ})
	}
	s.metas[files[0].Path] = m
	return s, nil
}

// loadMeta reads a file's footer and columns.
func loadMeta(f file.File) (*meta, error) {
	h, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer h.Close()
	ft, err := readFooter(f, h)
	if err != nil {
		return nil, err
	}
	cols, err := columnsOf(f, ft)
	if err != nil {
		return nil, err
	}
	return &meta{f, ft, cols}, nil
}

// meta returns the footer of a file, with columns matched to the table's.
func (s *Shape) meta(f file.File) (*meta, error) {
	s.mu.Lock()
	m := s.metas[f.Path]
	s.mu.Unlock()
	if m != nil && m.file.Size == f.Size && m.file.ModTime.Equal(f.ModTime) {
		return m, nil
	}
	m, err := loadMeta(f)
	if err != nil {
		return nil, err
	}
	if m.cols, err = s.match(f, m.cols); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.metas[f.Path] = m
	s.mu.Unlock()
	return m, nil
}

// match returns a file's columns in the table's order. Files may have them in another order, and more of
// them.
func (s *Shape) match(f file.File, cols []column) ([]column, error) {
	byName := make(map[string][]int, len(cols))
	for i := range cols {
		byName[cols[i].name] = append(byName[cols[i].name], i)
	}
	out := make([]column, len(s.Schema))
	for i, want := range s.Schema {
		same := byName[want.Name]
		if len(same) == 0 {
			return nil, sqlstate.New(sqlstate.DatatypeMismatch, "file %q has no column %q, which other files of the table have", f.Path, want.Name)
		}
		byName[want.Name] = same[1:]
		c := cols[same[0]]
		if !sameValues(c.typ, want.Type) {
			return nil, sqlstate.New(sqlstate.DatatypeMismatch, "column %q is of type %v in file %q and of type %v in other files of the table",
				want.Name, c.typ, f.Path, want.Type).WithHint("Read the files as separate tables and combine them with casts and UNION ALL.")
		}
		c.typ = want.Type
		out[i] = c
	}
	return out, nil
}

// sameValues reports whether values of a may stand in a column of type b as they are.
func sameValues(a, b types.Type) bool {
	if a.ID == types.Numeric {
		return b.ID == types.Numeric && a.Scale == b.Scale
	}
	return a == b
}
