package gsql

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"gsql/exec"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage/copytext"
	"gsql/storage/memory"
)

// CopiesIn reports whether the statement is COPY ... FROM STDIN, which CopyFrom runs.
func (p *Prepared) CopiesIn() bool {
	stmt, ok := p.stmt.(*syntax.CopyFromStmt)
	return ok && stmt.From == "" && !stmt.Program
}

// CopyColumns returns how many columns the records of COPY ... FROM STDIN have.
func (p *Prepared) CopyColumns() int {
	if p.copy == nil {
		return 0
	}
	return len(p.copy.columns)
}

// CopyFrom runs COPY ... FROM STDIN with in as standard input. It reads to the end, or to the first error, which undoes
// the statement.
func (p *Prepared) CopyFrom(ctx context.Context, in io.Reader) (rows *Rows, err error) {
	defer recoverQuery(&err)
	if err := p.s.mayRun(p.stmt); err != nil {
		return nil, err
	}
	return p.copyFrom(ctx, in, "")
}

// CopyFormat returns the format of the records of COPY ... FROM STDIN. CopyFrom reads "text" and "csv", CopyRows "binary".
func (p *Prepared) CopyFormat() string { return p.copy.opts.Format }

// CopyTypes returns the types of the columns of COPY ... FROM STDIN.
func (p *Prepared) CopyTypes() []types.Type {
	out := make([]types.Type, len(p.copy.columns))
	for i, f := range p.copy.source.fields {
		out[i] = f.Type
	}
	return out
}

// CopyTarget returns the names of the table of COPY ... FROM STDIN and of the columns, for messages.
func (p *Prepared) CopyTarget() (table string, columns []string) {
	return p.write.table.Name, p.copy.columns
}

// CopyRows runs COPY ... FROM STDIN with rows that next appends to the columns, most of them at a time. It returns how many
// it has appended, and io.EOF when there are no more, maybe with the last, or copytext.ErrWait when no more have come yet.
func (p *Prepared) CopyRows(ctx context.Context, next func(columns []*vec.Builder, most int) (n int, err error)) (rows *Rows, err error) {
	defer recoverQuery(&err)
	if err := p.s.mayRun(p.stmt); err != nil {
		return nil, err
	}
	return p.copyInto(ctx, copyRun{next: next})
}

// copied is what COPY ... FROM is bound to.
type copied struct {
	opts    *copytext.Options
	columns []string // of the records
	source  *copySource
}

// bindCopy binds COPY ... FROM as an INSERT of the rows of a table that reads them.
func (p *Prepared) bindCopy(ctx context.Context, stmt *syntax.CopyFromStmt) (err error) {
	if stmt.Program {
		return sqlstate.Unsupported("Send the command's output to COPY ... FROM STDIN.", "COPY FROM PROGRAM is not supported")
	}
	p.copy = &copied{}
	if p.copy.opts, err = copytext.ReadOptions(stmt.Options); err != nil {
		return err
	}
	w := &written{}
	p.write = w
	if w.key, w.table, err = p.s.target(p.state, "copy to", "COPY FROM", stmt.Table.QualifiedName); err != nil {
		return err
	}
	pos := stmt.Table.Pos
	insert := &syntax.InsertStmt{Table: stmt.Table, Columns: stmt.Columns, Query: syntax.StarOf(&syntax.Table{QualifiedName: stmt.Table.QualifiedName, Target: true})}
	env := p.env(ctx, nil, true)
	switch p.copy.opts.Format {
	case "text", "csv", "binary":
		if p.copy.opts.Format == "binary" && stmt.From != "" {
			return sqlstate.Unsupported("Use FORMAT csv, text or parquet, or COPY ... FROM STDIN.", "COPY FROM a file in binary format is not supported")
		}
		if p.copy.source, err = newCopySource(w.table, stmt.Columns); err != nil {
			return err
		}
		for _, f := range p.copy.source.fields {
			p.copy.columns = append(p.copy.columns, f.Name)
		}
		env.Target = p.copy.source
	default:
		if stmt.From == "" {
			return sqlstate.Unsupported("Name a file.", "COPY FROM STDIN in format %s is not supported", p.copy.opts.Format).At(pos)
		}
		insert.Query = syntax.StarOf(&syntax.File{Pos: pos, Path: stmt.From})
	}
	p.bound, err = sql.BindInsert(ctx, insert, writeTable(w.table), env)
	return err
}

