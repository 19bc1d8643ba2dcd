package json

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/sqlstate"
)

// named are arguments of read_json.
func named(args ...any) (out []exec.Arg) {
	for i := 0; i < len(args); i += 2 {
		out = append(out, exec.Arg{Name: args[i].(string), Value: args[i+1], Pos: 10 * i})
	}
	return out
}

func columns(pairs ...string) (out []exec.Arg) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, exec.Arg{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

// read returns the columns with their types, the rows, and the error.
func read(t *testing.T, data string, args []exec.Arg) (schema, rows string, err error) {
	t.Helper()
	opt, err := ParseOptions("read_json", args)
	if err != nil {
		return "", "", err
	}
	tab, err := openTable(writeFile(t, "x.json", data), opt)
	if err != nil {
		return "", "", err
	}
	var cols []string
	for _, f := range tab.Schema() {
		cols = append(cols, f.Name+" "+f.Type.String())
	}
	got, err := scanRows(tab, 1, 1000, -1)
	return strings.Join(cols, ", "), strings.Join(got, "\n"), err
}

var readable = []struct {
	name, data string
	args       []exec.Arg
	schema     string
	rows       string
}{
	{name: "types", data: `{"i":1,"f":1.5,"b":true,"s":"x","d":"2024-01-31","t":"2024-01-31 10:00:00","z":"2024-01-31T10:00:00Z","o":{"a":[1, 2]},"l":[1],"n":null}`,
		schema: "i bigint, f double precision, b boolean, s text, d date, t timestamp without time zone, z timestamp with time zone, o json, l json, n json",
		rows:   `1|1.5|t|x|2024-01-31|2024-01-31 10:00:00|2024-01-31 10:00:00+00|{"a":[1, 2]}|[1]|NULL`},
	{name: "members come and go", data: "{\"a\":1}\n{\"b\":\"x\",\"a\":2}\n{}\n{\"b\":null}\n", schema: "a bigint, b text", rows: "1|NULL\n2|x\nNULL|NULL\nNULL|NULL"},
	{name: "ints and floats", data: "{\"a\":1}\n{\"a\":2.5}\n", schema: "a double precision", rows: "1\n2.5"},
	{name: "long integers", data: "{\"a\":1}\n{\"a\":18446744073709551615}\n", schema: "a numeric", rows: "1\n18446744073709551615"},
	{name: "an integer that a float would change", data: "{\"a\":0.5}\n{\"a\":9007199254740993}\n", schema: "a numeric", rows: "0.5\n9007199254740993"},
	{name: "numbers beyond all types", data: "{\"a\":1e400}\n{\"a\":1}\n", schema: "a json", rows: "1e400\n1"},
	{name: "dates and timestamps", data: "{\"a\":\"2024-01-31\"}\n{\"a\":\"2024-01-31T10:00\"}\n", schema: "a timestamp without time zone", rows: "2024-01-31 00:00:00\n2024-01-31 10:00:00"},
	{name: "dates and text", data: "{\"a\":\"2024-01-31\"}\n{\"a\":\"soon\"}\n", schema: "a text", rows: "2024-01-31\nsoon"},
	{name: "types that do not go together", data: "{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":null}\n{\"a\":{}}\n", schema: "a json", rows: "1\n\"x\"\nNULL\n{}"},
	{name: "escapes", data: `{"a":"a\"\\\/\n\u00e9\ud83d\ude00 and more text"}`, schema: "a text", rows: "a\"\\/\né😀 and more text"},
	{name: "escapes in names", data: "{\"\\u0061b\":1}\n{\"ab\":2}\n{\"a\\\"\":3}", schema: "ab bigint, a\" bigint", rows: "1|NULL\n2|NULL\nNULL|3"},
	{name: "a raw name that looks like an escaped one", data: `{"a\\n":1,"a\n":2}`, schema: "a\\n bigint, a\n bigint", rows: "1|2"},
	{name: "several objects in a line", data: `{"a":1} {"a":2}{"a":3}`, schema: "a bigint", rows: "1\n2\n3"},
	{name: "CRLF, BOM and empty lines", data: "\xef\xbb\xbf\r\n{\"a\":1}\r\n\r\n  \n{\"a\":2}\r\n", schema: "a bigint", rows: "1\n2"},
	{name: "objects over several lines", data: "{\n  \"a\": 1,\n  \"b\": [\n1]\n}\n{\n \"a\": 2 }", schema: "a bigint, b json", rows: "1|[\n1]\n2|NULL"},
	{name: "objects over several lines further down", data: "{\"a\":1}\n{\"a\"\n:2}", schema: "a bigint", rows: "1\n2"},
	{name: "an array", data: " [ {\"a\":1} ,\n{\"a\":2}\n] \n", schema: "a bigint", rows: "1\n2"},
	{name: "an array in a line", data: `[{"a":1},{"a":2}]`, schema: "a bigint", rows: "1\n2"},
	{name: "the empty name", data: `{"":1}`, schema: " bigint", rows: "1"},
	{name: "columns", data: "{\"a\":1,\"b\":\"2\",\"c\":{}}\n{\"a\":\"7\"}", args: named("columns", columns("b", "int", "a", "numeric(5,2)", "z", "text")),
		schema: "b integer, a numeric(5,2), z text", rows: "2|1.00|NULL\nNULL|7.00|NULL"},
	{name: "types given", data: `{"a":1,"b":{"x":1},"c":"1 day","d":[1,null,3],"e":["x","y\n"],"f":true,"g":"2024-01-31","h":"12:30"}`,
		args:   named("types", columns("a", "text", "b", "jsonb", "c", "interval", "d", "int[]", "e", "text[]", "f", "varchar", "g", "timestamptz", "h", "time", "new", "uuid")),
		schema: "a text, b jsonb, c interval, d integer[], e text[], f character varying, g timestamp with time zone, h time without time zone, new uuid",
		rows:   "1|{\"x\": 1}|1 day|{1,NULL,3}|{x,\"y\n\"}|true|2024-01-31 00:00:00+00|12:30:00|NULL"},
	{name: "text of everything", data: `{"a":[1, {"b":"\u0041"}]}` + "\n" + `{"a":"\u0041"}` + "\n" + `{"a":-1.50}`, args: named("types", columns("a", "text")),
		schema: "a text", rows: "[1, {\"b\":\"\\u0041\"}]\nA\n-1.50"},
	{name: "broken lines left out", data: "{\"a\":1}\n{\"a\":\n{\"a\":2}\nx\n{\"a\":\"\n[]\n{\"a\":3}}\n\n{\"a\":4}\n{\"a\":5", args: named("ignore_errors", true),
		schema: "a bigint", rows: "1\n2\n3\n4"},
	{name: "duplicates that are not read", data: `{"a":1,"b":1,"b":2}`, args: named("columns", columns("a", "int")), schema: "a integer", rows: "1"},
	{name: "an empty file with columns", data: "", args: named("columns", columns("a", "int")), schema: "a integer", rows: ""},
	{name: "an empty array with columns", data: "[]", args: named("columns", columns("a", "int")), schema: "a integer", rows: ""},
	{name: "sample_size", data: "{\"a\":1}\n{\"b\":2}\n", args: named("sample_size", int64(1)), schema: "a bigint", rows: "1\nNULL"},
}

func TestRead(t *testing.T) {
	for _, c := range readable {
		t.Run(c.name, func(t *testing.T) {
			schema, rows, err := read(t, c.data, c.args)
			if err != nil {
				t.Fatal(describe(err))
			}
			if schema != c.schema {
				t.Errorf("schema: %s, want %s", schema, c.schema)
			}
			if rows != c.rows {
				t.Errorf("rows: %s, want %s", rows, c.rows)
			}
		})
	}
}

var broken = []struct {
	name, data string
	args       []exec.Arg
	err        string // parts of what the error says, divided by …
}{
	{name: "no objects", data: " \n", err: "XX001 …has no objects…columns =>"},
	{name: "objects without members", data: "{}\n{ }", err: "XX001 …has only objects without members"},
	{name: "truncated", data: "{\"a\":1}\n{\"a\":", err: "22P02 …line 2, column 1: the file ends within an object: {\"a\":"},
	{name: "truncated in a string", data: "{\"a\":1}\n{\"a\":\"x", err: "22P02 …line 2, column 1: the file ends within an object"},
	{name: "truncated in a nested value", data: "{\"a\":1}\n{\"a\":[{}", err: "22P02 …line 2, column 1: the file ends within an object"},
	{name: "line cut", data: "{\"a\":1}\n{\"a\":2,\n{\"a\":3}\n", err: "22P02 …line 2, column 8: the line ends within an object…ignore_errors"},
	{name: "line cut in a string", data: "{\"a\":1}\n{\"a\":\"x\n{\"a\":3}\n", err: "22P02 …line 2, column 8: the line ends within a string"},
	{name: "control character", data: "{\"a\":\"x\ty\"}", err: "22P02 …line 1, column 8: a string has a control character"},
	{name: "text between", data: "{\"a\":1}\nhello\n", err: "22P02 …line 2, column 1: expected an object: each row is one: hello"},
	{name: "a number", data: "1\n2\n", err: "22P02 …line 1, column 1: expected an object"},
	{name: "an array a line", data: "[1,2]\n[3,4]\n", err: "22P02 …column 2: expected an object: each row is one: 1,2]"},
	{name: "text behind an array", data: "[{\"a\":1}] x", err: "22P02 …column 11: there is text behind the end of the array: x"},
	{name: "two arrays", data: "[{\"a\":1}][]", err: "22P02 …column 10: there is text behind the end of the array"},
	{name: "array without end", data: "[{\"a\":1},\n{\"a\":2}", err: "22P02 …line 2, column 8: the array has no end"},
	{name: "array without comma", data: "[{\"a\":1}{\"a\":2}]", err: "22P02 …column 9: expected a comma or the end of the array"},
	{name: "array with a comma too many", data: "[{\"a\":1},]", err: "22P02 …column 10: expected an object"},
	{name: "object without comma", data: "{\"a\":1 \"b\":2}", err: "22P02 …column 8: expected a comma or the end of the object"},
	{name: "object with a comma too many", data: "{\"a\":1,}", err: "22P02 …column 8: expected a name in quotes"},
	{name: "name without quotes", data: "{a:1}", err: "22P02 …column 2: expected a name in quotes"},
	{name: "single quotes", data: "{'a':1}", err: "22P02 …column 2: expected a name in quotes"},
	{name: "no colon", data: "{\"a\" 1}", err: "22P02 …column 6: expected a colon"},
	{name: "no value", data: "{\"a\":}", err: "22P02 …column 6: expected a value"},
	{name: "no value but a comma", data: "{\"a\":,\"b\":1}", err: "22P02 …column 6: expected a value"},
	{name: "a brace too many", data: "{\"a\":1}}", err: "22P02 …column 8: expected an object"},
	{name: "a word", data: "{\"a\":True}", err: "22P02 invalid input syntax for type …member \"a\": True"},
	{name: "a word not read", data: "{\"a\":1,\"b\":NaN}", args: named("columns", columns("a", "int")), err: "22P02 …line 1, column 12: expected a value"},
	{name: "a leading zero", data: "{\"a\":1}\n{\"a\":01}", err: "22P02 …line 2, member \"a\": 01"},
	{name: "broken nested", data: "{\"a\":{\"b\":}}", err: "22P02 invalid input syntax for type json…line 1, member \"a\": {\"b\":}: expected a value"},
	{name: "brackets crossed", data: "{\"a\":[}]}", err: "22P02 …line 1, column 8: expected a comma or the end of the object: ]}"},
	{name: "escape", data: `{"a":"\x"}`, err: "22P02 …member \"a\": \"\\x\": the escape sequence is invalid"},
	{name: "surrogate", data: `{"a":"\ud83d"}`, err: "22P02 …Unicode low surrogate must follow a high surrogate"},
	{name: "zero character", data: `{"a":"\u0000"}`, err: "22P05 …cannot be converted to text"},
	{name: "not UTF-8", data: "{\"a\":\"x\xff\"}", err: "22021 invalid byte sequence for encoding \"UTF8\"…member \"a\"…UTF-8"},
	{name: "not UTF-8 within", data: "{\"a\":[\"x\xff\"]}", err: "22021 …member \"a\""},
	{name: "duplicate", data: "{\"a\":1,\"a\":2}", err: "22P02 …column 8: two members of one object have this name"},
	{name: "late misfit", data: "{\"a\":1,\"b\":{}}\n{\"b\":[],\"a\":\"x\"}\n", args: named("sample_size", int64(1)),
		err: "22P02 invalid input syntax for type bigint: \"x\"…x.json\", line 2, member \"a\": \"x\"…types => {'a': 'JSON'}…sample_size => -1"},
	{name: "late fraction", data: "{\"a\":1}\n{\"a\":1.5}\n", args: named("sample_size", int64(1)), err: "22P02 invalid input syntax for type bigint: \"1.5\"…line 2, member \"a\": 1.5"},
	{name: "late long integer", data: "{\"a\":1}\n{\"a\":9223372036854775808}\n", args: named("sample_size", int64(1)), err: "22003 …line 2, member \"a\": 9223372036854775808"},
	{name: "late nested", data: "{\"a\":\"x\"}\n{\"a\":[1]}\n", args: named("sample_size", int64(1)), err: "22P02 invalid input syntax for type text: [1]"},
	{name: "given type", data: "{\"a\":\"x\"}", args: named("columns", columns("a", "int")), err: "22P02 invalid input syntax for type integer: \"x\"…'a': 'VARCHAR'"},
	{name: "lines asked for", data: "{\"a\":1}\n{\n\"a\":2}", args: named("format", "newline_delimited"), err: "22P02 …line 2, column 2: the line ends within an object…unstructured"},
	{name: "array asked for", data: "{\"a\":1}", args: named("format", "array"), err: "22P02 …expected an array of objects"},
	{name: "large object", data: "{\"a\":\"" + strings.Repeat("x", 600_000) + "\"}", args: named("maximum_object_size", int64(300_000)), err: "54000 an object is larger than 300000 bytes…line 1…maximum_object_size"},
	{name: "unknown option", args: named("header", true), err: "22023 read_json has no option \"header\"…auto_detect, columns, format, ignore_errors, maximum_object_size, sample_size, types"},
	{name: "bad format", args: named("format", "csv"), err: "22023 option \"format\" must be 'auto'"},
	{name: "bad type", args: named("columns", columns("a", "fish")), err: "42704 type \"fish\" does not exist"},
	{name: "struct", args: named("columns", columns("a", "STRUCT(x INT)")), err: "42704 …JSON"},
	{name: "bad sample", args: named("sample_size", int64(0)), err: "22023 option \"sample_size\" must be a number of rows"},
	{name: "columns twice", args: named("columns", columns("a", "int", "a", "text")), err: "42701 …twice"},
	{name: "ignore_errors of arrays", args: named("ignore_errors", true, "format", "array"), err: "22023 option \"ignore_errors\" needs"},
}

func TestReadBroken(t *testing.T) {
	for _, c := range broken {
		t.Run(c.name, func(t *testing.T) {
			_, rows, err := read(t, c.data, c.args)
			if err == nil {
				t.Fatalf("no error, but %s", rows)
			}
			e := err.(*sqlstate.Error)
			got := fmt.Sprint(e.Code, " ", e.Message, " / ", e.Detail, " / ", e.Hint)
			rest := got
			for _, part := range strings.Split(c.err, "…") {
				i := strings.Index(rest, part)
				if i < 0 {
					t.Fatalf("%s\nlacks %q", got, part)
				}
				rest = rest[i+len(part):]
			}
		})
	}
}

// TestLimit checks that a limit is met with no more reading than needed, and before an error behind it.
func TestLimit(t *testing.T) {
	data := strings.Repeat("{\"a\":1}\n", 100) + "oops\n"
	opt, _ := ParseOptions("read_json", named("sample_size", int64(10)))
	tab, err := openTable(writeFile(t, "x.json", data), opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int64{0, 1, 7, 100} {
		rows, err := scanRows(tab, 3, 10, limit)
		if err != nil || len(rows) != int(limit) {
			t.Errorf("limit %d: %d rows, %v", limit, len(rows), err)
		}
	}
	if rows, err := scanRows(tab, 1, 1000, -1); err == nil || len(rows) != 100 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestFileChanged(t *testing.T) {
	f := writeFile(t, "x.json", "{\"a\":1}\n")
	tab, err := openTable(f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.Path, []byte("{\"a\":1}\n{\"a\":2}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := scanRows(tab, 1, 10, -1); sqlstate.Of(err) != sqlstate.ObjectNotInPrerequisite {
		t.Errorf("the file has changed, but the error is %v", err)
	}
	os.Remove(f.Path)
	if _, err := scanRows(tab, 1, 10, -1); sqlstate.Of(err) != sqlstate.UndefinedFile {
		t.Errorf("the file is gone, but the error is %v", err)
	}
}
