package parquet

import (
	"context"
	"fmt"
	"strings"
	"testing"

	apq "github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

// drifted makes a column of three values, in one of several types that hold them or some of them.
func drifted(t *testing.T, name, as string) data {
	t.Helper()
	required := apq.Repetitions.Required
	logical := func(l schema.LogicalType, phys apq.Type, values any, texts ...string) data {
		return data{node: schema.Must(schema.NewPrimitiveNodeLogical(name, required, l, phys, 0, -1)), values: values, texts: texts}
	}
	switch as {
	case "smallint":
		return logical(schema.NewIntLogicalType(16, true), apq.Types.Int32, []int32{-7, 0, 32767}, "-7", "0", "32767")
	case "integer":
		return logical(schema.NoLogicalType{}, apq.Types.Int32, []int32{-7, 0, 1 << 30}, "-7", "0", "1073741824")
	case "bigint":
		return logical(schema.NoLogicalType{}, apq.Types.Int64, []int64{-7, 0, 1 << 53}, "-7", "0", "9007199254740992")
	case "large":
		return logical(schema.NoLogicalType{}, apq.Types.Int64, []int64{-7, 0, 1<<53 + 1}, "-7", "0", "9007199254740993")
	case "largest":
		return logical(schema.NoLogicalType{}, apq.Types.Int64, []int64{1<<63 - 1, -1 << 63, 1}, "9223372036854775807", "-9223372036854775808", "1")
	case "real":
		return logical(schema.NoLogicalType{}, apq.Types.Float, []float32{1.5, -2, 0}, "1.5", "-2", "0")
	case "double":
		return logical(schema.NoLogicalType{}, apq.Types.Double, []float64{0.1, -2, 1e300}, "0.1", "-2", "1e+300")
	case "numeric(9,2)":
		return logical(schema.NewDecimalLogicalType(9, 2), apq.Types.Int32, []int32{-725, 0, 999999999}, "-7.25", "0.00", "9999999.99")
	case "numeric(18,4)":
		return logical(schema.NewDecimalLogicalType(18, 4), apq.Types.Int64, []int64{1, 20000, -5}, "0.0001", "2.0000", "-0.0005")
	case "date":
		return logical(schema.DateLogicalType{}, apq.Types.Int32, []int32{0, 19723, -1}, "1970-01-01", "2024-01-01", "1969-12-31")
	case "timestamp":
		return logical(schema.NewTimestampLogicalType(false, schema.TimeUnitMicros), apq.Types.Int64, []int64{1, 0, 86400e6}, "1970-01-01 00:00:00.000001", "1970-01-01 00:00:00", "1970-01-02 00:00:00")
	case "boolean":
		return logical(schema.NoLogicalType{}, apq.Types.Boolean, []bool{true, false, true}, "t", "f", "t")
	case "text":
		return logical(schema.StringLogicalType{}, apq.Types.ByteArray, []apq.ByteArray{[]byte("x"), []byte(""), []byte("a longer text than that")}, "x", "", "a longer text than that")
	case "bytea":
		return logical(schema.NoLogicalType{}, apq.Types.ByteArray, []apq.ByteArray{[]byte("x"), nil, []byte("y")}, `\x78`, `\x`, `\x79`)
	}
	t.Fatalf("no such type %s", as)
	return data{}
}

// Files with a column in different types are read with one that holds the values of all, where there is one.
func TestTypesThatDrift(t *testing.T) {
	for _, x := range []struct{ a, b, want, texts string }{
		{"smallint", "integer", "integer", ""}, {"integer", "bigint", "bigint", ""}, {"smallint", "bigint", "bigint", ""}, {"real", "double", "double precision", ""},
		{"integer", "real", "double precision", "-7 0 1073741824 1.5 -2 0"}, {"bigint", "double", "double precision", "-7 0 9.007199254740992e+15 0.1 -2 1e+300"},
		{"integer", "numeric(9,2)", "numeric(12,2)", "-7.00 0.00 1073741824.00 -7.25 0.00 9999999.99"}, {"bigint", "numeric(18,4)", "numeric(23,4)", "-7.0000 0.0000 9007199254740992.0000 0.0001 2.0000 -0.0005"},
		{"numeric(9,2)", "numeric(18,4)", "numeric(18,4)", "-7.2500 0.0000 9999999.9900 0.0001 2.0000 -0.0005"},
		{"date", "timestamp", "timestamp without time zone", "1970-01-01 00:00:00 2024-01-01 00:00:00 1969-12-31 00:00:00 1970-01-01 00:00:00.000001 1970-01-01 00:00:00 1970-01-02 00:00:00"},
		{"text", "integer", "text", ""}, {"text", "double", "text", ""}, {"text", "numeric(9,2)", "text", ""}, {"text", "date", "text", ""}, {"text", "timestamp", "text", ""},
		{"text", "boolean", "text", "x  a longer text than that true false true"},
		{"large", "double", "!22003", "value 9007199254740993 of column"}, {"largest", "real", "!22003", "value 9223372036854775807 of column"}, {"largest", "bigint", "bigint", ""},
		{"boolean", "integer", "!42804", ""}, {"text", "bytea", "!42804", ""}, {"date", "integer", "!42804", ""}, {"numeric(9,2)", "double", "!42804", ""},
	} {
		for _, swapped := range []bool{false, true} {
			a, b := drifted(t, "c", x.a), drifted(t, "c", x.b)
			files := []file.File{save(t, encode(t, []data{a}, 2)), save(t, encode(t, []data{b}, 2))}
			order := []int{0, 1}
			if swapped {
				order = []int{1, 0}
			}
			what := fmt.Sprintf("%s and %s swapped=%v", x.a, x.b, swapped)
			got, typ, err := driftedColumn([]file.File{files[order[0]], files[order[1]]})
			if code, bad := strings.CutPrefix(x.want, "!"); bad {
				if string(sqlstate.Of(err)) != code || !strings.Contains(err.Error(), x.texts) || code == "42804" && (!strings.Contains(err.Error(), files[0].Path) || !strings.Contains(err.Error(), files[1].Path)) {
					t.Errorf("%s: %v, want %s", what, err, x.want)
				}
				continue
			}
			if err != nil || typ != x.want {
				t.Errorf("%s: %v, %v, want %s", what, typ, err, x.want)
				continue
			}
			texts := [2]string{strings.Join(a.texts, " "), strings.Join(b.texts, " ")}
			if x.texts != "" {
				all := strings.Split(x.texts, " ")
				if typ == "timestamp without time zone" || strings.Contains(x.texts, "longer") {
					all = nil
				}
				if all == nil {
					if !swapped && strings.Join(got, " ") != x.texts {
						t.Errorf("%s: %q, want %q", what, got, x.texts)
					}
					continue
				}
				texts = [2]string{strings.Join(all[:3], " "), strings.Join(all[3:], " ")}
			}
			if want := texts[order[0]] + " " + texts[order[1]]; strings.Join(got, " ") != want {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
	}
}

func driftedColumn(files []file.File) (texts []string, typ string, err error) {
	shape, err := Infer(context.Background(), files, Options{})
	if err != nil {
		return nil, "", err
	}
	tab := NewTable("x", files, shape, nil)
	p, err := tab.Scan(context.Background(), request(tab, 1))
	if err != nil {
		return nil, "", err
	}
	cols, err := collect(newEnv(2), p)
	if err != nil {
		return nil, "", err
	}
	return cols[0], tab.Schema()[0].Type.String(), nil
}

// A file that was not looked at may have fewer columns and narrower types, not wider ones.
func TestFilesThatDrift(t *testing.T) {
	one := save(t, encode(t, []data{drifted(t, "a", "integer"), drifted(t, "b", "bigint")}, 2))
	two := save(t, encode(t, []data{drifted(t, "b", "smallint"), drifted(t, "c", "text")}, 2))
	wide := save(t, encode(t, []data{drifted(t, "a", "double"), drifted(t, "b", "bigint")}, 2))
	scan := func(looked, all []file.File, o Options) (string, error) {
		shape, err := Infer(context.Background(), looked, o)
		if err != nil {
			return "", err
		}
		tab := NewTable("x", all, shape, nil)
		tab.Stats()
		p, err := tab.Scan(context.Background(), request(tab, 1))
		if err != nil {
			return "", err
		}
		cols, err := collect(newEnv(2), p)
		var out []string
		for i, c := range cols {
			out = append(out, tab.Schema()[i].Name+" "+tab.Schema()[i].Type.String()+": "+strings.Join(c, ","))
		}
		return strings.Join(out, "; "), err
	}
	got, err := scan([]file.File{one}, []file.File{one, two}, Options{})
	if want := "a integer: -7,0,1073741824,NULL,NULL,NULL; b bigint: -7,0,9007199254740992,-7,0,32767"; got != want || err != nil {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	got, err = scan([]file.File{one, two}, []file.File{one, two}, Options{ByName: true})
	if want := "a integer: -7,0,1073741824,NULL,NULL,NULL; b bigint: -7,0,9007199254740992,-7,0,32767; c text: NULL,NULL,NULL,x,,a longer text than that"; got != want || err != nil {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	_, err = scan([]file.File{one}, []file.File{one, wide}, Options{})
	wantCode(t, err, sqlstate.DatatypeMismatch, one.Path, wide.Path, `"a"`, "integer", "double")
}

// Footers are kept up to a number of bytes, and not longer than their files are the same.
func TestFootersAreBounded(t *testing.T) {
	c := NewFooters(20_000)
	for i := range 100 {
		f := save(t, encode(t, []data{int64Column("a", i, 5), drifted(t, "b", "text")}[:1], 2))
		m, h, err := c.get(f)
		if err != nil || h == nil {
			t.Fatal(err, h)
		}
		h.Close()
		again, h, err := c.get(f)
		if again != m || h != nil || err != nil {
			t.Fatalf("the footer is read again: %v", err)
		}
		if f.Inode++; i == 0 {
			f2 := f
			f2.Inode--
			f2.Size++
			if _, _, err := c.get(f2); err == nil {
				t.Error("the footer of another state of the file was returned")
			}
		}
		if c.bytes > c.limit {
			t.Fatalf("%d bytes are kept", c.bytes)
		}
	}
	if n := len(c.files); n < 10 || n > 90 || len(c.schemas) != 1 {
		t.Errorf("%d footers and %d schemas are kept", n, len(c.schemas))
	}
}