// copyFile runs COPY ... FROM a file.
func (p *Prepared) copyFile(ctx context.Context, stmt *syntax.CopyFromStmt) (*Rows, error) {
	if stmt.From == "" {
		return nil, sqlstate.Unsupported("Run it with CopyFrom, from psql, or with gsql -c ... < file.", "there is no standard input for COPY FROM STDIN here")
	}
	if p.copy.source == nil {
		return p.copyFrom(ctx, nil, stmt.From)
	}
	f, err := p.s.db.catalog.OpenFile(stmt.From)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return p.copyFrom(ctx, f, stmt.From)
}

func (p *Prepared) copyFrom(ctx context.Context, in io.Reader, file string) (*Rows, error) {
	if p.copy.source == nil {
		return p.copyInto(ctx, copyRun{})
	}
	if p.copy.opts.Format == "binary" {
		return nil, sqlstate.Unsupported("Use FORMAT csv or text.", "COPY FROM in binary format is not supported here")
	}
	reader, err := copytext.NewReader(in, p.copy.columns, p.copy.opts)
	if err != nil {
		return nil, err
	}
	return p.copyInto(ctx, copyRun{reader: reader, file: file})
}

// copyInto adds the rows of a source to the table.
func (p *Prepared) copyInto(ctx context.Context, run copyRun) (*Rows, error) {
	if err := p.s.mayWrite("COPY FROM", p.write.key.temporary()); err != nil {
		return nil, err
	}
	p, err := p.current(ctx)
	if err != nil {
		return nil, err
	}
	held := p.s.db.pool.Reserve(tableMemory(p.write.table.Name))
	defer held.Release()
	if p.copy.source != nil {
		*p.copy.source.run = run
	}
	c, _, n, err := p.insert(ctx, nil, held)
	if err == nil && n > 0 {
		err = p.s.change(c)
	}
	if err != nil {
		return nil, err
	}
	return &Rows{tag: fmt.Sprintf("COPY %d", n), ctx: ctx}, nil
}

// copySource is the table of the records that COPY reads. It can be read once.
type copySource struct {
	table  string
	fields exec.Schema
	run    *copyRun
}

// copyRun is what one execution reads.
type copyRun struct {
	reader *copytext.Reader
	file   string                                              // "" for standard input
	next   func(columns []*vec.Builder, most int) (int, error) // instead of reader
}

// newCopySource returns the source of the columns of a table that are named, or of all.
func newCopySource(t *memory.Table, columns []syntax.Ident) (*copySource, error) {
	s := &copySource{table: t.Name, run: &copyRun{}}
	if columns == nil {
		s.fields = t.Schema()
		return s, nil
	}
	for _, c := range columns {
		found := false
		for _, f := range t.Schema() {
			if f.Name == c.Name {
				s.fields = append(s.fields, f)
				found = true
			}
		}
		if !found {
			return nil, sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", c.Name, t.Name)
		}
	}
	return s, nil
}

func (s *copySource) Schema() exec.Schema { return s.fields }
func (s *copySource) Stats() exec.Stats   { return exec.Stats{} }

func (s *copySource) Scan(_ context.Context, req exec.ScanRequest) (exec.Plan, error) {
	return &copyScan{source: s, columns: req.Columns, out: req.Output(s.fields)}, nil
}

type copyScan struct {
	source  *copySource
	columns []int
	out     exec.Schema
}

