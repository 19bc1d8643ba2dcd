package parquet

import (
	"context"
	"slices"
	"sync"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/storage/file"
)

// Options say how the columns of several files become those of a table.
type Options struct {
	// ByName: the table has the columns of all files that are looked at, else those of the first.
	ByName bool
	// Footers keeps footers beyond the table; nil: nothing does.
	Footers *Footers
}

// Shape is what is known of the files of a table: the columns. It may be kept as long as the files that were looked at do
// not change; many scans may use it at once.
type Shape struct {
	Schema exec.Schema

	footers *Footers
	fields  []Field // nil: the schema is that of files
	by      Matching
	first   []string // by column: a file that has it, with the type that it has in the table if there is one

	mu      sync.Mutex
	matched map[*fileSchema][]column
}

// meta is a file's footer, with the file's columns in the order of the table's.
type meta struct {
	*fileMeta
	cols []column
}

// ownFooters is the bytes of the footers that a shape keeps for itself.
const ownFooters = 64 << 20

// Infer reads the footers of some files, of which the first settles the columns and their order. A column has the type that
// holds its values in all of these files. Footers of other files are read when they are scanned: a file that has a column
// with a type whose values are not all ones of the table's is an error then, and one that lacks a column has NULL in it.
func Infer(ctx context.Context, files []file.File, opt Options) (*Shape, error) {
	if len(files) == 0 {
		return nil, sqlstate.New(sqlstate.UndefinedFile, "no Parquet files")
	}
	s := &Shape{footers: opt.Footers, matched: map[*fileSchema][]column{}}
	if s.footers == nil {
		s.footers = NewFooters(ownFooters)
	}
	u := &union{shape: s, byName: opt.ByName, last: map[*fileSchema]bool{}}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		m, h, err := s.footers.get(f)
		if err != nil {
			return nil, err
		}
		if h != nil {
			h.Close()
		}
		if err := u.add(m); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// union makes the columns of a table of those of its files.
type union struct {
	shape  *Shape
	byName bool
	empty  []bool               // by column: it has nothing but NULL so far, whatever its type
	last   map[*fileSchema]bool // seen
}

func (u *union) add(m *fileMeta) error {
	s := u.shape
	if u.last[m.schema] {
		return nil
	}
	u.last[m.schema] = true
	begin := len(s.Schema) == 0
	taken := map[string]int{}
	for i := range m.schema.cols {
		c := &m.schema.cols[i]
		at := s.find(c.name, taken[c.name])
		taken[c.name]++
		switch {
		case at < 0 && (begin || u.byName):
			s.Schema = append(s.Schema, exec.Field{Name: c.name, Type: c.typ})
			s.first = append(s.first, m.file.Path)
			u.empty = append(u.empty, c.conv == convertNull)
		case at < 0 || c.conv == convertNull:
		case u.empty[at]:
			s.Schema[at].Type, s.first[at], u.empty[at] = c.typ, m.file.Path, false
		default:
			t, ok := file.Wider(s.Schema[at].Type, c.typ)
			if !ok || c.refuse != "" || c.root != nil && t != c.typ {
				return s.differs(at, c, m.file)
			}
			if t == c.typ && t != s.Schema[at].Type {
				s.first[at] = m.file.Path
			}
			s.Schema[at].Type = t
		}
	}
	return nil
}

// find returns the column with a name that n others of the same name come before, or -1.
func (s *Shape) find(name string, n int) int {
	for i := range s.Schema {
		if s.Schema[i].Name != name {
			continue
		}
		if n == 0 {
			return i
		}
		n--
	}
	return -1
}

// differs is the error about a column that has another type in one file than in others.
func (s *Shape) differs(i int, c *column, f file.File) error {
	e := sqlstate.New(sqlstate.DatatypeMismatch, "column %q is of type %v in file %q and of type %v in file %q",
		c.name, c.typ, f.Path, s.Schema[i].Type, s.first[i])
	if _, ok := file.Wider(s.Schema[i].Type, c.typ); ok && c.refuse == "" {
		return e.WithDetail("The type was found by looking at some of the files.").
			WithHint("Look at all files: read_parquet('...', files_to_sniff => -1), or union_by_name => true to have the columns of all.")
	}
	return e.WithHint("No type holds the values of both. Read the files as separate tables and combine them with casts and UNION ALL.")
}

// meta returns the footer of a file, with columns matched to the table's.
func (s *Shape) meta(f file.File) (*meta, error) {
	m, h, err := s.open(f)
	if h != nil {
		h.Close()
	}
	return m, err
}

// open returns the footer of a file, and the file, if it had to be opened for that.
func (s *Shape) open(f file.File) (*meta, file.Handle, error) {
	m, h, err := s.footers.get(f)
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	cols := s.matched[m.schema]
	s.mu.Unlock()
	if cols == nil {
		if s.fields != nil {
			cols, err = s.matchFields(f, m.schema.cols, m.schema.elements)
		} else {
			cols, err = s.match(f, m.schema.cols)
		}
		if err != nil {
			if h != nil {
				h.Close()
			}
			return nil, nil, err
		}
		s.mu.Lock()
		if len(s.matched) >= maxSchemas {
			clear(s.matched)
		}
		s.matched[m.schema] = cols
		s.mu.Unlock()
	}
	return &meta{m, cols}, h, nil
}

// match returns a file's columns in the table's order. Files may have them in another order, more of them and fewer.
func (s *Shape) match(f file.File, cols []column) ([]column, error) {
	byName := make(map[string][]int, len(cols))
	for i := range cols {
		byName[cols[i].name] = append(byName[cols[i].name], i)
	}
	out := make([]column, len(s.Schema))
	for i, want := range s.Schema {
		same := byName[want.Name]
		if len(same) == 0 {
			out[i] = column{name: want.Name, typ: want.Type, kind: want.Type.Kind(), conv: convertNull, missing: true}
			continue
		}
		byName[want.Name] = same[1:]
		c := cols[same[0]]
		switch {
		case c.refuse != "" || sameValues(c.typ, want.Type):
			c.typ = want.Type
		case c.conv == convertNull:
			c = column{name: want.Name, typ: want.Type, kind: want.Type.Kind(), conv: convertNull, missing: true}
		case !s.widens(i, &c):
			return nil, s.differs(i, &c, f)
		default:
			c.to = want.Type
		}
		out[i] = c
	}
	return out, nil
}

// widens reports whether the values of a file's column are ones of the table's type.
func (s *Shape) widens(i int, c *column) bool {
	t, ok := file.Wider(c.typ, s.Schema[i].Type)
	return ok && sameValues(t, s.Schema[i].Type) && c.root == nil
}

// sameValues reports whether values of a may stand in a column of type b as they are.
func sameValues(a, b types.Type) bool {
	if a.ID == types.Numeric {
		return b.ID == types.Numeric && a.Scale == b.Scale
	}
	return a == b
}

// refusal returns why a table's column cannot be read from a file, if it cannot.
func (s *Shape) refusal(m *meta, columns []int) error {
	i := slices.IndexFunc(columns, func(c int) bool { return m.cols[c].refuse != "" })
	if i < 0 {
		return nil
	}
	return refused(&m.cols[columns[i]], m.file)
}
