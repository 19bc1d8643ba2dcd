package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2"

	"gsql"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// engines are DuckDB and gsql, gsql with different numbers of partitions.
type engines struct {
	duck *sql.DB
	gsql []*gsql.DB
}

func open() (*engines, error) {
	duck, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, err
	}
	duck.SetMaxOpenConns(1)
	e := &engines{duck: duck}
	for _, c := range []gsql.Config{{Partitions: 1}, {Partitions: 2}, {Partitions: 5, BatchRows: 1000}} {
		db, err := gsql.Open(c)
		if err != nil {
			return nil, err
		}
		e.gsql = append(e.gsql, db)
	}
	// By statistics DuckDB finds that floats are never greater than the greatest one in a Parquet file's footer, where NaN is not counted.
	return e, e.exec(context.Background(), "SET TimeZone = 'UTC'", "SET disabled_optimizers = 'statistics_propagation'")
}

func (e *engines) close() {
	e.duck.Close()
	for _, db := range e.gsql {
		db.Close()
	}
}

func (e *engines) exec(ctx context.Context, stmts ...string) error {
	for _, s := range stmts {
		if _, err := e.duck.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%w\n%s", err, s)
		}
	}
	return nil
}

// field is a column of a result, with the type's name in the engine.
type field struct{ name, typ string }

// describe returns the columns of a query in DuckDB.
func (e *engines) describe(ctx context.Context, query string) ([]field, error) {
	rows, err := e.duck.QueryContext(ctx, "SELECT column_name, column_type FROM (DESCRIBE "+query+")")
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, query)
	}
	defer rows.Close()
	var out []field
	for rows.Next() {
		var f field
		if err := rows.Scan(&f.name, &f.typ); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, rows.Err()
}

// strings returns the one column of a query in DuckDB, without its NULLs.
func (e *engines) strings(ctx context.Context, query string) ([]string, error) {
	rows, err := e.duck.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, query)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s sql.NullString
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		if s.Valid {
			out = append(out, s.String)
		}
	}
	return out, rows.Err()
}

// ours calls f with the bytes of each row of a query in gsql, and returns the result's columns.
func (e *engines) ours(ctx context.Context, db *gsql.DB, query string, f func(row []byte)) ([]gsql.Column, error) {
	rows, err := db.Query(ctx, query)
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close()
	var row []byte
	for {
		b, err := rows.NextBatch()
		if err == io.EOF {
			return rows.Columns(), nil
		}
		if err != nil {
			return rows.Columns(), explain(err)
		}
		b = b.Compact()
		for i, v := range b.Cols {
			if t := v.Type.ID; t == types.Array || t == types.Record {
				b.Cols[i] = vec.Flatten(v)
			}
		}
		for i := range b.Rows {
			row = row[:0]
			for _, v := range b.Cols {
				row = appendVector(row, v, i)
			}
			f(row)
		}
	}
}

// explain adds the details of an error.
func explain(err error) error {
	var s *sqlstate.Error
	if errors.As(err, &s) {
		return fmt.Errorf("%s %w (%s)", sqlstate.Of(err), err, s.Detail)
	}
	return err
}

// theirs calls f with the bytes of each row of a query in DuckDB, whose columns are ones of some types in gsql. Values
// that the driver does not hand over as they are, it casts.
func (e *engines) theirs(ctx context.Context, query string, cols []gsql.Column, f func(row []byte)) error {
	fields, err := e.describe(ctx, query)
	if err != nil {
		return err
	}
	if len(fields) != len(cols) {
		return fmt.Errorf("%d columns, gsql has %d", len(fields), len(cols))
	}
	list := make([]string, len(fields))
	for i, c := range fields {
		list[i] = quoteName(c.name)
		if t := plainType(c.typ); t != c.typ {
			list[i] = "CAST(" + list[i] + " AS " + t + ")"
		}
	}
	rows, err := e.duck.QueryContext(ctx, "SELECT "+strings.Join(list, ", ")+" FROM ("+query+")")
	if err != nil {
		return err
	}
	defer rows.Close()
	values, dest := make([]any, len(cols)), make([]any, len(cols))
	ts := make([]types.Type, len(cols))
	for i := range values {
		dest[i], ts[i] = &values[i], cols[i].Type
	}
	var row []byte
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		row = row[:0]
		for i, v := range values {
			if row, err = appendValue(row, v, ts[i]); err != nil {
				return fmt.Errorf("column %q: %w", fields[i].name, err)
			}
		}
		f(row)
	}
	return rows.Err()
}

// plainType replaces types that the driver decodes or does not know.
func plainType(t string) string {
	t = replaceWord(replaceWord(t, "JSON", "VARCHAR"), "BIT", "VARCHAR")
	return replaceWord(t, "TIME_NS", "TIME")
}

// replaceWord replaces a name of a type where it is not a part of another word or a quoted name.
func replaceWord(s, word, by string) string {
	isLetter := func(i int) bool {
		return i >= 0 && i < len(s) && (s[i] >= 'A' && s[i] <= 'Z' || s[i] >= 'a' && s[i] <= 'z' || s[i] == '_' || s[i] == '"' || s[i] >= '0' && s[i] <= '9')
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if strings.HasPrefix(s[i:], word) && !isLetter(i-1) && !isLetter(i+len(word)) {
			b.WriteString(by)
			i += len(word) - 1
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
