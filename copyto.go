package gsql

import (
	"context"
	"errors"

	"gsql/exec/sqlstate"
	"gsql/exec/vec"
	"gsql/sql/syntax"
	"gsql/storage/copytext"
)

// CopyOut returns the options of COPY ... TO STDOUT, whose rows Query returns for the caller to write; nil for other
// statements.
func (p *Prepared) CopyOut() *copytext.Options { return p.out }

// bindCopyTo binds COPY ... TO.
func (p *Prepared) bindCopyTo(ctx context.Context, stmt *syntax.CopyStmt) (err error) {
	if stmt.Program {
		return sqlstate.Unsupported("Use COPY ... TO STDOUT, or psql's \\copy, which write where the client is.", "COPY to a command of the server is not supported")
	}
	if stmt.To != "" {
		return p.bindCopyFile(ctx, stmt)
	}
	if stmt.Table == nil { // as PostgreSQL, which looks for a table first but for a query last
		if p.out, err = copytext.ReadOptionsTo(stmt.Options); err != nil {
			return err
		}
	}
	if err := p.bind(ctx, stmt.Query, nil, true); err != nil {
		return inTable(stmt.Table, err)
	}
	if p.out, err = copytext.ReadOptionsTo(stmt.Options); err != nil {
		return err
	}
	_, err = copytext.NewWriter(columnNames(p.boundColumns(p.bound)), p.out, nil)
	return inTable(stmt.Table, err)
}

// inTable gives an error about a name its form for COPY of a table; t is nil for a query.
func inTable(t *syntax.Table, err error) error {
	var e *sqlstate.Error
	if t == nil || !errors.As(err, &e) || e.Code != sqlstate.UndefinedColumn && e.Code != sqlstate.UndefinedTable {
		return err
	}
	in := *e
	in.Position = 0
	if name, ok := quotedName(in.Message); ok && e.Code == sqlstate.UndefinedColumn {
		in.Message = "column \"" + name + "\" of relation \"" + t.Name + "\" does not exist"
		in.Hint = ""
	}
	return &in
}

// quotedName returns what stands in the quotes of a message about a column.
func quotedName(message string) (string, bool) {
	const before, after = `column "`, `" does not exist`
	if len(message) < len(before)+len(after) || message[:len(before)] != before || message[len(message)-len(after):] != after {
		return "", false
	}
	return message[len(before) : len(message)-len(after)], true
}

func columnNames(cols []Column) []string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.Name
	}
	return names
}

// copyTo starts the query of COPY ... TO.
func (p *Prepared) copyTo(ctx context.Context, values []*vec.Vector) (*Rows, error) {
	q := *p
	q.cols = p.boundColumns(p.bound)
	rows, err := q.run(ctx, values)
	if err == nil {
		rows.tag, rows.counted = "COPY", true
	}
	return rows, err
}
