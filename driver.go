package gsql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strconv"
	"time"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

func init() { sql.Register("gsql", Driver{}) }

// Driver is the database/sql driver, registered as "gsql". A data source name is the folder of the tables,
// with settings behind a question mark: "data?memory_limit=1000000000&partitions=4". The empty name has no
// folder. Each connection is a session of its own.
type Driver struct{}

// Open opens a connection; database/sql calls OpenConnector instead.
func (d Driver) Open(name string) (driver.Conn, error) {
	c, err := d.OpenConnector(name)
	if err != nil {
		return nil, err
	}
	return c.Connect(context.Background())
}

// OpenConnector opens the DB that all connections of a pool share.
func (d Driver) OpenConnector(name string) (driver.Connector, error) {
	cfg, err := parseDSN(name)
	if err != nil {
		return nil, err
	}
	db, err := Open(cfg)
	if err != nil {
		return nil, err
	}
	return Connector{db}, nil
}

func parseDSN(name string) (Config, error) {
	u, err := url.Parse(name)
	if err != nil {
		return Config{}, fmt.Errorf("gsql: data source name: %w", err)
	}
	settings, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Config{}, fmt.Errorf("gsql: data source name: %w", err)
	}
	cfg := Config{Dir: u.Path}
	for key, values := range settings {
		v := values[len(values)-1]
		n, nerr := strconv.ParseInt(v, 10, 64)
		switch key {
		case "memory_limit":
			cfg.MemoryLimit, err = n, nerr
		case "partitions":
			cfg.Partitions, err = int(n), nerr
		case "batch_rows":
			cfg.BatchRows, err = int(n), nerr
		case "timezone":
			cfg.TimeZone = v
		default:
			err = errors.New("no such setting")
		}
		if err != nil {
			return cfg, fmt.Errorf("gsql: data source name: %s=%s: %w", key, v, err)
		}
	}
	return cfg, nil
}

// Connector makes a DB that is open already usable through database/sql: sql.OpenDB(gsql.Connector{db}).
type Connector struct{ DB *DB }

// Connect opens a session.
func (c Connector) Connect(context.Context) (driver.Conn, error) { return &conn{c.DB.Session()}, nil }

// Driver returns Driver{}.
func (c Connector) Driver() driver.Driver { return Driver{} }

// Close closes the DB; sql.DB.Close calls it.
func (c Connector) Close() error { return c.DB.Close() }

type conn struct{ s *Session }

func (c *conn) Close() error { return c.s.Close() }

// Begin starts a transaction.
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// BeginTx starts a transaction of one of PostgreSQL's isolation levels, or of the level of snapshots, which is REPEATABLE READ.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	begin := "BEGIN"
	switch level := sql.IsolationLevel(opts.Isolation); level {
	case sql.LevelDefault:
	case sql.LevelReadUncommitted, sql.LevelReadCommitted, sql.LevelRepeatableRead, sql.LevelSerializable:
		begin += " ISOLATION LEVEL " + level.String()
	case sql.LevelSnapshot:
		begin += " ISOLATION LEVEL REPEATABLE READ"
	default:
		return nil, sqlstate.Unsupported("Use sql.LevelSerializable.", "isolation level %s is not supported", level)
	}
	if opts.ReadOnly {
		begin += " READ ONLY"
	}
	if err := c.exec(ctx, begin); err != nil {
		return nil, err
	}
	return tx{c}, nil
}

type tx struct{ c *conn }

func (t tx) Commit() error   { return t.c.exec(context.Background(), "COMMIT") }
func (t tx) Rollback() error { return t.c.exec(context.Background(), "ROLLBACK") }

func (c *conn) exec(ctx context.Context, query string) error {
	_, err := c.ExecContext(ctx, query, nil)
	return err
}

// ResetSession rolls back what a user of the pool has left open.
func (c *conn) ResetSession(ctx context.Context) error {
	if c.s.Status() == Idle {
		return nil
	}
	return c.exec(ctx, "ROLLBACK")
}

// CheckNamedValue lets arrays through beside what database/sql knows.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	x, err := driver.DefaultParameterConverter.ConvertValue(v.Value)
	if err == nil {
		v.Value = x
		return nil
	}
	_, err = parameter(v.Value)
	return err
}

func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	p, err := c.s.Prepare(ctx, query, nil)
	if err != nil {
		return nil, err
	}
	return &stmt{c, query, len(p.Params())}, nil
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	values, err := positional(args)
	if err != nil {
		return nil, err
	}
	rows, err := c.s.Query(ctx, query, values...)
	if err != nil {
		return nil, err
	}
	return &driverRows{rows}, nil
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	rows, err := c.QueryContext(ctx, query, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	r := rows.(*driverRows).rows
	for {
		if _, err := r.NextBatch(); err == io.EOF {
			return driver.RowsAffected(r.RowsAffected()), nil
		} else if err != nil {
			return nil, err
		}
	}
}

func positional(args []driver.NamedValue) ([]any, error) {
	values := make([]any, len(args))
	for i, a := range args {
		if a.Name != "" {
			return nil, errors.New("gsql: named arguments are not supported; use $1, $2")
		}
		values[i] = a.Value
	}
	return values, nil
}

type stmt struct {
	c      *conn
	query  string
	params int
}

func (s *stmt) Close() error  { return nil }
func (s *stmt) NumInput() int { return s.params }

func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.c.ExecContext(context.Background(), s.query, named(args))
}

func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.c.QueryContext(context.Background(), s.query, named(args))
}

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.c.ExecContext(ctx, s.query, args)
}

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.c.QueryContext(ctx, s.query, args)
}

func named(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, a := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return out
}

type driverRows struct{ rows *Rows }

func (r *driverRows) Columns() []string {
	var names []string
	for _, c := range r.rows.Columns() {
		names = append(names, c.Name)
	}
	return names
}

// ColumnTypeDatabaseTypeName returns PostgreSQL's name of the type.
func (r *driverRows) ColumnTypeDatabaseTypeName(i int) string {
	return r.rows.Columns()[i].Type.String()
}

// ColumnTypePrecisionScale returns digits and decimals of a numeric column that has them fixed.
func (r *driverRows) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	t := r.rows.Columns()[i].Type
	return int64(t.Prec), int64(t.Scale), t.ID == types.Numeric && t.Prec > 0
}

// ColumnTypeScanType returns the Go type that values have when they are scanned into an any.
func (r *driverRows) ColumnTypeScanType(i int) reflect.Type {
	switch t := r.rows.Columns()[i].Type; {
	case t.ID == types.Bool:
		return reflect.TypeFor[bool]()
	case t.IsInteger(), t.ID == types.OID:
		return reflect.TypeFor[int64]()
	case t.IsFloat():
		return reflect.TypeFor[float64]()
	case t.ID == types.Bytea:
		return reflect.TypeFor[[]byte]()
	case t.ID == types.Date, t.ID == types.Timestamp, t.ID == types.TimestampTZ:
		return reflect.TypeFor[time.Time]()
	}
	return reflect.TypeFor[string]()
}

func (r *driverRows) Close() error { return r.rows.Close() }

func (r *driverRows) Next(dest []driver.Value) error {
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	for i, v := range r.rows.Values() {
		dest[i] = v
	}
	return nil
}
