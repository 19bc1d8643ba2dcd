package gsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log"

	"gsql"
)

// Open a folder and read a query row by row.
func Example() {
	db, err := gsql.Open(gsql.Config{Dir: "testdata/files"})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(context.Background(), `
		SELECT c.city, c.population, sum(s.quantity)
		FROM sales s JOIN cities c ON c.city = s.city
		WHERE s.quantity >= $1
		GROUP BY 1, 2 ORDER BY 2 DESC LIMIT 2`, 5)
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var city string
		var population, quantity int64
		if err := rows.Scan(&city, &population, &quantity); err != nil {
			log.Fatal(err)
		}
		fmt.Println(city, population, quantity)
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Berlin 3769495 673
	// Hamburg 1910160 671
}

// Read a query as Arrow record batches.
func ExampleRows_NextRecord() {
	db, err := gsql.Open(gsql.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(context.Background(), `SELECT city, population FROM 'testdata/files/cities.tsv' ORDER BY population LIMIT 2`)
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	for {
		rec, err := rows.NextRecord()
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(rec.Schema().Field(0).Name, rec.Column(0), rec.Schema().Field(1).Type, rec.Column(1))
		rec.Release()
	}
	// Output:
	// city ["Leipzig" "Köln"] int64 [619879 1087353]
}

// Use the database/sql driver; the data source name is the folder.
func Example_databaseSQL() {
	db, err := sql.Open("gsql", "testdata/files")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	var n int
	var first sql.NullTime
	err = db.QueryRow("SELECT count(*), min(at) FROM events WHERE \"user\" = $1", "ann").Scan(&n, &first)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n, first.Time.Format("2006-01-02"))
	// Output:
	// 76 2024-03-01
}
