// Package gsql queries folders of CSV, JSON, Parquet and other files with PostgreSQL's SQL, in place, in
// parallel over partitions, without loading anything.
//
//	db, err := gsql.Open(gsql.Config{Dir: "data"})
//	rows, err := db.Query(ctx, `SELECT city, sum(price) FROM 'sales/*.csv' WHERE year = $1 GROUP BY city`, 2024)
//	for rows.Next() {
//		err = rows.Scan(&city, &price)
//	}
//
// Results are read row by row (Next and Scan), as Arrow record batches (NextRecord), or through database/sql
// with the driver named "gsql". Opening a DB reads nothing; a query's first use of a file reads its shape: a
// sample of a text file, the footer of a Parquet file.
//
// # Tables in memory
//
// Tables can be made and changed, beside those in files: CREATE TABLE, INSERT, UPDATE, DELETE, COPY ... FROM. Temporary ones
// belong to a Session, others to the DB. What is committed is one immutable value: the relations by schema and name, of which a
// table is a list of chunks of columns (package storage/memory), with the schemas and what comments say, also of files. A session's transaction is a list of changes to that, which is
// applied when it commits, to whatever is committed then. So readers keep what they began with, and ROLLBACK forgets.
//
// # The way of a query
//
//	text ──sql──▶ planner.Node ──planner──▶ exec.Plan ──exec──▶ exec.Stream of batches ──▶ door
//	                                            ▲
//	                storage (catalog, files, formats) gives exec the tables to scan
//
// Directories are the stages and imports are the arrows; arch_test.go holds the list of those that are
// allowed. From the bottom up:
//
//	exec/sqlstate   the one error type: SQLSTATE, message, place in the text or in a file
//	exec/types      SQL types and the kinds of memory that hold their values
//	exec/mem        reservations of memory for large state, under one limit
//	exec/vec        columns (vectors) and the kernels that work on them
//	exec/text       values as PostgreSQL's text forms
//	exec/fn         functions: scalar functions, casts, aggregates
//	exec/expr       bound expressions, compiled to programs over batches
//	exec            physical plans, the streams they open, exchanges and the scheduler
//	storage         tables in files: csv, json, parquet, and the catalog of a folder; tables in memory
//	planner         logical plans, the optimizer's rules, the lowering to physical plans
//	catalog         the system catalog: pg_catalog, information_schema, OIDs, what names objects
//	sql             PostgreSQL's text to logical plans, over TiDB's grammar
//	gsql            this package: databases, sessions, results
//	pgwire          the server for PostgreSQL's clients
//	dashboard       the page that shows running queries
//	cmd/gsql        the command: one-shot queries, the server
//
// A query is a syntax tree, then a planner.Node, then an exec.Plan: an immutable tree of operators, each with
// a fixed number of partitions. Opening a partition gives an exec.Stream, which one goroutine pulls. Operators
// know nothing of parallelism; exchanges do: they pull all partitions of their input in goroutines and gather,
// merge, or redistribute the rows by hash. Scans hand out their work (a few megabytes of a file, a row group) from
// a queue that all partitions share, so that a large file or a slow core holds up nobody.
//
//	SELECT city, sum(price) FROM sales GROUP BY city ORDER BY 2 DESC LIMIT 10
//
//	Limit ── Merge ── TopN ── Project ── HashAggregate(final) ── Hash exchange ── HashAggregate(partial) ── Scan
//	                  └──────────── one stream per partition ──────────────┘      └─ one stream per partition ─┘
//
// A batch is a set of column vectors in Arrow's layouts and, behind a filter, a selection of rows. Vectors may be
// flat, constant, or a dictionary with codes, and stay so for as long as they can. They are immutable and left to
// the garbage collector; what is large and lives long is reserved in bytes, under a name, before it grows
// (package mem).
package gsql
