package write

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

const (
	// nullFolder stands for NULL in the name of a folder, as in Hive.
	nullFolder = "__HIVE_DEFAULT_PARTITION__"
	maxName    = 255 // bytes of a folder's name
)

// folders adds a column to its input that says which folder a row belongs in, key=value/key=value, and takes the keys out,
// unless they are to be kept.
type folders struct {
	input exec.Plan
	names []string // of the keys
	keys  []int    // ordinals
	keep  []int    // of the columns that are passed on
	out   exec.Schema
}

// newFolders returns the plan that finds the folders; id is that of the new column.
func newFolders(input exec.Plan, names []string, keepKeys bool, id expr.ColID) (*folders, error) {
	p := &folders{input: input, names: names}
	schema := input.Schema()
	for _, n := range names {
		i := slices.IndexFunc(schema, func(f exec.Field) bool { return f.Name == n })
		if i < 0 {
			return nil, sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" does not exist", n).WithHint("PARTITION_BY names columns of the query's result.")
		}
		if t := schema[i].Type.ID; t == types.Array || t == types.Record {
			return nil, sqlstate.Unsupported("Cast it to text.", "PARTITION_BY of a column of type %s is not supported", schema[i].Type)
		}
		p.keys = append(p.keys, i)
	}
	for i, f := range schema {
		if keepKeys || !slices.Contains(p.keys, i) {
			p.keep = append(p.keep, i)
			p.out = append(p.out, f)
		}
	}
	if len(p.keep) == 0 {
		return nil, sqlstate.Unsupported("Say WRITE_PARTITION_COLUMNS.", "files without columns, since PARTITION_BY names all of them, are not supported")
	}
	p.out = append(p.out, exec.Field{ID: id, Name: "folder", Type: types.Of(types.Text)})
	return p, nil
}

func (p *folders) Schema() exec.Schema { return p.out }
func (p *folders) Partitioning() exec.Partitioning {
	return exec.Partitioning{N: p.input.Partitioning().N}
}
func (p *folders) Inputs() []exec.Plan { return []exec.Plan{p.input} }
func (p *folders) String() string      { return fmt.Sprintf("Folders by %s", strings.Join(p.names, ", ")) }

func (p *folders) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	in, err := env.Open(ctx, p.input, part)
	if err != nil {
		return nil, err
	}
	s := &folderStream{folders: p, in: in, style: styleOf(env)}
	for _, n := range p.names {
		s.heads = append(s.heads, append(appendEscaped(nil, []byte(n)), '='))
	}
	return s, nil
}

type folderStream struct {
	*folders
	in    exec.Stream
	style *text.Style
	heads [][]byte // key=
	path  []byte
	value []byte
}

func (s *folderStream) Next(ctx context.Context) (*vec.Batch, error) {
	b, err := s.in.Next(ctx)
	if err != nil {
		return nil, err
	}
	b = b.Compact()
	keys := make([]*vec.Vector, len(s.keys))
	for i, k := range s.keys {
		keys[i] = b.Cols[k]
	}
	out := &vec.Batch{Rows: b.Rows, Cols: make([]*vec.Vector, 0, len(s.keep)+1)}
	for _, i := range s.keep {
		out.Cols = append(out.Cols, b.Cols[i])
	}
	paths, err := s.paths(keys, b.Rows)
	if err != nil {
		return nil, err
	}
	out.Cols = append(out.Cols, paths)
	return out, nil
}

func (s *folderStream) Close() error { return s.in.Close() }

// paths returns the folders of rows.
func (s *folderStream) paths(keys []*vec.Vector, n int) (*vec.Vector, error) {
	if len(keys) == 1 && keys[0].Enc == vec.Dict && keys[0].Valid == nil && keys[0].Dict.Len <= n {
		// An error may be about a value that no row has.
		if dict, err := s.paths([]*vec.Vector{keys[0].Dict}, keys[0].Dict.Len); err == nil {
			return vec.NewDict(keys[0].Codes(), nil, dict), nil
		}
	}
	for i, k := range keys {
		keys[i] = vec.Flatten(k)
	}
	b := vec.NewBuilder(types.Of(types.Text))
	for i := range n {
		if i == 0 || !sameKeys(keys, i) {
			if err := s.setPath(keys, i); err != nil {
				return nil, err
			}
		}
		b.AppendBytes(s.path)
	}
	return b.Finish(), nil
}

// sameKeys reports whether row i has the keys of the one before.
func sameKeys(keys []*vec.Vector, i int) bool {
	for _, k := range keys {
		switch null := k.IsNull(i); {
		case null != k.IsNull(i-1):
			return false
		case !null && !vec.EqualRows(k, i, k, i-1):
			return false
		}
	}
	return true
}

func (s *folderStream) setPath(keys []*vec.Vector, i int) error {
	s.path = s.path[:0]
	for k, v := range keys {
		if k > 0 {
			s.path = append(s.path, '/')
		}
		from := len(s.path)
		s.path = append(s.path, s.heads[k]...)
		switch {
		case v.IsNull(i):
			s.path = append(s.path, nullFolder...)
		case v.Type.ID == types.Bool:
			s.path = append(s.path, map[bool]string{false: "false", true: "true"}[vec.At[uint8](v, i) != 0]...)
		default:
			s.value = text.Append(s.value[:0], v, i, s.style)
			if string(s.value) == nullFolder { // which is not NULL
				s.path = append(append(s.path, "%5F"...), s.value[1:]...)
			} else {
				s.path = appendEscaped(s.path, s.value)
			}
		}
		if len(s.path)-from > maxName {
			return sqlstate.New(sqlstate.InvalidParameterValue, "a value of column \"%s\" is too long for the name of a folder", s.names[k]).
				WithDetail("The name would have %d bytes; the limit is %d.", len(s.path)-from, maxName)
		}
	}
	return nil
}

// appendEscaped appends a value as part of a folder's name: what is no letter, digit or one of -_.~ becomes %xx, but for
// characters beyond ASCII.
func appendEscaped(dst, s []byte) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == '~', c >= 0x80:
			dst = append(dst, c)
		default:
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

func styleOf(env *exec.Env) *text.Style {
	if env.Fn == nil {
		return &text.Style{}
	}
	return &text.Style{Location: env.Fn.Location, Now: env.Fn.Now, Objects: env.Fn.Objects}
}
