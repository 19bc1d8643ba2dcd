package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"gsql"
	"gsql/exec/text"
)

// engine runs queries and returns all their rows.
type engine interface {
	name() string
	query(ctx context.Context, q string) (*result, error)
	close()
}

type gsqlEngine struct{ db *gsql.DB }

func openGsql(o options) (*gsqlEngine, error) {
	db, err := gsql.Open(gsql.Config{Partitions: o.threads})
	if err != nil {
		return nil, err
	}
	db.LimitGoHeap(os.Getenv) // as the gsql command does
	return &gsqlEngine{db}, nil
}

func (e *gsqlEngine) name() string { return "gsql" }
func (e *gsqlEngine) close()       { e.db.Close() }

func (e *gsqlEngine) query(ctx context.Context, q string) (*result, error) {
	rows, err := e.db.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	r := &result{}
	var buf []byte
	for {
		b, err := rows.NextBatch()
		if err == io.EOF {
			return r, nil
		}
		if err != nil {
			return nil, err
		}
		r.count += b.Rows
		if r.count > maxRows {
			continue // counted only
		}
		for i := range b.Rows {
			row := make([]string, len(b.Cols))
			for c, v := range b.Cols {
				if v.IsNull(i) {
					row[c] = "NULL"
					continue
				}
				buf = text.Append(buf[:0], v, i, nil)
				row[c] = string(buf)
			}
			r.rows = append(r.rows, row)
		}
	}
}

type duckEngine struct{ db *sql.DB }

func openDuck(o options) (*duckEngine, error) {
	db, err := sql.Open("duckdb", "?threads="+strconv.Itoa(o.threads))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &duckEngine{db}, nil
}

func (e *duckEngine) name() string { return "duckdb" }
func (e *duckEngine) close()       { e.db.Close() }

func (e *duckEngine) query(ctx context.Context, q string) (*result, error) {
	rows, err := e.db.QueryContext(ctx, q)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	r := &result{}
	values, dest := make([]any, len(cols)), make([]any, len(cols))
	for i := range values {
		dest[i] = &values[i]
	}
	for rows.Next() {
		r.count++
		if r.count > maxRows {
			continue
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		row := make([]string, len(cols))
		for i, v := range values {
			row[i] = format(v)
		}
		r.rows = append(r.rows, row)
	}
	return r, rows.Err()
}

func format(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return v
	case []byte:
		return string(v)
	case float64:
		return string(text.AppendFloat64(nil, v))
	case time.Time:
		if v.Equal(v.Truncate(24 * time.Hour)) {
			return v.Format("2006-01-02")
		}
		return v.Format("2006-01-02 15:04:05.999999")
	case duckdb.Decimal:
		f := new(big.Float).SetInt(v.Value)
		for range v.Scale {
			f.Quo(f, big.NewFloat(10))
		}
		return f.Text('f', int(v.Scale))
	}
	return fmt.Sprint(v)
}

// maxRows is how many rows of a result are kept and compared; larger ones are compared by their number.
const maxRows = 300_000

type result struct {
	rows  [][]string
	count int
}

// diff says how r differs from other, "" if it does not. Numbers may differ in the last digits.
func (r *result) diff(other *result, ordered bool) string {
	if r.count != other.count {
		return fmt.Sprintf("%d rows, not %d", r.count, other.count)
	}
	if r.count > maxRows {
		return ""
	}
	a, b := r.rows, other.rows
	if !ordered {
		a, b = sorted(a), sorted(b)
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return fmt.Sprintf("%d columns, not %d", len(a[i]), len(b[i]))
		}
		for c := range a[i] {
			if !same(a[i][c], b[i][c]) {
				return fmt.Sprintf("row %d column %d: %s, not %s", i+1, c+1, a[i][c], b[i][c])
			}
		}
	}
	return ""
}

// sorted orders rows by their values, numbers rounded so that small differences do not change the order.
func sorted(rows [][]string) [][]string {
	keys := make([]string, len(rows))
	idx := make([]int, len(rows))
	for i, row := range rows {
		var b strings.Builder
		for _, s := range row {
			if f, err := strconv.ParseFloat(s, 64); err == nil {
				s = strconv.FormatFloat(f, 'e', 6, 64)
			}
			b.WriteString(s)
			b.WriteByte(0)
		}
		keys[i], idx[i] = b.String(), i
	}
	sort.Slice(idx, func(i, j int) bool { return keys[idx[i]] < keys[idx[j]] })
	out := make([][]string, len(rows))
	for i, k := range idx {
		out[i] = rows[k]
	}
	return out
}

func same(a, b string) bool {
	if a == b {
		return true
	}
	x, err := strconv.ParseFloat(a, 64)
	if err != nil {
		return false
	}
	y, err := strconv.ParseFloat(b, 64)
	if err != nil {
		return false
	}
	return math.Abs(x-y) <= 1e-6*math.Max(1e-6, math.Max(math.Abs(x), math.Abs(y)))
}
