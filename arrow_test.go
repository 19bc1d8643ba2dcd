package gsql_test

import (
	"context"
	"io"
	"math/big"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"gsql"
)

func TestArrow(t *testing.T) {
	db := openDB(t, gsql.Config{BatchRows: 3})
	for _, c := range []struct {
		expr, typ, want string // of x = 1, 2, 3, 4; the third is NULL
	}{
		{"x % 2 = 0", "bool", "false | true | (null) | true"},
		{"x::int2", "int16", "1 | 2 | (null) | 4"},
		{"x::int4", "int32", "1 | 2 | (null) | 4"},
		{"x::int8", "int64", "1 | 2 | (null) | 4"},
		{"x / 2::float8", "float64", "0.5 | 1 | (null) | 2"},
		{"(x / 2.0)::float4", "float32", "0.5 | 1 | (null) | 2"},
		{"(x * 1.25)::numeric(10,2)", "decimal(10, 2)", "1.25 | 2.5 | (null) | 5"},
		{"(x * 12345678901234567890.25)::numeric(38,2)", "decimal(38, 2)", "12345678901234567890.25 | 24691357802469135780.5 | (null) | 49382715604938271561"},
		{"x / 3.0", "utf8", "0.33333333333333333333 | 0.66666666666666666667 | (null) | 1.3333333333333333"},
		{"'text ' || x", "utf8", "text 1 | text 2 | (null) | text 4"},
		{"'a longer text than fits a view ' || x", "utf8", "a longer text than fits a view 1 | a longer text than fits a view 2 | (null) | a longer text than fits a view 4"},
		{"CASE WHEN x IS NOT NULL THEN '\\x00ff'::bytea END", "binary", "AP8= | AP8= | (null) | AP8="},
		{"'2024-01-01'::date + x::int4", "date32", "2024-01-02 | 2024-01-03 | (null) | 2024-01-05"},
		{"'2024-01-01'::timestamp + x * '1 hour'::interval", "timestamp[us]", "2024-01-01 01:00:00Z | 2024-01-01 02:00:00Z | (null) | 2024-01-01 04:00:00Z"},
		{"('2024-01-01'::timestamp + x * '1 hour'::interval)::timestamptz", "timestamp[us, tz=UTC]", "2024-01-01 01:00:00Z | 2024-01-01 02:00:00Z | (null) | 2024-01-01 04:00:00Z"},
		{"'01:00'::time + x * '1 hour'::interval", "time64[us]", "02:00:00.000000 | 03:00:00.000000 | (null) | 05:00:00.000000"},
		{"x * '1 day'::interval", "utf8", "1 day | 2 days | (null) | 4 days"},
		{"CASE WHEN x IS NOT NULL THEN ARRAY[x, NULL] END", "list<item: int32, nullable>", "[1,null] | [2,null] | (null) | [4,null]"},
		{"CASE WHEN x IS NOT NULL THEN '{\"a\":1}'::jsonb END", "utf8", `{"a": 1} | {"a": 1} | (null) | {"a": 1}`},
		{"5", "int32", "5 | 5 | 5 | 5"},
		{"'const'", "utf8", "const | const | const | const"},
		{"NULL::date", "date32", "(null) | (null) | (null) | (null)"},
	} {
		rows, err := db.Query(context.Background(), "SELECT "+c.expr+" FROM (SELECT CASE WHEN g <> 3 THEN g END AS x, g FROM generate_series(1, 4) g) s ORDER BY g")
		if err != nil {
			t.Errorf("%s: %v", c.expr, err)
			continue
		}
		var parts []arrow.Array
		for {
			rec, err := rows.NextRecord()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", c.expr, err)
			}
			col := rec.Column(0)
			col.Retain()
			parts = append(parts, col)
			rec.Release()
		}
		typ := rows.ArrowSchema().Field(0).Type
		if typ.String() != c.typ {
			t.Errorf("%s: got %s, want %s", c.expr, typ, c.typ)
		}
		var got []string
		for _, p := range parts {
			for i := range p.Len() {
				got = append(got, p.ValueStr(i))
			}
			p.Release()
		}
		if s := strings.Join(got, " | "); s != c.want {
			t.Errorf("%s: got %s, want %s", c.expr, s, c.want)
		}
	}
}

