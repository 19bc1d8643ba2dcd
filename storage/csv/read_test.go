package csv

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

func arg(name string, value any) exec.Arg { return exec.Arg{Name: name, Value: value, Pos: 7} }

func record(pairs ...string) []exec.Arg {
	var out []exec.Arg
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, exec.Arg{Name: pairs[i], Value: pairs[i+1], Pos: 9})
	}
	return out
}

// readCases are small ugly files. want is the columns, then the rows; or an error's code and parts of its
// message, detail and hint.
var readCases = []struct {
	name, file, data string
	args             []exec.Arg
	want             string
	err              string
}{
	{name: "the usual", data: "a,b,c\n1,x,2.5\n2,y,\n", want: "a bigint, b text, c double precision\n1|x|2.5\n2|y|NULL"},
	{name: "no header", data: "1,x\n2,y\n", want: "column0 bigint, column1 text\n1|x\n2|y"},
	{name: "all text has a header", data: "a,b\nx,y\n", want: "a text, b text\nx|y"},
	{name: "header alone", data: "a,b\n", want: "a text, b text"},
	{name: "one row of numbers", data: "1,2\n", want: "column0 bigint, column1 bigint\n1|2"},
	{name: "empty file", data: "", want: "column0 text"},
	{name: "only a byte order mark", data: "\xef\xbb\xbf", want: "column0 text"},
	{name: "only newlines", data: "\n\n\n", want: "column0 text\nNULL\nNULL\nNULL"},
	{name: "byte order mark", data: "\xef\xbb\xbfa,b\n1,2\n", want: "a bigint, b bigint\n1|2"},
	{name: "byte order mark and quotes", data: "\xef\xbb\xbf\"a\",\"b\"\n1,2\n", want: "a bigint, b bigint\n1|2"},
	{name: "byte order mark, no header, quotes", data: "\xef\xbb\xbf\"x\",1\n\"y\",2\n", want: "column0 text, column1 bigint\nx|1\ny|2"},
	{name: "no newline at the end", data: "a,b\n1,2\n3,4", want: "a bigint, b bigint\n1|2\n3|4"},
	{name: "no newline behind a quote", data: "a,b\n1,\"2\"", want: "a bigint, b bigint\n1|2"},
	{name: "carriage returns", data: "a,b\r\n1,\"x\"\r\n3,\r\n", want: "a bigint, b text\n1|x\n3|NULL"},
	{name: "carriage return at the very end", data: "a,b\r\n1,\"x\"\r\n3,y\r", want: "a bigint, b text\n1|x\n3|y"},
	{name: "lines end in carriage returns alone", data: "a,b\r1,\"x\"\r3,y", want: "a bigint, b text\n1|x\n3|y"},
	{name: "empty lines", data: "a,b\n\n1,2\n\r\n\n3,4\n\n", want: "a bigint, b bigint\n1|2\n3|4"},
	{name: "empty lines of one column are rows", data: "a\n1\n\n3\n", want: "a bigint\n1\nNULL\n3"},
	{name: "quoted newline", data: "a,b\n\"x\ny\",1\n\"\r\n\",2\n", want: "a text, b bigint\nx\ny|1\n\r\n|2"},
	{name: "doubled quotes", data: "a,b\n\"x \"\"y\"\" z\",1\n\"\"\"\",2\n", want: "a text, b bigint\nx \"y\" z|1\n\"|2"},
	{name: "quoted empty text is not NULL", data: "a,b\n\"\",1\n,2\n", want: "a text, b bigint\n|1\nNULL|2"},
	{name: "quoted empty number is NULL", data: "a,b\n\"\",x\n\"2\",y\n", want: "a bigint, b text\nNULL|x\n2|y"},
	{name: "inches", data: "a,b\n5\" pipe,1\n\"7\"\" pipe\",2\n", want: "a text, b bigint\n5\" pipe|1\n7\" pipe|2"},
	{name: "backslash escapes", data: "a,b\n\"x\\\"y\",1\n\"z\\\\\",2\n", want: "a text, b bigint\nx\"y|1\nz\\|2"},
	{name: "single quotes", data: "a,b\n'x,y',1\n'it''s',2\n", want: "a text, b bigint\nx,y|1\nit's|2"},
	{name: "apostrophes", data: "a,b\n'tis,1\nit's,2\n", want: "a text, b bigint\n'tis|1\nit's|2"},
	{name: "semicolons", data: "a;b\n1,5;2\n2,5;3\n", want: "a double precision, b bigint\n1.5|2\n2.5|3"},
	{name: "pipes", data: "a|b\nx,y|1\nz|2\n", want: "a text, b bigint\nx,y|1\nz|2"},
	{name: "tabs", file: "x.tsv", data: "a\tb\nx,y\t1\nz,w\t2\n", want: "a text, b bigint\nx,y|1\nz,w|2"},
	{name: "lines of text", file: "x.txt", data: "hello, world\nno comma\na, b, c\nfine\nmore\n", want: "hello, world text\nno comma\na, b, c\nfine\nmore"},
	{name: "names", data: "a,a,,b \n1,2,3,4\n", want: "a bigint, a_1 bigint, column2 bigint, b bigint\n1|2|3|4"},
	{name: "leading zeros stay text", data: "a,b,c\n007,00.5,0.5\n008,1.5,0\n", want: "a text, b text, c double precision\n007|00.5|0.5\n008|1.5|0"},
	{name: "plus signs stay text", data: "a,b\n+5,1\n6,2\n", want: "a text, b bigint\n+5|1\n6|2"},
	{name: "long integers", data: "a,b\n12345678901234567890,9007199254740993\n1,2\n", want: "a numeric, b bigint\n12345678901234567890|9007199254740993\n1|2"},
	{name: "long integers among decimals", data: "a,b\n9007199254740993,x\n1.5,y\n", want: "a numeric, b text\n9007199254740993|x\n1.5|y"},
	{name: "floats", data: "a,b\n1e5,-0.000001\n-2.5E-3,123456789.123456789\n.5,NaN\n", want: "a double precision, b double precision\n100000|-1e-06\n-0.0025|123456789.12345679\n0.5|NaN"},
	{name: "dates and times", data: "d,t,ts\n2020-02-29,10:11:12,2020-01-01 10:00\n1999-12-31,23:59:59.5,2020-01-01T00:00:00.123456\n",
		want: "d date, t time without time zone, ts timestamp without time zone\n2020-02-29|10:11:12|2020-01-01 10:00:00\n1999-12-31|23:59:59.5|2020-01-01 00:00:00.123456"},
	{name: "dates among timestamps", data: "ts,x\n2020-01-01,1\n2020-01-01 10:00:00,2\n", want: "ts timestamp without time zone, x bigint\n2020-01-01 00:00:00|1\n2020-01-01 10:00:00|2"},
	{name: "no dates", data: "d,x\n2020-02-30,1\n2020-01-01,2\n", want: "d text, x bigint\n2020-02-30|1\n2020-01-01|2"},
	{name: "booleans", data: "a,b,c\ntrue,t,yes\nFALSE,F,no\n", want: "a boolean, b boolean, c text\nt|t|yes\nf|f|no"},
	{name: "blanks around numbers", data: "a,b,c\n 1,2 ,x\n 3,4 , y\n", want: "a bigint, b bigint, c text\n1|2|x\n3|4| y"},
	{name: "blanks for NULL", data: "a,b,c,d\n 1, 1.5, 2020-01-01, 12345678901234567890\n , , ,\t\n2,  ,2020-01-02, \n",
		want: "a bigint, b double precision, c date, d text\n1|1.5|2020-01-01| 12345678901234567890\nNULL|NULL|NULL|\t\n2|NULL|2020-01-02| "},
	{name: "blanks for NULL in numerics", data: "a,b\n 12345678901234567890,1\n ,2\n", want: "a numeric, b bigint\n12345678901234567890|1\nNULL|2"},
	{name: "years as names", data: "name,2020,2021\na,1,2\n", want: "name text, 2020 bigint, 2021 bigint\na|1|2"},
	{name: "blanks around quotes", data: "a, b\n1, \"x, \"\"y\" \n2,\"z\"\n", want: "a bigint, b text\n1|x, \"y\n2|z"},
	{name: "blanks behind quotes", data: "a,b\n\"x\" ,1\n \"y\",2\n", want: "a text, b bigint\nx|1\ny|2"},
	{name: "first column without a name", data: "a,b\n1,x,2.5\n2,y,3\n", want: "column0 bigint, a text, b double precision\n1|x|2.5\n2|y|3"},
	{name: "delimiters at the end of rows", data: "a,b\n1,x,\n2,y,\n", want: "a bigint, b text\n1|x\n2|y"},
	{name: "one column of decimals", data: "a\n1,5\n-2,25\n", want: "a double precision\n1.5\n-2.25"},
	{name: "only NULLs", data: "a,b\n1,\n2,\n", want: "a bigint, b text\n1|NULL\n2|NULL"},
	{name: "long texts", data: "a,b\n" + strings.Repeat("x", 12) + ",1\n" + strings.Repeat("y", 13) + ",2\n" + strings.Repeat("z", 5000) + ",3\n",
		want: "a text, b bigint\nxxxxxxxxxxxx|1\nyyyyyyyyyyyyy|2\n" + strings.Repeat("z", 5000) + "|3"},

	{name: "delim and header", data: "1:2\n3:4\n", args: []exec.Arg{arg("delim", ":"), arg("header", true)}, want: "1 bigint, 2 bigint\n3|4"},
	{name: "quotes switched off", data: "a,b\n\"x,1\n\"y,2\n", args: []exec.Arg{arg("quote", "")}, want: "a text, b bigint\n\"x|1\n\"y|2"},
	{name: "columns", data: "1|x|2.50|\n2|y|3|\n", args: []exec.Arg{arg("columns", record("a", "INT", "b", "VARCHAR(3)", "c", "DECIMAL(15,2)")), arg("delim", "|")},
		want: "a integer, b character varying(3), c numeric(15,2)\n1|x|2.50\n2|y|3.00"},
	{name: "columns with a header of their names", data: "a,b\n1,2\n", args: []exec.Arg{arg("columns", record("a", "INT", "b", "TEXT"))}, want: "a integer, b text\n1|2"},
	{name: "types by name", data: "a,b\n007,1\n", args: []exec.Arg{arg("types", record("b", "VARCHAR", "a", "SMALLINT"))}, want: "a smallint, b character varying\n7|1"},
	{name: "types by position", data: "a,b\n1,2\n", args: []exec.Arg{arg("types", []any{"text"})}, want: "a text, b bigint\n1|2"},
	{name: "many types", data: "j|u|ts|i|b|r|ch|iv\n{\"a\":1}|6ccd780c-baba-1026-9564-5b8c656024db|2020-01-01 10:00+02|{1,2}|\\x0aff|1.5|ab|1 day\n|||||||\n",
		args: []exec.Arg{arg("delim", "|"), arg("header", true), arg("columns", record("j", "json", "u", "uuid", "ts", "timestamptz", "i", "int[]", "b", "bytea", "r", "real", "ch", "char(4)", "iv", "interval"))},
		want: "j json, u uuid, ts timestamp with time zone, i integer[], b bytea, r real, ch character(4), iv interval\n{\"a\":1}|6ccd780c-baba-1026-9564-5b8c656024db|2020-01-01 08:00:00+00|{1,2}|\\x0aff|1.5|ab  |1 day\nNULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL"},
	{name: "decimals", data: "a\n1\n-2.5\n.25\n99999.999\n1e2\n+7\n", args: []exec.Arg{arg("columns", record("a", "decimal(8,3)")), arg("header", true)},
		want: "a numeric(8,3)\n1.000\n-2.500\n0.250\n99999.999\n100.000\n7.000"},
	{name: "decimals are rounded", data: "a\n1.2355\n-0.0005\n", args: []exec.Arg{arg("columns", record("a", "decimal(8,3)")), arg("header", true)}, want: "a numeric(8,3)\n1.236\n-0.001"},
	{name: "long decimals", data: "a\n12345678901234567890.5\n1\n", args: []exec.Arg{arg("types", record("a", "decimal(38,2)")), arg("header", true)},
		want: "a numeric(38,2)\n12345678901234567890.50\n1.00"},
	{name: "all_varchar", data: "a,b\n1,2\n", args: []exec.Arg{arg("all_varchar", true)}, want: "a text, b text\n1|2"},
	{name: "nullstr", data: "a,b\nNA,1\nx,NA\n,2\n\"NA\",3\n", args: []exec.Arg{arg("nullstr", "NA")}, want: "a text, b bigint\nNULL|1\nx|NULL\n|2\nNA|3"},
	{name: "nullstr list", data: "a,b\nNA,1\nx,-\n,2\n", args: []exec.Arg{arg("nullstr", []any{"NA", "-", ""})}, want: "a text, b bigint\nNULL|1\nx|NULL\nNULL|2"},
	{name: "skip", data: "junk\n\"more\na,b\n1,2\n", args: []exec.Arg{arg("skip", int64(2))}, want: "a bigint, b bigint\n1|2"},
	{name: "comment", data: "# it's \"one\na,b\n1,2\n#,,,\n3,4\n", args: []exec.Arg{arg("comment", "#")}, want: "a bigint, b bigint\n1|2\n3|4"},
	{name: "null_padding", data: "a,b,c\n1\n1,2\n1,2,3\n", args: []exec.Arg{arg("null_padding", true)}, want: "a bigint, b bigint, c bigint\n1|NULL|NULL\n1|2|NULL\n1|2|3"},
	{name: "null_padding with carriage returns", data: "a,b,c\r\n1\r\n1,x\r\n1,y,3\r\n", args: []exec.Arg{arg("null_padding", true)}, want: "a bigint, b text, c bigint\n1|NULL|NULL\n1|x|NULL\n1|y|3"},
	{name: "names option", data: "1,2\n", args: []exec.Arg{arg("names", []any{"x"})}, want: "x bigint, column1 bigint\n1|2"},
	{name: "sample_size -1", data: "a\n" + strings.Repeat("1\n", 30000) + "x\n", args: []exec.Arg{arg("sample_size", int64(-1)), arg("header", true)}, want: "a text\n" + strings.Repeat("1\n", 30000) + "x"},
	{name: "escape option", data: "a,b\n\"x^\"y\",1\n", args: []exec.Arg{arg("escape", "^")}, want: "a text, b bigint\nx\"y|1"},
	{name: "auto_detect off", data: "1,2\n", args: []exec.Arg{arg("auto_detect", false), arg("columns", record("a", "int", "b", "int"))}, want: "a integer, b integer\n1|2"},

	{name: "short row", data: "a,b,c\n1,2,3\n4,5\n6,7,8\n", err: "22P04 missing data for column \"c\" line 3: 2 of 3 fields: \"4,5\" null_padding"},
	{name: "long row", data: "a,b\n1,2\n4,5,6\n6,7\n", err: "22P04 extra data line 3: 3 of 2 fields delim"},
	{name: "text behind a quote", data: "a,b\n1,\"x\"\n2,\"x\"y\n", args: []exec.Arg{arg("quote", "\"")}, err: "22P04 closing quote line 3 quote"},
	{name: "open quote", data: "a,b\n1,\"x\"\n2,\"x\n3,4\n", args: []exec.Arg{arg("quote", "\"")}, err: "22P04 unterminated line 3"},
	{name: "not the inferred type", data: "a,b\n" + strings.Repeat("1,2\n", 100_000) + "\"x\n\",3\n", err: "22P02 invalid input syntax for type bigint line 100002, column a: \"x\\n\" types => {'a': 'VARCHAR'} sample_size => -1"},
	{name: "leading zero in an inferred column", data: "a,b\n" + strings.Repeat("1,2\n", 100_000) + "1,007\n", err: "22P02 \"007\" would be changed line 100002, column b sample_size"},
	{name: "not the declared type", data: "a,b\n1,2\nx,3\n", args: []exec.Arg{arg("columns", record("a", "int", "b", "int")), arg("header", true)}, err: "22P02 integer: \"x\" line 3, column a types =>"},
	{name: "out of range", data: "a\n1\n40000\n", args: []exec.Arg{arg("types", record("a", "smallint"))}, err: "22003 out of range for type smallint line 3"},
	{name: "bigint out of range", data: "a\n1\n9223372036854775808\n", args: []exec.Arg{arg("types", record("a", "bigint"))}, err: "22003 out of range for type bigint line 3"},
	{name: "too long", data: "a,b\nabcd,1\n", args: []exec.Arg{arg("types", record("a", "varchar(3)"))}, err: "22001 value too long for type character varying(3) line 2"},
	{name: "decimal overflow", data: "a\n1000\n", args: []exec.Arg{arg("types", record("a", "decimal(5,2)")), arg("header", true)}, err: "22003 numeric field overflow"},
	{name: "bad date", data: "a\n2020-13-01\n", args: []exec.Arg{arg("types", record("a", "date")), arg("header", true)}, err: "22008 2020-13-01 line 2"},
	{name: "not UTF-8", data: "a,b\ncaf\xe9,1\n", err: "22021 invalid byte sequence line 2, column a encoding => 'latin-1'"},
	{name: "Latin-1", data: "a,b\ncaf\xe9,1\n", args: []exec.Arg{arg("encoding", "latin-1")}, want: "a text, b bigint\ncafé|1"},
	{name: "windows-1252", data: "a,b\n\x80,1\n", args: []exec.Arg{arg("encoding", "CP1252")}, want: "a text, b bigint\n€|1"},
	{name: "UTF-16 with a mark", data: utf16le("\uFEFFä,b\n\"x\ny\",1\n𝄞,2"), want: "ä text, b bigint\nx\ny|1\n𝄞|2"},
	{name: "UTF-16 without one", data: utf16le("a,b\nü,1\n"), args: []exec.Arg{arg("encoding", "UTF-16")}, want: "a text, b bigint\nü|1"},
	{name: "not UTF-16", data: utf16le("\uFEFFa,b\nx,1\n") + "\x00\xd8\x41\x00", err: "22021 no text in encoding"},
	{name: "a replacement character of its own", data: utf16le("\uFEFFa,b\n\uFFFD,1\n"), want: "a text, b bigint\n\uFFFD|1"},
	{name: "a title and remarks first", data: "Sales report\n\nMade on,2024-01-02\ncity,n,x\nBerlin,1,2\nBonn,3,4\n", want: "city text, n bigint, x bigint\nBerlin|1|2\nBonn|3|4"},
	{name: "a title in a wide row", data: "Sales;;;\n;;;\na;b;c;d\n1;2;3;x\n4;5;6;y\n", want: "a bigint, b bigint, c bigint, d text\n1|2|3|x\n4|5|6|y"},
	{name: "a short first row of data", data: "1,2\n1,2,3\n4,5,6\n", args: []exec.Arg{arg("header", false)}, err: "22P04 missing data line 1"},
	{name: "decimal commas and points between groups", data: "a;b;c\n1.234,5;1.000;x\n-2,25;20;y\n", want: "a double precision, b bigint, c text\n1234.5|1000|x\n-2.25|20|y"},
	{name: "decimal commas, a point that is none", data: "a;b\n1,5;1.5\n2,5;2.5\n", want: "a text, b double precision\n1,5|1.5\n2,5|2.5"},
	{name: "groups", data: "a,b\n\"1,234,567\",\"1,234.5\"\n\"12\",\"7\"\n", want: "a bigint, b double precision\n1234567|1234.5\n12|7"},
	{name: "either a group or a decimal comma", data: "a;b\n1,234;x\n5,678;y\n", want: "a text, b text\n1,234|x\n5,678|y"},
	{name: "groups of two digits", data: "a;b\n1,23,456.5;x\n", want: "a text, b text\n1,23,456.5|x"},
	{name: "decimal_separator", data: "a;b\n1,234;2\n", args: []exec.Arg{arg("decimal_separator", ","), arg("types", record("b", "float"))}, want: "a double precision, b double precision\n1.234|2"},
	{name: "thousands", data: "a;b\n1'234;2\n", args: []exec.Arg{arg("thousands", "'")}, want: "a bigint, b bigint\n1234|2"},
	{name: "a number of another form", data: "a;b\n1,5;x\n" + strings.Repeat("2,5;y\n", 100_000) + "3.5;z\n", err: "22P02 would be changed line 100003, column a"},
	{name: "days first", data: "a,b\n31/12/2024,01.02.2024\n1/2/2024,03.04.2024\n", want: "a date, b date\n2024-12-31|2024-02-01\n2024-02-01|2024-04-03"},
	{name: "months first", data: "a\n1/31/2024 3:04 PM\n12/1/2024 12:00 AM\n", args: []exec.Arg{arg("header", true)}, want: "a timestamp without time zone\n2024-01-31 15:04:00\n2024-12-01 00:00:00"},
	{name: "another column tells the order", data: "a,b\n1/2/2024,31/12/2023\n", want: "a date, b date\n2024-02-01|2023-12-31"},
	{name: "no column tells the order", data: "a,b\n1/2/2024,3/4/2023\n", want: "a text, b text\n1/2/2024|3/4/2023"},
	{name: "years first", data: "a,b\n2024/01/31,2024/01/31 10:30:00\n", want: "a date, b timestamp without time zone\n2024-01-31|2024-01-31 10:30:00"},
	{name: "no such day", data: "a,b\n31/12/2024,x\n30/02/2024,y\n", err: "22008 30/02/2024 line 3, column a"},
	{name: "dateformat", data: "a,b\n3-Feb-24,1\n", args: []exec.Arg{arg("dateformat", "%d-%b-%y"), arg("types", record("a", "date"))}, want: "a date, b bigint\n2024-02-03|1"},
	{name: "timestampformat", data: "a,b\n20240203T010203,1\n", args: []exec.Arg{arg("timestampformat", "%Y%m%dT%H%M%S"), arg("types", record("a", "timestamp"))}, want: "a timestamp without time zone, b bigint\n2024-02-03 01:02:03|1"},
	{name: "dateformat that is not known", data: "a\n1\n", args: []exec.Arg{arg("dateformat", "%Q")}, err: "0A000 %Q"},
	{name: "instants", data: "a,b\n2024-01-01T10:00:00Z,x\n2024-01-01 10:00:00.5+02:00,y\n", want: "a timestamp with time zone, b text\n2024-01-01 10:00:00+00|x\n2024-01-01 08:00:00.5+00|y"},
	{name: "unknown encoding", data: "a\n1\n", args: []exec.Arg{arg("encoding", "klingon")}, err: "22023 klingon latin-1"},
}

