package text

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"testing"
	"time"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// The expected texts and codes are PostgreSQL 15's, with TimeZone Europe/Berlin.
var cases = []struct {
	typ, in, want string // want is the output, or a SQLSTATE behind a !
}{
	{"bool", " TRUE ", "t"}, {"bool", "of", "f"}, {"bool", "o", "!22P02"}, {"bool", "", "!22P02"}, {"bool", "nope", "!22P02"},
	{"int2", "-32768", "-32768"}, {"int2", "32768", "!22003"}, {"int4", " 12 ", "12"}, {"int4", "1.0", "!22P02"},
	{"int4", "", "!22P02"}, {"int8", "-9223372036854775808", "-9223372036854775808"}, {"int8", "9223372036854775808", "!22003"},
	{"int8", "99999999999999999999999", "!22003"}, {"int4", "--1", "!22P02"}, {"int8", "1_000", "!22P02"},
	{"float8", "1e400", "!22003"}, {"float8", "1e-400", "!22003"}, {"float8", "0e-400", "0"}, {"float8", "0x10", "16"}, {"float8", " -0X1.8p1 ", "-3"}, {"float8", "0x.8", "0.5"},
	{"float8", "0x", "!22P02"}, {"float8", "0x1g", "!22P02"}, {"float8", "0x1p99999", "!22003"}, {"float8", "0x1p-1080", "!22003"}, {"float8", "0x0p-1080", "0"},
	{"float8", "+-0x1", "!22P02"}, {"float8", "0x1_0", "!22P02"}, {"float8", "1p3", "!22P02"},
	{"float8", "1e15", "1e+15"}, {"float8", "123456789012345", "123456789012345"}, {"float8", "0.0001", "0.0001"}, {"float8", "0.00001", "1e-05"},
	{"float8", "-0", "-0"}, {"float8", "inf", "Infinity"}, {"float8", "-Infinity", "-Infinity"}, {"float8", "nan", "NaN"},
	{"float8", "1.7976931348623157e308", "1.7976931348623157e+308"}, {"float8", "1000000", "1000000"}, {"float8", "2.50", "2.5"},
	{"float4", "1e6", "1e+06"}, {"float4", "999999", "999999"}, {"float4", "16777217", "1.6777216e+07"}, {"float4", "0.1", "0.1"},
	{"numeric", "1.50", "1.50"}, {"numeric", "-0.001", "-0.001"}, {"numeric", "1e3", "1000"}, {"numeric", "NaN", "NaN"}, {"numeric", "x", "!22P02"},
	{"numeric(5,2)", "123.456", "123.46"}, {"numeric(5,2)", "999.995", "!22003"}, {"numeric(5,2)", "-0.005", "-0.01"}, {"numeric(38,2)", "123456789012345678901234567890.5", "123456789012345678901234567890.50"},
	{"text", " a ", " a "}, {"varchar(3)", "abc  ", "abc"}, {"varchar(3)", "abcd", "!22001"}, {"varchar(3)", "äöü", "äöü"}, {"char(3)", "a", "a  "},
	{"bytea", `\xDEad`, `\xdead`}, {"bytea", `a\\b\001`, `\x615c6201`}, {"bytea", `\xabc`, "!22023"}, {"bytea", `\9`, "!22P02"},
	{"uuid", "{A0EEBC99-9C0B-4ef8-bb6d-6bb9bd380a11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}, {"uuid", "a0ee", "!22P02"},
	{"date", "1999-01-08", "1999-01-08"}, {"date", "January 8, 1999", "1999-01-08"}, {"date", "1/8/1999", "1999-01-08"}, {"date", "1/18/99", "1999-01-18"},
	{"date", "1999-Jan-08", "1999-01-08"}, {"date", "Jan-08-1999", "1999-01-08"}, {"date", "08-Jan-1999", "1999-01-08"}, {"date", "19990108", "1999-01-08"},
	{"date", "990108", "1999-01-08"}, {"date", "1999.008", "1999-01-08"}, {"date", "January 8, 99 BC", "0099-01-08 BC"}, {"date", "2024-02-30", "!22008"},
	{"date", "2024-13-01", "!22008"}, {"date", "2023-02-29", "!22008"}, {"date", "0000-01-01", "!22008"}, {"date", "0001-01-01 BC", "0001-01-01 BC"},
	{"date", "infinity", "infinity"}, {"date", "-infinity", "-infinity"}, {"date", "epoch", "1970-01-01"}, {"date", "hello", "!22007"}, {"date", "", "!22007"},
	{"date", "today", "2024-07-01"}, {"date", "tomorrow", "2024-07-02"}, {"date", "5874897-12-31", "5874897-12-31"}, {"date", "5874898-01-01", "!22008"},
	{"date", "1999-01-08 04:05:06", "1999-01-08"}, {"date", "2024-01", "!22007"},
	{"time", "04:05:06.789", "04:05:06.789"}, {"time", "04:05 PM", "16:05:00"}, {"time", "12:00 AM", "00:00:00"}, {"time", "24:00:00", "24:00:00"}, {"time", "25:00", "!22008"},
	{"time", "04:05:06.1234567", "04:05:06.123457"},
	{"timetz", "04:05:06-08:00", "04:05:06-08"}, {"timetz", "04:05:06+05:30", "04:05:06+05:30"}, {"timetz", "04:05:06 PST", "04:05:06-08"},
	{"timestamp", "2024-01-31 23:59:59.5", "2024-01-31 23:59:59.5"}, {"timestamp", "2024-01-31T23:59:59Z", "2024-01-31 23:59:59"}, {"timestamp", "2024-01-31", "2024-01-31 00:00:00"},
	{"timestamp", "Wed Jan 31 10:11:12 2024", "2024-01-31 10:11:12"}, {"timestamp", "20240131T101112", "2024-01-31 10:11:12"}, {"timestamp", "2024-01-31 24:00:00", "2024-02-01 00:00:00"},
	{"timestamp", "2024-01-31 10:11:60", "2024-01-31 10:12:00"}, {"timestamp", "2024-01-31 10:61:00", "!22008"}, {"timestamp", "infinity", "infinity"}, {"timestamp", "294277-01-01", "!22008"},
	{"timestamp", "4713-01-01 00:00:00 BC", "4713-01-01 00:00:00 BC"}, {"timestamp", "now", "2024-07-01 14:00:00"},
	{"timestamptz", "2024-01-31 23:59:59", "2024-01-31 23:59:59+01"}, {"timestamptz", "2024-07-01 00:00:00Z", "2024-07-01 02:00:00+02"}, {"timestamptz", "2024-07-01 00:00:00 America/New_York", "2024-07-01 06:00:00+02"},
	{"timestamptz", "2024-03-31 02:30:00", "2024-03-31 03:30:00+02"}, {"timestamptz", "2024-10-27 02:30:00", "2024-10-27 02:30:00+01"}, {"timestamptz", "1890-01-01", "1890-01-01 00:00:00+00:53:28"},
	{"timestamptz", "2024-01-01 00:00:00+05:30", "2023-12-31 19:30:00+01"}, {"timestamptz", "2024-01-01 00:00:00 Nowhere/Land", "!22023"},
	{"interval", "1 year 2 mons -3 days 04:05:06.7", "1 year 2 mons -3 days +04:05:06.7"}, {"interval", "P1Y2M3DT4H5M6S", "1 year 2 mons 3 days 04:05:06"}, {"interval", "1.5 months", "1 mon 15 days"},
	{"interval", "1 day ago", "-1 days"}, {"interval", "-1:30", "-01:30:00"}, {"interval", "1-2", "1 year 2 mons"}, {"interval", "90", "00:01:30"}, {"interval", "3 4:05", "3 days 04:05:00"},
	{"interval", "2 weeks", "14 days"}, {"interval", "1.5 days", "1 day 12:00:00"}, {"interval", "0", "00:00:00"}, {"interval", "1 fortnight", "!22007"}, {"interval", "", "!22007"}, {"interval", "100000000000 years", "!22015"},
	{"interval", "25 hours", "25:00:00"}, {"interval", "-1 mon +1 day", "-1 mons +1 day"}, {"interval", "1 century", "100 years"},
	{"json", `{"b":1,  "a":2}`, `{"b":1,  "a":2}`}, {"json", `{`, "!22P02"}, {"jsonb", `{"bb":1,"a":[1,2.50,null,"x"],"a":{}}`, `{"a": {}, "bb": 1}`},
	{"int[]", "{1,NULL, 3}", "{1,NULL,3}"}, {"text[]", `{a,"b c","",null,"NULL","q\"\\"}`, `{a,"b c","",NULL,"NULL","q\"\\"}`}, {"int[]", "{1,", "!22P02"}, {"int[]", "{1,x}", "!22P02"}, {"text[]", "{}", "{}"},
	{"int[]", "{{1}}", "{{1}}"}, {"int[][]", "{{1,2},{3,4}}", "{{1,2},{3,4}}"}, {"int[]", " { { 1 , 2 } , { 3 , null } } ", "{{1,2},{3,NULL}}"}, {"int[]", "{{{{{{1}}}}}}", "{{{{{{1}}}}}}"},
	{"text[]", `{{"a b","{}"},{"x\"y",""}}`, `{{"a b","{}"},{"x\"y",""}}`}, {"text[]", `{\a\ ,nul\l}`, `{"a ","null"}`}, {"box[]", "{{(1,1),(0,0)};{(3,3),(2,2)}}", "{{(1,1),(0,0)};{(3,3),(2,2)}}"},
	{"int[]", "[0:1]={1,2}", "[0:1]={1,2}"}, {"int[]", " [-1:0][7:7] = {{1},{2}}", "[-1:0][7:7]={{1},{2}}"}, {"int[]", "[2]={1,2}", "{1,2}"}, {"int[]", "[1:2][1:1]={{1},{2}}", "{{1},{2}}"},
	{"int[]", "[2147483646:2147483646]={1}", "[2147483646:2147483646]={1}"}, {"int[]", "[-2147483648:-2147483648]={1}", "[-2147483648:-2147483648]={1}"},
	{"int[]", "{{1},{2,3}}", "!22P02"}, {"int[]", "{{1},2}", "!22P02"}, {"int[]", "{1,{2}}", "!22P02"}, {"int[]", "{{{1}},{2}}", "!22P02"}, {"int[]", "{{1},{{2}}}", "!22P02"}, {"int[]", "{{},{}}", "!22P02"},
	{"int[]", "{1}}", "!22P02"}, {"int[]", "[1:3]={1,2}", "!22P02"}, {"int[]", "[1:1]={{1}}", "!22P02"}, {"int[]", "[1:0]={}", "!2202E"}, {"int[]", "[2147483647:2147483647]={1}", "!54000"}, {"int[]", "{{{{{{{1}}}}}}}", "!54000"},
	{"int[]", "[-2147483648:2147483647]={1}", "!54000"}, {"int[]", "[0:99999999999]={1}", "!22003"}, {"text[]", `{"\0","\"",{}`, "!22P02"}, {"text[]", `{"\0","\"b\\"}`, `{0,"\"b\\"}`}, {"text[]", `{a\`, "!22P02"}, {"text[]", `{"a"b}`, "!22P02"}, {"text[]", `{a,}`, "!22P02"},
}

func TestTextFormsAreThoseOfPostgres(t *testing.T) {
	berlin, err := Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	st := &Style{Location: berlin, Now: time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC)}
	for _, c := range cases {
		typ, err := ParseType(c.typ)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		v, err := Const(typ, c.in, st)
		if err == nil {
			got = String(v, 0, st)
		} else {
			got = "!" + string(sqlstate.Of(err))
		}
		if got != c.want {
			t.Errorf("'%s'::%s is %s, want %s (%v)", c.in, c.typ, got, c.want, err)
		}
	}
}

func TestParseType(t *testing.T) {
	for in, want := range map[string]string{
		"DECIMAL(15, 2)": "numeric(15,2)", "varchar": "character varying", "char": "character(1)", "bpchar": "character",
		"Double  Precision": "double precision", "timestamp with time zone": "timestamp with time zone", "int[]": "integer[]", "float(10)": "real",
		"varchar(3)": "character varying(3)", "decimal": "numeric", "numeric(4)": "numeric(4,0)", "numeric(12,2)[]": "numeric(12,2)[]",
		"fish": "!42704", "int(3)": "!42601", "numeric(2000)": "!22023", "varchar(0)": "!22023", "numeric(50,2)": "!0A000", "timestamp(3)": "!0A000",
	} {
		typ, err := ParseType(in)
		got := typ.String()
		if err != nil {
			got = "!" + string(sqlstate.Of(err))
		}
		if got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

func TestCalendarInverts(t *testing.T) {
	for d := int64(-3_000_000); d < 3_000_000; d += 97 {
		y, m, day := CivilFromDays(d)
		if got := DaysFromCivil(y, m, day); got != d {
			t.Fatalf("day %d is %d-%d-%d, which is day %d", d, y, m, day, got)
		}
		if want := time.Unix(d*86400, 0).UTC(); int64(want.Year()) != y || int64(want.Month()) != m || int64(want.Day()) != day {
			t.Fatalf("day %d is %d-%d-%d, want %v", d, y, m, day, want)
		}
	}
}

func TestCalendarLimits(t *testing.T) {
	for d, want := range map[int64]string{
		minDate: "-4713-11-24", maxDate: "5874897-12-31", 0: "1970-1-1", -719468: "0-3-1", -719469: "0-2-29", DateInfinity: "5881580-7-11", -13_000_000: "-33623-3-18",
	} {
		y, m, day := CivilFromDays(d)
		if got := fmt.Sprintf("%d-%d-%d", y, m, day); got != want || DaysFromCivil(y, m, day) != d {
			t.Errorf("day %d is %s, want %s", d, got, want)
		}
	}
}

func TestOffset(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "+05:30", "Etc/UTC"} {
		loc, err := Zone(name)
		if err != nil {
			t.Fatal(err)
		}
		for sec := int64(-6e9); sec < 30e9; sec += 1234567 {
			at := sec
			if sec%3 == 0 { // at and before a change of the clocks
				if _, end := time.Unix(sec, 0).In(loc).ZoneBounds(); !end.IsZero() {
					at = end.Unix() - sec%2
				}
			}
			_, want := time.Unix(at, 0).In(loc).Zone()
			if got := Offset(at*Second+999_999, loc); got != int64(want) {
				t.Fatalf("%s at %d: %d, want %d", name, at, got, want)
			}
		}
	}
}

func BenchmarkCivilFromDays(b *testing.B) {
	var sum int64
	for i := int64(0); b.Loop(); i++ {
		y, m, d := CivilFromDays(i & 0xffff)
		sum += y + m + d
	}
}

func BenchmarkOffset(b *testing.B) {
	loc, _ := Zone("Europe/Berlin")
	for i := int64(0); b.Loop(); i++ {
		Offset(i*86400*1e6*137%(2e9*1e6), loc)
	}
}

// FuzzParse checks that no text crashes a reader, and that what a value prints reads back as itself.
func FuzzParse(f *testing.F) {
	for _, c := range cases {
		f.Add(c.typ, c.in)
	}
	f.Fuzz(func(t *testing.T, name, in string) {
		typ, err := ParseType(name)
		if err != nil {
			return
		}
		v, err := Const(typ, in, nil)
		if err != nil {
			var e *sqlstate.Error
			if !errors.As(err, &e) {
				t.Fatalf("'%s'::%s: an error without code: %v", in, name, err)
			}
			return
		}
		out := String(v, 0, nil)
		w, err := Const(typ, out, nil)
		if err != nil {
			t.Fatalf("'%s'::%s prints %s, which fails: %v", in, name, out, err)
		}
		if again := String(w, 0, nil); again != out && typ.ID != types.Interval {
			t.Fatalf("'%s'::%s prints %s, which prints %s", in, name, out, again)
		}
	})
}

// TestISOReaders compares the fast readers with the general ones.
func TestISOReaders(t *testing.T) {
	for _, s := range []string{"2024-02-29", "2023-02-29", "1799-12-31", "2200-01-01", "0001-01-01", "0000-01-01", "2024-13-01", "2024-00-10",
		"2024-01-00", "2024-04-31", "9999-12-31", "2024/01/01", "2024-01-0x", "20240-1-01", "2024-1x-01", "2024-0:-01", "/024-01-01", ":024-01-01"} {
		b := vec.NewBuilder(types.Of(types.Date))
		err := Parse(b, types.Of(types.Date), []byte(s), nil)
		got, ok := ParseDateISO([]byte(s))
		if ok && (err != nil || vec.At[int32](b.Finish(), 0) != got) {
			t.Errorf("ParseDateISO(%s) = %d, general: %v", s, got, err)
		}
		if !ok && err == nil && s[4] == '-' && s[7] == '-' {
			t.Errorf("ParseDateISO refuses %s", s)
		}
	}
	for in, want := range map[string]string{
		"2024-01-31T23:59:59Z": "2024-01-31 23:59:59+00", "2024-01-31 23:59:59.25+05:30": "2024-01-31 18:29:59.25+00", "2024-01-31T00:00-08": "2024-01-31 08:00:00+00",
		"2024-01-31T00:00:00+0100": "2024-01-30 23:00:00+00", "2024-01-31T00:00:00": "", "2024-01-31T00:00:00z": "", "2024-01-31T00:00:00+1:00": "2024-01-30 23:00:00+00", "2024-01-31Z": "", "2024-01-31T00:00:00+16": "",
	} {
		ts, ok := ParseTimestampTZISO([]byte(in))
		got := ""
		if ok {
			got = string(AppendTimestampTZ(nil, ts, time.UTC))
		}
		if got != want {
			t.Errorf("ParseTimestampTZISO(%s) = %q, want %q", in, got, want)
		}
	}
	for _, s := range []string{"0", "-0", "1", "0.1", "-12.34", "123456789012345.678", "9007199254740993", "1.", ".5", ".", "-", "", "1.2.3", "00012.50", "999999999999999999", "1e5"} {
		want, err := strconv.ParseFloat(s, 64)
		got, ok := parseExact([]byte(s))
		if ok && (err != nil || got != want || math.Signbit(got) != math.Signbit(want)) {
			t.Errorf("parseExact(%s) = %v, want %v (%v)", s, got, want, err)
		}
	}
}

func BenchmarkParseDateISO(b *testing.B) {
	for b.Loop() {
		ParseDateISO([]byte("2024-02-29"))
	}
}
