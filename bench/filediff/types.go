package main

import (
	"fmt"
	"strings"
)

// ourTypes are the types that columns of types of DuckDB have in gsql when DuckDB has written them to Parquet.
var ourTypes = map[string]string{
	"BOOLEAN": "boolean", "TINYINT": "smallint", "SMALLINT": "smallint", "INTEGER": "integer", "BIGINT": "bigint",
	"UTINYINT": "smallint", "USMALLINT": "integer", "UINTEGER": "bigint", "UBIGINT": "numeric(20,0)",
	"FLOAT": "real", "DOUBLE": "double precision", "VARCHAR": "text", "BLOB": "bytea", "JSON": "json",
	"DATE": "date", "TIME": "time without time zone", "TIME_NS": "time without time zone", "TIMESTAMP": "timestamp without time zone", "TIMESTAMP_NS": "timestamp without time zone",
	"TIMESTAMP WITH TIME ZONE": "timestamp with time zone", "INTERVAL": "interval", "UUID": "uuid",
}

// expected returns the type in gsql of a type of DuckDB, which is as DESCRIBE prints it; "" where it is none of the table.
func expected(t string) string {
	switch {
	case ourTypes[t] != "":
		return ourTypes[t]
	case strings.HasPrefix(t, "DECIMAL"):
		return "numeric" + t[len("DECIMAL"):]
	case strings.HasSuffix(t, "[]"):
		return expected(t[:len(t)-2]) + "[]"
	case strings.HasPrefix(t, "MAP("):
		return "record[]"
	case strings.HasPrefix(t, "STRUCT("):
		return "record"
	}
	return ""
}

// refuses reports whether gsql refuses to read a column of a type of DuckDB: one that has arrays of arrays, a map being an
// array, which PostgreSQL has not.
func refuses(t string) bool {
	var open []int
	for i := range t {
		switch rest := t[i:]; {
		case rest[0] == '(':
			open = append(open, i)
		case rest[0] != ')' || len(open) == 0:
		default:
			from := open[len(open)-1]
			open = open[:len(open)-1]
			if strings.HasPrefix(rest, ")[]") && strings.HasSuffix(t[:from], "MAP") {
				return true
			}
		}
	}
	return strings.Contains(t, "[][]")
}

// typeDiff compares the types of two results. A column of no type, which has nothing but NULL, is text in gsql and integer
// in DuckDB.
func typeDiff(ours, theirs []field) string {
	for i, f := range theirs {
		want := expected(f.typ)
		if want == "integer" && i < len(ours) && ours[i].typ == "text" {
			continue
		}
		if i >= len(ours) || want != "" && ours[i].typ != want || ours[i].name != f.name {
			return fmt.Sprintf("columns: gsql has %v, DuckDB has %v", ours, theirs)
		}
	}
	if len(ours) != len(theirs) {
		return fmt.Sprintf("columns: gsql has %v, DuckDB has %v", ours, theirs)
	}
	return ""
}