// utf16le writes text in UTF-16, the lower byte first.
func utf16le(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

func TestReading(t *testing.T) {
	for _, c := range readCases {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			name := c.file
			if name == "" {
				name = "x.csv"
			}
			got, err := readCase(t, name, c.data, c.args)
			if c.err != "" {
				checkError(t, err, c.err)
				return
			}
			if err != nil {
				t.Fatalf("%v%s", err, details(err))
			}
			if got != c.want {
				t.Fatalf("got\n%.500s\nwant\n%.500s", got, c.want)
			}
		})
	}
}

func readCase(t *testing.T, name, data string, args []exec.Arg) (string, error) {
	opt, err := ParseOptions(args)
	if err != nil {
		return "", err
	}
	tab, err := openTable([]fileT{writeFile(t, t.TempDir(), name, data)}, opt)
	if err != nil {
		return "", err
	}
	var cols []string
	for _, f := range tab.Schema() {
		cols = append(cols, f.Name+" "+f.Type.String())
	}
	rows, err := scanAll(tab, 1, 1000)
	return strings.Join(append([]string{strings.Join(cols, ", ")}, rows...), "\n"), err
}

func details(err error) string {
	var e *sqlstate.Error
	if errors.As(err, &e) {
		return fmt.Sprintf("\n%s %s\n%s\n%s", e.Code, e.Message, e.Detail, e.Hint)
	}
	return ""
}

