// Package catalog shows the database as PostgreSQL's system catalog: the relations of pg_catalog and
// information_schema, the OIDs of everything, the names behind regclass and its like, and the functions that tell of
// objects. Clients that list tables, complete names or look up types read these.
//
// A Snapshot is what one statement sees. It reads from a Source, which the database is, no sooner than something asks:
// naming pg_class lists the tables but opens none of them. The executor scans the relations as it scans files; each is
// a list of columns computed from Go values, see define.
//
// What PostgreSQL 15 has by itself, such as its types, the columns of its relations and the OIDs of its functions, is in
// postgres.tsv, which generate.go writes from a running PostgreSQL. Of the functions, operators and casts there only
// those are shown that gsql has.
//
// It is a package of its own, between exec and sql, since three packages that do not know each other need it: the
// binder for the types' OIDs, the database for the relations, and the wire for the OIDs in results.
package catalog

//go:generate go run generate.go -h /run/postgresql -U postgres -d template1
