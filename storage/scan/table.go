package scan

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"gsql/exec"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
)

const (
	// WholeFile as Table.Unit makes each file one split.
	WholeFile = 1 << 62
	// smallLimit is the number of rows up to which a limit is served by one stream: the first rows of the first file, as
	// everybody expects, and no work for more.
	smallLimit = 20_000
)

// Table is what a format says of a table over files. Files must not be empty.
type Table struct {
	Format string // as plans show it
	Name   string // for messages
	Files  []file.File
	Schema exec.Schema
	Rows   float64      // estimate; 0: unknown
	Unit   int64        // bytes of a split
	Extra  *file.Extras // columns behind those of Schema; nil: none
	// Options has what the rows depend on besides the files, for the fingerprint of plans: strings, numbers, lists.
	Options []any
	// Open opens a file, once in each execution however many streams read it.
	Open func(f file.File) (Source, error)
}

// Source is an open file. It is safe for concurrent use.
type Source interface {
	// Read returns the rows that begin in a split. All rows of a file belong to exactly one of its splits.
	Read(ctx context.Context, s Split, r *Request) (Rows, error)
	io.Closer
}

// Split is a stretch of a file's bytes: From to To-1. Those of a file are neighbours and begin at 0.
type Split struct{ From, To int64 }

// Holds reports whether what begins at off belongs to the split.
func (s Split) Holds(off int64) bool { return off >= s.From && off < s.To }

// Request says what a stream wants of its splits.
type Request struct {
	Env     *exec.Env
	Columns []int // of the table
	Schema  exec.Schema
	Rows    int // in a batch, at most if it is easy: larger batches are cut
	// Bytes is told of bytes read from files.
	Bytes func(n int64)
}

// Rows yields the batches of a split to one goroutine: io.EOF for ever after the last. Batches may be empty.
type Rows interface {
	Next(ctx context.Context) (*vec.Batch, error)
}

// New returns the table.
func New(t Table) exec.Table {
	own := &table{Table: t}
	for _, f := range t.Files {
		own.bytes += f.Size
	}
	return own
}

type table struct {
	Table
	bytes int64
}

func (t *table) Schema() exec.Schema { return t.Table.Schema }

func (t *table) Stats() exec.Stats {
	return exec.Stats{Rows: t.Rows, Bytes: t.bytes, Columns: make([]exec.ColumnStats, len(t.Table.Schema))}
}

// Scan returns a plan of at most req.Partitions streams. Prune and Filters are not used, but for files that joins want no
// row of.
func (t *table) Scan(_ context.Context, req exec.ScanRequest) (exec.Plan, error) {
	if req.Prune != nil || len(req.Filters) > 0 {
		req.Limit = -1 // it counts rows that pass
	}
	req, extra := t.Extra.Split(req, t.Table.Schema)
	p := &plan{table: t, extra: extra, columns: req.Columns, schema: req.Output(t.Table.Schema), limit: req.Limit, unit: t.Unit}
	if extra.WantsRows() {
		p.unit = WholeFile // rows are counted from the start
	}
	p.parts = max(1, min(req.Partitions, count(t.Files, p.unit)))
	if req.Limit >= 0 && req.Limit <= smallLimit {
		p.parts = 1
	}
	return p, nil
}

// count returns the number of splits of files.
func count(files []file.File, unit int64) int {
	n := 0
	for _, f := range files {
		n += splits(f, unit)
	}
	return n
}

// splits returns the number of a file's splits. One that must be decoded from its start has one.
func splits(f file.File, unit int64) int {
	if f.Packed() {
		return 1
	}
	return int(max((f.Size+unit-1)/unit, 1))
}

type plan struct {
	table   *table
	extra   *file.Scan
	columns []int
	schema  exec.Schema // of the columns in the files
	limit   int64       // -1: none
	unit    int64       // bytes of a split
	parts   int
}

func (p *plan) Schema() exec.Schema             { return p.extra.Out }
func (p *plan) Note() string                    { return p.extra.Note() }
func (p *plan) Partitioning() exec.Partitioning { return exec.Partitioning{N: p.parts} }
func (p *plan) Inputs() []exec.Plan             { return nil }

func (p *plan) InputSize() exec.InputSize {
	return exec.InputSize{Bytes: p.table.bytes, Files: len(p.table.Files)}
}

// Fingerprint adds the files in their state, how they are read, and what of them.
func (p *plan) Fingerprint(d *exec.Digest) {
	t := p.table
	d.Add(t.Format, t.Files, p.unit, t.Table.Schema)
	d.Add(t.Options...)
	d.Add(p.columns, p.schema, p.limit, p.parts)
	p.extra.Fingerprint(d)
}

func (p *plan) String() string {
	var b strings.Builder
	t := p.table
	if len(t.Files) == 1 {
		fmt.Fprintf(&b, "Scan %s %s %s", filepath.Base(t.Files[0].Path), t.Format, mem.Format(t.bytes))
	} else {
		fmt.Fprintf(&b, "Scan %s %s %d files %s", t.Name, t.Format, len(t.Files), mem.Format(t.bytes))
	}
	for i, f := range p.extra.Out {
		b.WriteString([]string{" (", ", "}[min(i, 1)] + f.Name)
	}
	if len(p.extra.Out) > 0 {
		b.WriteByte(')')
	}
	if p.limit >= 0 {
		fmt.Fprintf(&b, " limit=%d", p.limit)
	}
	return b.String()
}

// Open starts a partition.
func (p *plan) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	shared, err := env.Shared(ctx, p, func(context.Context) (any, error) { return newQueue(p.table, p.unit), nil })
	if err != nil {
		return nil, err
	}
	q := shared.(*queue)
	take, err := env.Splits(ctx, p, part, q.count())
	if err != nil {
		return nil, err
	}
	s := &stream{plan: p, queue: q, take: take, left: p.limit, op: env.Profile.Of(p), extra: p.extra.Gatherer()}
	s.stats = s.op.Part(part)
	s.request = Request{Env: env, Columns: p.columns, Schema: p.schema, Rows: max(env.BatchRows, 1), Bytes: s.stats.Read}
	if p.limit >= 0 {
		s.request.Rows = int(min(int64(s.request.Rows), max(p.limit, 1)))
	}
	return s, nil
}

// Match returns where the columns of a table are among those of one of its files, by name: files may have them in
// another order, and more of them.
func Match(f file.File, table, have exec.Schema) ([]int, error) {
	byName := make(map[string][]int, len(have))
	for i := range have {
		byName[have[i].Name] = append(byName[have[i].Name], i)
	}
	out := make([]int, len(table))
	for i, want := range table {
		same := byName[want.Name]
		if len(same) == 0 {
			return nil, sqlstate.New(sqlstate.DatatypeMismatch, "file \"%s\" has no column \"%s\", which other files of the table have", f.Path, want.Name)
		}
		byName[want.Name] = same[1:]
		if t := have[same[0]].Type; !sameValues(t, want.Type) {
			return nil, sqlstate.New(sqlstate.DatatypeMismatch, "column \"%s\" is of type %v in file \"%s\" and of type %v in other files of the table",
				want.Name, t, f.Path, want.Type).WithHint("Read the files as separate tables and combine them with casts and UNION ALL.")
		}
		out[i] = same[0]
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

// Corrupt says that a file is not what its format wants. format is the format's name.
func Corrupt(format string, f file.File, what string, args ...any) *sqlstate.Error {
	e := sqlstate.New(sqlstate.DataCorrupted, what, args...)
	e.Message = format + " file \"" + f.Path + "\" is damaged: " + e.Message
	return e
}