func (p *copyScan) Schema() exec.Schema             { return p.out }
func (p *copyScan) Partitioning() exec.Partitioning { return exec.Partitioning{N: 1} }
func (p *copyScan) Inputs() []exec.Plan             { return nil }
func (p *copyScan) String() string                  { return "Copy to " + p.source.table }

func (p *copyScan) Open(_ context.Context, env *exec.Env, _ int) (exec.Stream, error) {
	s := &copyStream{copyScan: p, rows: max(env.BatchRows, 1), style: &text.Style{}, fn: env.Fn}
	if env.Fn != nil {
		s.style = &text.Style{Location: env.Fn.Location, Now: env.Fn.Now, Formats: env.Fn.Formats}
	}
	for _, f := range p.source.fields {
		s.builders = append(s.builders, vec.NewBuilder(f.Type))
	}
	return s, nil
}

// copyStream makes batches of records.
type copyStream struct {
	*copyScan
	rows     int
	style    *text.Style
	fn       *fn.Ctx
	builders []*vec.Builder
	done     bool
}

func (s *copyStream) Next(ctx context.Context) (*vec.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	n := 0
	if next := s.source.run.next; next != nil && !s.done {
		err := copytext.ErrWait
		for n == 0 && err == copytext.ErrWait {
			n, err = next(s.builders, s.rows)
		}
		if s.done = err == io.EOF; err != nil && err != io.EOF && err != copytext.ErrWait {
			return nil, err
		}
	}
	for n < s.rows && !s.done && s.source.run.next == nil {
		fields, err := s.source.run.reader.Next()
		if err == copytext.ErrWait {
			if n > 0 {
				break // what has come is looked at while more is waited for
			}
			continue
		}
		if err == io.EOF {
			s.done = true
			break
		}
		if err != nil {
			return nil, s.placed(err, "", nil)
		}
		n++
		for i, f := range fields {
			if err := s.value(i, f); err != nil {
				return nil, s.placed(err, s.source.fields[i].Name, f.Text)
			}
		}
	}
	if n == 0 {
		return nil, io.EOF
	}
	b := &vec.Batch{Rows: n, Cols: make([]*vec.Vector, len(s.columns))}
	all := make([]*vec.Vector, len(s.builders))
	for i := range s.builders {
		all[i] = s.builders[i].Finish()
		if t := all[i].Type; s.source.run.next != nil && cmp.Or(t.Elem, t.ID).HasPlaces() && t.Prec > 0 { // which next leaves out
			var err error
			plain := t
			plain.Prec = 0
			if all[i], err = memory.Fit(all[i].WithType(plain), t); err != nil {
				return nil, err
			}
		}
		if err := fn.CheckDomains(s.fn, s.source.fields[i].Type, all[i]); err != nil {
			return nil, err
		}
	}
	for i, c := range s.columns {
		b.Cols[i] = all[c]
	}
	return b, nil
}

// value appends a field to its column.
func (s *copyStream) value(i int, f copytext.Field) error {
	b := s.builders[i]
	switch t := s.source.fields[i].Type; {
	case f.Null:
		b.AppendNull()
	case t.ID == types.Text:
		b.AppendBytes(f.Text)
	default:
		return text.Parse(b, t, f.Text, s.style)
	}
	return nil
}

// placed says where in the input an error is. Errors of reading are left as they are.
func (s *copyStream) placed(err error, column string, value []byte) error {
	var e *sqlstate.Error
	if !errors.As(err, &e) || e.Code == sqlstate.QueryCanceled {
		return err
	}
	placed := *e
	r := s.source.run.reader
	placed.Where = r.Place(s.source.table, column, value)
	if file := s.source.run.file; file != "" && placed.Detail == "" {
		placed.Detail = fmt.Sprintf("File \"%s\", line %d", file, r.Line())
		if column != "" {
			placed.Detail += fmt.Sprintf(", column %s: \"%s\"", column, value)
		}
	}
	return &placed
}

func (s *copyStream) Close() error {
	s.done = true
	return nil
}
