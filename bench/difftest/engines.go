package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"gsql"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
)

// null stands for NULL in rows; no text value of the test data looks like it.
const null = "∅"

// answer is what an engine says to a query.
type answer struct {
	names, types []string
	rows         [][]string
	code, msg    string // of an error
}

// postgres is a connection to the oracle.
type postgres struct {
	conn  *pgconn.PgConn
	types map[uint32]string
}

func connect(ctx context.Context, dsn string) (*postgres, error) {
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	p := &postgres{conn: conn, types: map[uint32]string{}}
	a := p.query(ctx, "SELECT oid, format_type(oid, NULL) FROM pg_type")
	for _, r := range a.rows {
		var oid uint32
		if _, err := fmt.Sscan(r[0], &oid); err != nil {
			return nil, err
		}
		p.types[oid] = r[1]
	}
	return p, p.exec(ctx, "SET jit = off; SET max_parallel_workers_per_gather = 0; SET statement_timeout = '4s'; SET client_min_messages = error")
}

func (p *postgres) exec(ctx context.Context, sql string) error {
	_, err := p.conn.Exec(ctx, sql).ReadAll()
	return err
}

// query runs one query by the simple protocol, whose values are text.
func (p *postgres) query(ctx context.Context, sql string) *answer {
	a := &answer{}
	results := p.conn.Exec(ctx, sql)
	for results.NextResult() {
		r := results.ResultReader()
		a.rows = nil
		a.names, a.types = nil, nil
		for _, f := range r.FieldDescriptions() {
			a.names = append(a.names, f.Name)
			a.types = append(a.types, p.typeName(f.DataTypeOID, f.TypeModifier))
		}
		for r.NextRow() {
			row := make([]string, len(a.names))
			for i, v := range r.Values() {
				row[i] = null
				if v != nil {
					row[i] = string(v)
				}
			}
			a.rows = append(a.rows, row)
		}
	}
	if err := results.Close(); err != nil {
		var e *pgconn.PgError
		if errors.As(err, &e) {
			a.code, a.msg = e.Code, e.Message
		} else {
			a.code, a.msg = "lost", err.Error()
		}
	}
	return a
}

// typeName is PostgreSQL's format_type.
func (p *postgres) typeName(oid uint32, mod int32) string {
	name := p.types[oid]
	if mod < 4 {
		return name
	}
	suffix := ""
	if n := len(name); n > 2 && name[n-2:] == "[]" {
		name, suffix = name[:n-2], "[]"
	}
	switch name {
	case "numeric":
		return fmt.Sprintf("numeric(%d,%d)%s", (mod-4)>>16, (mod-4)&0x7ff, suffix)
	case "character varying", "character":
		return fmt.Sprintf("%s(%d)%s", name, mod-4, suffix)
	}
	return name + suffix
}

// queryTimeout is what a query may take in gsql. It is several times what PostgreSQL may take, since one row per
// batch is slow.
const queryTimeout = 30 * time.Second

// querier is a database or a session.
type querier interface {
	Query(ctx context.Context, query string, args ...any) (*gsql.Rows, error)
}

func ask(ctx context.Context, db querier, sql string) *answer {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	a := &answer{}
	rows, err := db.Query(ctx, sql)
	if err != nil {
		a.fail(err)
		return a
	}
	defer rows.Close()
	for _, c := range rows.Columns() {
		a.names = append(a.names, c.Name)
		a.types = append(a.types, c.Type.String())
	}
	for {
		b, err := rows.NextBatch()
		if err == io.EOF {
			return a
		}
		if err != nil {
			a.fail(err)
			return a
		}
		for i := range b.Rows {
			row := make([]string, len(b.Cols))
			for k, v := range b.Cols {
				row[k] = null
				if !v.IsNull(i) {
					row[k] = text.String(v, i, rows.Style())
				}
			}
			a.rows = append(a.rows, row)
		}
	}
}

func (a *answer) fail(err error) {
	a.code, a.msg = string(sqlstate.Of(err)), err.Error()
	var e *sqlstate.Error
	if errors.As(err, &e) {
		a.msg = e.Message
		if e.Detail != "" {
			a.msg += " (" + e.Detail + ")"
		}
	}
}