// TestArrowOfFiles reads columns as they come from files, which are dictionaries and the like, and keeps the
// records until all are read.
func TestArrowOfFiles(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files", BatchRows: 100})
	ctx := context.Background()
	rows, err := db.Query(ctx, "SELECT * FROM orders ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	var recs []arrow.Record
	for {
		rec, err := rows.NextRecord()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
	}
	texts, err := db.Query(ctx, "SELECT * FROM orders ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer texts.Close()
	n := 0
	for _, rec := range recs {
		for i := range int(rec.NumRows()) {
			if !texts.Next() {
				t.Fatalf("%d rows", n)
			}
			n++
			for c, want := range texts.Values() {
				col := rec.Column(c)
				if (want == nil) != col.IsNull(i) {
					t.Fatalf("row %d: %v is %s", n, want, col.ValueStr(i))
				}
				switch w := want.(type) {
				case string:
					if got := col.ValueStr(i); got != w && !sameDecimal(got, w) {
						t.Fatalf("row %d: got %s, want %s", n, got, w)
					}
				case int64:
					if got := col.(*array.Int64).Value(i); got != w {
						t.Fatalf("row %d: got %d, want %d", n, got, w)
					}
				}
			}
		}
	}
	if texts.Next() || n == 0 {
		t.Errorf("%d rows", n)
	}
	// Arrow's own functions find in the buffers what was in the values.
	for c := range recs[0].NumCols() {
		var parts []arrow.Array
		var want []string
		for _, rec := range recs {
			col := rec.Column(int(c))
			parts = append(parts, array.NewSlice(col, 1, int64(col.Len())))
			for i := 1; i < col.Len(); i++ {
				want = append(want, col.ValueStr(i))
			}
		}
		all, err := array.Concatenate(parts, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if got := all.ValueStr(i); got != w {
				t.Fatalf("column %d, row %d: got %s, want %s", c, i, got, w)
			}
		}
	}
}

// sameDecimal reports whether two texts are the same number: Arrow's text of decimals leaves zeros out.
func sameDecimal(a, b string) bool {
	x, ok := new(big.Rat).SetString(a)
	y, ok2 := new(big.Rat).SetString(b)
	return ok && ok2 && x.Cmp(y) == 0
}

// Arrow's lists have no dimensions and no lower bounds: what has others than usual is no list, and nothing is lost in silence.
func TestArrowOfShapedArrays(t *testing.T) {
	db := openDB(t, gsql.Config{})
	for _, c := range []struct{ expr, err string }{
		{"'{{1,2},{3,4}}'::int[]", "arrays of more than one dimension cannot be made lists of Arrow"},
		{"'[0:1]={1,2}'::int[]", "arrays whose subscripts do not begin with 1 cannot be made lists of Arrow"},
		{"ROW(1, '{{1}}'::int[])", "arrays of more than one dimension cannot be made lists of Arrow"},
		{"ARRAY[ROW('{{1}}'::int[])]", "arrays of more than one dimension cannot be made lists of Arrow"},
		{"'[1:2]={1,2}'::int[]", ""}, {"('{{1,2},{3,4}}'::int[])::text", ""}, {"to_json('{{1,2},{3,4}}'::int[])", ""},
	} {
		rows, err := db.Query(context.Background(), "SELECT "+c.expr)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := rows.NextRecord()
		if err == nil {
			rec.Release()
		}
		if c.err == "" && err != nil || c.err != "" && (err == nil || err.Error() != c.err) {
			t.Errorf("%s: got %v, want %s", c.expr, err, c.err)
		}
		rows.Close()
	}
}
