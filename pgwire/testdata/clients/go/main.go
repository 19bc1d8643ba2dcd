// Command clients uses a server by database/sql with lib/pq and with pgx, and prints what it reads. The server's address
// stands in PGHOST and the like.
package main

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/lib/pq"
)

func main() {
	for _, driver := range []string{"postgres", "pgx"} {
		db, err := sql.Open(driver, "sslmode=disable")
		if err != nil {
			log.Fatal(err)
		}
		c := &client{db, driver}
		fmt.Println("==", driver)
		c.types()
		c.parameters()
		c.errors()
		c.transactions()
		if driver == "postgres" {
			c.arrays()
			c.copies()
		}
		db.Close()
	}
}

type client struct {
	db     *sql.DB
	driver string
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// show prints the rows of a query with their types.
func (c *client) show(query string, args ...any) {
	rows, err := c.db.Query(query, args...)
	check(err)
	defer rows.Close()
	fmt.Println("--", query, len(args))
	columns, err := rows.ColumnTypes()
	check(err)
	for _, t := range columns {
		length, hasLength := t.Length()
		precision, scale, hasPrecision := t.DecimalSize()
		if c.driver == "pgx" {
			scan := "-"
			if t.ScanType() != nil {
				scan = t.ScanType().String()
			}
			fmt.Print(t.Name(), " ", t.DatabaseTypeName(), " ", scan, " ", length, hasLength, " ", precision, " ", scale, hasPrecision, "; ")
		} else {
			fmt.Print(t.Name(), " ", t.DatabaseTypeName(), " ", t.ScanType(), " ", length, hasLength, " ", precision, " ", scale, hasPrecision, "; ")
		}
	}
	fmt.Println()
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		check(rows.Scan(values...))
		for _, v := range values {
			switch v := (*v.(*any)).(type) {
			case []byte:
				fmt.Print("bytes ", hex.EncodeToString(v), " ", string(v))
			case time.Time:
				fmt.Print(v.UTC().Format(time.RFC3339Nano))
			default:
				fmt.Printf("%T %v", v, v)
			}
			fmt.Print(" | ")
		}
		fmt.Println()
	}
	check(rows.Err())
}

func (c *client) types() {
	c.show("SELECT * FROM cities ORDER BY population")
	c.show("SELECT * FROM every_type ORDER BY id")
}

func (c *client) parameters() {
	c.show("SELECT city FROM cities WHERE population > $1 AND city <> $2 AND founded < $3 ORDER BY 1 LIMIT $4", 1000000, "Köln", time.Date(1300, 1, 1, 0, 0, 0, 0, time.UTC), 2)
	for _, v := range []any{true, int64(-5), 1.5, "ü\n'\\", []byte{0, 255}, time.Date(2024, 2, 29, 1, 2, 3, 456000000, time.UTC), nil} {
		kind := map[string]string{"bool": "bool", "int64": "bigint", "float64": "float8", "string": "text", "[]uint8": "bytea", "time.Time": "timestamptz", "<nil>": "int"}[fmt.Sprintf("%T", v)]
		c.show("SELECT $1::"+kind, v)
	}
	statement, err := c.db.Prepare("SELECT sum(g), $2::text FROM generate_series(1, $1::int) g")
	check(err)
	defer statement.Close()
	for i := range 7 {
		var sum int64
		var text string
		check(statement.QueryRow(i*10, fmt.Sprint("n", i)).Scan((*nullable)(&sum), &text))
		fmt.Print(sum, " ", text, "; ")
	}
	fmt.Println()
}

// nullable is a number that is 0 for NULL.
type nullable int64

func (n *nullable) Scan(v any) error {
	var x sql.NullInt64
	err := x.Scan(v)
	*n = nullable(x.Int64)
	return err
}

func (c *client) errors() {
	for _, query := range []string{"SELECT nothing FROM cities", "SELECT 1/0", "SELECT 'x'::int", "SELEC", "SELECT * FROM nowhere"} {
		rows, err := c.db.Query(query)
		if err == nil {
			for rows.Next() {
			}
			err = rows.Err()
			rows.Close()
		}
		var ours *pq.Error
		var theirs *pgconn.PgError
		switch {
		case errors.As(err, &ours):
			fmt.Println("-- error:", query, ours.Code, ours.Code.Name(), ours.Message, ours.Position)
		case errors.As(err, &theirs):
			fmt.Println("-- error:", query, theirs.Code, theirs.Message, theirs.Position)
		default:
			log.Fatal(query, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err := c.db.ExecContext(ctx, "SELECT pg_sleep(10)")
	fmt.Println("-- cancelled:", err != nil)
}

func (c *client) transactions() {
	tx, err := c.db.BeginTx(context.Background(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	check(err)
	var isolation, readOnly string
	check(tx.QueryRow("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')").Scan(&isolation, &readOnly))
	_, err = tx.Exec("CREATE TABLE never (a int)")
	fmt.Println("-- in it:", isolation, readOnly, err)
	check(tx.Rollback())
	tx, err = c.db.Begin()
	check(err)
	_, err = tx.Exec("CREATE TEMP TABLE made (a int, b text)")
	check(err)
	statement, err := tx.Prepare("INSERT INTO made VALUES ($1, $2)")
	check(err)
	for i := range 5 {
		result, err := statement.Exec(i, fmt.Sprint("row ", i))
		check(err)
		n, err := result.RowsAffected()
		fmt.Print(n, err, " ")
	}
	result, err := tx.Exec("UPDATE made SET b = NULL WHERE a > $1", 2)
	check(err)
	n, _ := result.RowsAffected()
	var count, nulls int
	check(tx.QueryRow("SELECT count(*), count(*) FILTER (WHERE b IS NULL) FROM made").Scan(&count, &nulls))
	fmt.Println("-- made:", n, count, nulls)
	check(tx.Rollback())
}

func (c *client) arrays() {
	var numbers pq.Int64Array
	var texts pq.StringArray
	var floats pq.Float64Array
	check(c.db.QueryRow("SELECT $1::bigint[], $2::text[], $3::float8[]", pq.Array([]int64{1, -2}), pq.Array([]string{"a,b", "", `"\`}), pq.Array([]float64{1.5})).Scan(&numbers, &texts, &floats))
	fmt.Printf("-- arrays: %v %q %v\n", numbers, texts, floats)
	c.show("SELECT city FROM cities WHERE city = ANY($1) ORDER BY 1", pq.Array([]string{"Köln", "Berlin"}))
}

func (c *client) copies() {
	tx, err := c.db.Begin()
	check(err)
	_, err = tx.Exec("CREATE TEMP TABLE copied (a int, b text, c date)")
	check(err)
	statement, err := tx.Prepare(pq.CopyIn("copied", "a", "b", "c"))
	check(err)
	for i := range 1000 {
		_, err = statement.Exec(i, fmt.Sprint("row\t", i), time.Date(2024, 1, 1+i%31, 0, 0, 0, 0, time.UTC))
		check(err)
	}
	_, err = statement.Exec()
	check(err)
	check(statement.Close())
	var count, sum int
	var last time.Time
	check(tx.QueryRow("SELECT count(*), sum(a), max(c) FROM copied WHERE b LIKE E'row\\t%'").Scan(&count, &sum, &last))
	fmt.Println("-- copied:", count, sum, last.Format(time.DateOnly))
	check(tx.Rollback())
}