// checkError compares an error with its code and with words that it must have, in their order.
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", want)
	}
	text := details(err)
	at := 0
	for _, w := range strings.Fields(want) {
		i := strings.Index(text[at:], w)
		if i < 0 {
			t.Fatalf("error%s\nlacks %q of %q", text, w, want)
		}
		at += i + len(w)
	}
}

func TestOptionsThatAreWrong(t *testing.T) {
	for _, c := range []struct {
		args []exec.Arg
		want string
	}{
		{[]exec.Arg{arg("delimm", ",")}, "22023 no option \"delimm\" delim, delimiter"},
		{[]exec.Arg{arg("", ",")}, "22023 name => value"},
		{[]exec.Arg{arg("delim", ",,")}, "0A000"},
		{[]exec.Arg{arg("delim", int64(1))}, "22023"},
		{[]exec.Arg{arg("quote", "\n")}, "22023"},
		{[]exec.Arg{arg("header", "maybe")}, "22023 true or false"},
		{[]exec.Arg{arg("skip", int64(-1))}, "22023"},
		{[]exec.Arg{arg("sample_size", int64(0))}, "22023"},
		{[]exec.Arg{arg("columns", "x")}, "22023"},
		{[]exec.Arg{arg("columns", record("a", "nonsense"))}, "42704 nonsense"},
		{[]exec.Arg{arg("nullstr", int64(3))}, "22023"},
		{[]exec.Arg{arg("auto_detect", false)}, "22023 columns"},
		{[]exec.Arg{arg("types", record("zz", "int"))}, "42703 zz Columns are (a, b)"},
		{[]exec.Arg{arg("types", []any{"int", "int", "int"})}, "22023 3 types 2 columns"},
	} {
		_, err := readCase(t, "x.csv", "a,b\n1,2\n", c.args)
		checkError(t, err, c.want)
		var e *sqlstate.Error
		if errors.As(err, &e) && e.Position == 0 && !strings.Contains(c.want, "22023 columns") {
			t.Errorf("%v: the error has no position", c.args)
		}
	}
}

