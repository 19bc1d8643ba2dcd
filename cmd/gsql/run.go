package main

import (
	"context"
	"io"

	"gsql"
	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
	"gsql/storage/copytext"
)

// run runs statements of one session and prints their results.
type run struct {
	session  *gsql.Session
	format   format
	in       io.Reader // for COPY ... FROM STDIN; nil: there is none
	out, err io.Writer
	// watch says that err is a terminal, and somebody there wants to see how far a statement is.
	watch    bool
	progress *progress    // of the statement that runs
	profile  *profilePage // nil: none is asked for
}

// text runs all statements of a text.
func (r *run) text(ctx context.Context, t script) (err error) {
	stmts, err := syntax.Parse(t.sql)
	if err != nil {
		return err
	}
	defer func() {
		if e := r.session.EndImplicit(); err == nil {
			err = e
		}
	}()
	for _, stmt := range stmts {
		if t.atomic && len(stmts) > 1 {
			r.session.StartTogether()
		}
		if err := r.statement(ctx, t.sql, stmt); err != nil {
			r.session.Fail()
			return err
		}
	}
	return nil
}

func (r *run) statement(ctx context.Context, sql string, stmt syntax.Statement) (err error) {
	ctx, cancel := r.session.WithTimeout(ctx)
	defer cancel()
	p, err := r.session.PrepareFixed(ctx, sql, stmt, nil)
	if err != nil {
		return err
	}
	if r.watch {
		r.progress = startProgress(r.session, r.err)
		defer r.progress.end()
	}
	rows, err := r.start(ctx, p)
	if err != nil {
		return err
	}
	defer rows.Close()
	out := r.out
	if isTerminal(out) {
		out = &afterProgress{out, r.progress}
	}
	if opts := p.CopyOut(); opts != nil {
		err = copyOut(out, rows, opts)
	} else {
		err = r.format.print(out, rows)
	}
	rows.Close()
	if r.profile != nil {
		start, end := stmt.Span()
		r.profile.add(sql[start:end], rows.Report(), err)
	}
	return err
}

// start runs a statement. COPY ... FROM STDIN reads standard input, if the SQL has not been read from it.
func (r *run) start(ctx context.Context, p *gsql.Prepared) (*gsql.Rows, error) {
	if p.CopiesIn() && r.in != nil {
		return p.CopyFrom(ctx, r.in)
	}
	return p.Query(ctx, nil)
}

// copyOut writes the rows of COPY ... TO STDOUT.
func copyOut(out io.Writer, rows *gsql.Rows, opts *copytext.Options) error {
	if opts.Format == "binary" {
		return sqlstate.Unsupported("Use FORMAT csv or text.", "COPY in binary format is for clients of a server only")
	}
	var names []string
	for _, c := range rows.Columns() {
		names = append(names, c.Name)
	}
	w, err := copytext.NewWriter(names, opts, rows.Style())
	if err != nil {
		return err
	}
	buf := w.AppendHeader(nil)
	for {
		b, err := rows.NextBatch()
		if err != nil && err != io.EOF {
			return err
		}
		for i := 0; err == nil && i < b.Rows; i++ {
			buf = w.AppendRow(buf, b.Cols, i)
		}
		if _, werr := out.Write(buf); werr != nil || err == io.EOF {
			return werr
		}
		buf = buf[:0]
	}
}

// afterProgress writes to the terminal on which the progress is, which makes room first.
type afterProgress struct {
	io.Writer
	progress *progress
}

func (w *afterProgress) Write(b []byte) (int, error) {
	w.progress.end()
	return w.Writer.Write(b)
}