func TestManyFiles(t *testing.T) {
	dir := t.TempDir()
	files := []fileT{
		writeFile(t, dir, "0.csv", ""),
		writeFile(t, dir, "1.csv", "a,b\n1,x\n"),
		writeFile(t, dir, "2.csv", "b,a\ny,2\n"),
		writeFile(t, dir, "3.csv", ""),
		writeFile(t, dir, "4.csv", "a,b\n"),
		writeFile(t, dir, "5.csv", "a,b\n3,z"),
	}
	tab, err := openTable(files, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := scanAll(tab, 3, 10)
	if err != nil || !sameRows(got, []string{"1|x", "2|y", "3|z"}) {
		t.Fatalf("%q %v", got, err)
	}
	files[5] = writeFile(t, dir, "5.csv", "a,c\n3,z\n")
	if tab, err = openTable(files, Options{}); err == nil {
		_, err = scanAll(tab, 2, 10)
	}
	checkError(t, err, "42804 different columns 5.csv (a, c) (a, b)")
	// A later value of another file decides the type as well.
	files[5] = writeFile(t, dir, "5.csv", "a,b\nq,z\n")
	if tab, err = openTable(files, Options{}); err != nil {
		t.Fatal(err)
	}
	if tab.Schema()[0].Type != types.Of(types.Text) {
		t.Fatalf("type %v", tab.Schema()[0].Type)
	}
}

func TestFilesThatChange(t *testing.T) {
	dir := t.TempDir()
	long := "a,b\n" + strings.Repeat("1,x\n", 50_000)
	f := writeFile(t, dir, "x.csv", long)
	tab, err := openTable([]fileT{f}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	tab.split = 4096
	p, err := tab.Scan(context.Background(), exec.ScanRequest{Columns: []int{0}, IDs: nil0(1), Limit: -1, Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	env := newEnv(100)
	defer env.Close()
	s, err := p.Open(context.Background(), env, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Next(context.Background()); err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "x.csv", long[:9000])
	for err == nil {
		_, err = s.Next(context.Background())
	}
	checkError(t, err, "55000 shorter")
	_, err = scanAll(tab, 1, 100)
	checkError(t, err, "55000 changed")
}

func TestFilesThatVanish(t *testing.T) {
	dir := t.TempDir()
	files := []fileT{writeFile(t, dir, "1.csv", "a,b\n1,x\n"), writeFile(t, dir, "2.csv", "a,b\n2,y\n")}
	tab, err := openTable(files, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(files[1].Path); err != nil {
		t.Fatal(err)
	}
	_, err = scanAll(tab, 2, 10)
	checkError(t, err, "58P01 2.csv No such file")
	_, err = openTable(files[1:], Options{})
	checkError(t, err, "58P01 2.csv")
}

func TestCancel(t *testing.T) {
	tab, _ := mixedFile(t, 5000)
	cols, id := ids(5)
	p, err := tab.Scan(context.Background(), exec.ScanRequest{Columns: cols, IDs: id, Limit: -1, Partitions: 2})
	if err != nil {
		t.Fatal(err)
	}
	env := newEnv(10)
	defer env.Close()
	ctx, cancel := context.WithCancel(context.Background())
	err = env.PullAll(ctx, p, func(int, *vec.Batch) error {
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
}

// FuzzReading: whatever a file holds, reading it gives rows of its columns or an error about the data.
func FuzzReading(f *testing.F) {
	for _, c := range readCases {
		if c.args == nil && len(c.data) < 1000 {
			f.Add(c.data, len(c.name), int64(len(c.data)))
		}
	}
	f.Fuzz(func(t *testing.T, data string, n int, split int64) {
		if len(data) > 1<<13 {
			t.Skip()
		}
		opt := Options{NullPadding: n&1 != 0, AllVarchar: n&2 != 0, Skip: n >> 2 & 1, SampleSize: []int{0, 1, -1, 3}[n>>3&3]}
		if n&64 != 0 {
			opt.Comment = '#'
		}
		tab, err := openTable([]fileT{writeFile(t, t.TempDir(), "x.csv", data)}, opt)
		if err == nil {
			tab.split = max(split&0xfff, 1)
			_, err = scanAll(tab, 1+n&1, 100)
		}
		if err != nil && sqlstate.Of(err) == sqlstate.InternalError {
			t.Fatalf("%v%s", err, details(err))
		}
	})
}
