package pgwire

import (
	"encoding/hex"
	"fmt"
	"testing"
)

// typeFacts are values as PostgreSQL 15 takes and gives them: time zone ("" is UTC), type, OID, a text that it
// reads, the text that it writes, and the binary form.
var typeFacts = []struct {
	zone, typ string
	oid       uint32
	in, text  string
	binary    string
}{
	{"", "bool", 16, "true", "t", "01"},
	{"", "bool", 16, "false", "f", "00"},
	{"", "int2", 21, "0", "0", "0000"},
	{"", "int2", 21, "-32768", "-32768", "8000"},
	{"", "int2", 21, "32767", "32767", "7fff"},
	{"", "int4", 23, "1", "1", "00000001"},
	{"", "int4", 23, "-2147483648", "-2147483648", "80000000"},
	{"", "int8", 20, "9223372036854775807", "9223372036854775807", "7fffffffffffffff"},
	{"", "int8", 20, "-1", "-1", "ffffffffffffffff"},
	{"", "float4", 700, "1.5", "1.5", "3fc00000"},
	{"", "float4", 700, "1e10", "1e+10", "501502f9"},
	{"", "float4", 700, "0.1", "0.1", "3dcccccd"},
	{"", "float4", 700, "NaN", "NaN", "7fc00000"},
	{"", "float4", 700, "Infinity", "Infinity", "7f800000"},
	{"", "float4", 700, "-0", "-0", "80000000"},
	{"", "float4", 700, "3.4028235e38", "3.4028235e+38", "7f7fffff"},
	{"", "float4", 700, "1e-7", "1e-07", "33d6bf95"},
	{"", "float4", 700, "123456792", "1.2345679e+08", "4ceb79a3"},
	{"", "float4", 700, "1e6", "1e+06", "49742400"},
	{"", "float4", 700, "1234567", "1.234567e+06", "4996b438"},
	{"", "float8", 701, "1.5", "1.5", "3ff8000000000000"},
	{"", "float8", 701, "0.1", "0.1", "3fb999999999999a"},
	{"", "float8", 701, "1e15", "1e+15", "430c6bf526340000"},
	{"", "float8", 701, "1e16", "1e+16", "4341c37937e08000"},
	{"", "float8", 701, "1e-5", "1e-05", "3ee4f8b588e368f1"},
	{"", "float8", 701, "0.0001", "0.0001", "3f1a36e2eb1c432d"},
	{"", "float8", 701, "1e300", "1e+300", "7e37e43c8800759c"},
	{"", "float8", 701, "NaN", "NaN", "7ff8000000000000"},
	{"", "float8", 701, "-Infinity", "-Infinity", "fff0000000000000"},
	{"", "float8", 701, "123456789012345680", "1.2345678901234568e+17", "437b69b4ba630f35"},
	{"", "float8", 701, "100000", "100000", "40f86a0000000000"},
	{"", "float8", 701, "1e21", "1e+21", "444b1ae4d6e2ef50"},
	{"", "float8", 701, "4.9e-324", "5e-324", "0000000000000001"},
	{"", "numeric", 1700, "0", "0", "0000000000000000"},
	{"", "numeric", 1700, "1.50", "1.50", "000200000000000200011388"},
	{"", "numeric", 1700, "-12345678901234567890.123", "-12345678901234567890.123", "000600044000000304d2162e23340d801ed204ce"},
	{"", "numeric", 1700, "0.0001", "0.0001", "0001ffff000000040001"},
	{"", "numeric", 1700, "NaN", "NaN", "00000000c0000000"},
	{"", "numeric", 1700, "Infinity", "Infinity", "00000000d0000020"},
	{"", "numeric", 1700, "10000", "10000", "00010001000000000001"},
	{"", "numeric", 1700, "100000000", "100000000", "00010002000000000001"},
	{"", "numeric", 1700, "1e-10", "0.0000000001", "0001fffd0000000a0064"},
	{"", "text", 25, "", "", ""},
	{"", "text", 25, "héllo", "héllo", "68c3a96c6c6f"},
	{"", "text", 25, "tab\there", "tab\there", "7461620968657265"},
	{"", "varchar", 1043, "x", "x", "78"},
	{"", "bpchar", 1042, "ab ", "ab ", "616220"},
	{"", "name", 19, "n", "n", "6e"},
	{"", "bytea", 17, "\\x", "\\x", ""},
	{"", "bytea", 17, "\\xdeadbeef", "\\xdeadbeef", "deadbeef"},
	{"", "date", 1082, "1999-12-31", "1999-12-31", "ffffffff"},
	{"", "date", 1082, "2000-01-01", "2000-01-01", "00000000"},
	{"", "date", 1082, "0001-01-01", "0001-01-01", "fff4dbf9"},
	{"", "date", 1082, "0044-03-15 BC", "0044-03-15 BC", "fff49d7b"},
	{"", "date", 1082, "infinity", "infinity", "7fffffff"},
	{"", "date", 1082, "-infinity", "-infinity", "80000000"},
	{"", "date", 1082, "99999-01-01", "99999-01-01", "022229f8"},
	{"", "time", 1083, "00:00:00", "00:00:00", "0000000000000000"},
	{"", "time", 1083, "23:59:59.999999", "23:59:59.999999", "000000141dd75fff"},
	{"", "time", 1083, "24:00:00", "24:00:00", "000000141dd76000"},
	{"", "timetz", 1266, "12:00:00+05:30", "12:00:00+05:30", "0000000a0eebb000ffffb2a8"},
	{"", "timestamp", 1114, "2000-01-01 00:00:00", "2000-01-01 00:00:00", "0000000000000000"},
	{"", "timestamp", 1114, "2024-02-29 12:34:56.789", "2024-02-29 12:34:56.789", "0002b58341728608"},
	{"", "timestamp", 1114, "0001-01-01 00:00:00", "0001-01-01 00:00:00", "ff1fe2ffc59c6000"},
	{"", "timestamp", 1114, "infinity", "infinity", "7fffffffffffffff"},
	{"", "timestamp", 1114, "1999-12-31 23:59:59.999999", "1999-12-31 23:59:59.999999", "ffffffffffffffff"},
	{"", "timestamp", 1114, "2024-01-01 00:00:00.1", "2024-01-01 00:00:00.1", "0002b0d5d4eac6a0"},
	{"", "timestamptz", 1184, "2024-02-29 12:34:56.789+02", "2024-02-29 10:34:56.789+00", "0002b581944b3e08"},
	{"", "timestamptz", 1184, "infinity", "infinity", "7fffffffffffffff"},
	{"", "interval", 1186, "1 day", "1 day", "00000000000000000000000100000000"},
	{"", "interval", 1186, "1 mon -2 days 03:04:05.678", "1 mon -2 days +03:04:05.678", "00000002925fabb0fffffffe00000001"},
	{"", "interval", 1186, "-1 year", "-1 years", "000000000000000000000000fffffff4"},
	{"", "interval", 1186, "00:00:00.000001", "00:00:00.000001", "00000000000000010000000000000000"},
	{"", "interval", 1186, "100:00:00", "100:00:00", "00000053d1ac10000000000000000000"},
	{"", "interval", 1186, "1 year 2 mons", "1 year 2 mons", "0000000000000000000000000000000e"},
	{"", "interval", 1186, "-00:00:01", "-00:00:01", "fffffffffff0bdc00000000000000000"},
	{"", "interval", 1186, "1 day -00:00:01", "1 day -00:00:01", "fffffffffff0bdc00000000100000000"},
	{"", "uuid", 2950, "00112233-4455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddeeff", "00112233445566778899aabbccddeeff"},
	{"", "json", 114, "{\"a\": 1}", "{\"a\": 1}", "7b2261223a20317d"},
	{"", "jsonb", 3802, "{\"b\":1, \"a\":[1,2]}", "{\"a\": [1, 2], \"b\": 1}", "017b2261223a205b312c20325d2c202262223a20317d"},
	{"", "jsonb", 3802, "\"x\"", "\"x\"", "01227822"},
	{"", "oid", 26, "4294967295", "4294967295", "ffffffff"},
	{"", "int4[]", 1007, "{}", "{}", "000000000000000000000017"},
	{"", "int4[]", 1007, "{1,NULL,3}", "{1,NULL,3}", "00000001000000010000001700000003000000010000000400000001ffffffff0000000400000003"},
	{"", "text[]", 1009, "{a,\"b c\",\"q\\\"x\",NULL,\"NULL\",\"\"}", "{a,\"b c\",\"q\\\"x\",NULL,\"NULL\",\"\"}", "000000010000000100000019000000060000000100000001610000000362206300000003712278ffffffff000000044e554c4c00000000"},
	{"", "numeric[]", 1231, "{1.5,2}", "{1.5,2}", "0000000100000000000006a400000002000000010000000c0002000000000001000113880000000a00010000000000000002"},
	{"", "timestamp[]", 1115, "{\"2024-01-01 00:00:00\"}", "{\"2024-01-01 00:00:00\"}", "00000001000000000000045a0000000100000001000000080002b0d5d4e94000"},
	{"Asia/Kolkata", "timetz", 1266, "12:00:00+05:30", "12:00:00+05:30", "0000000a0eebb000ffffb2a8"},
	{"Asia/Kolkata", "timestamptz", 1184, "2024-02-29 12:34:56.789+02", "2024-02-29 16:04:56.789+05:30", "0002b581944b3e08"},
	{"Asia/Kolkata", "timestamptz", 1184, "infinity", "infinity", "7fffffffffffffff"},
}

// TestFormsOfTypes sends each value as text and as binary, and takes it back as both.
func TestFormsOfTypes(t *testing.T) {
	addr := startServer(t, gsqlConfig())
	for i, f := range typeFacts {
		t.Run(fmt.Sprintf("%d %s %s", i, f.typ, f.in), func(t *testing.T) {
			w := &wire{t: t, nc: dial(t, addr)}
			w.start()
			if f.zone != "" {
				w.exchange([]string{fmt.Sprintf("> Query %q", "set timezone = '"+f.zone+"'")})
			}
			raw, err := hex.DecodeString(f.binary)
			if err != nil {
				t.Fatal(err)
			}
			describe := w.exchange([]string{fmt.Sprintf("> Parse s %q", "select $1::"+f.typ), "> Describe S s", "> Sync"})
			if want := fmt.Sprintf("< ParseComplete\n< ParameterDescription %d\n", f.oid); describe[:min(len(want), len(describe))] != want {
				t.Fatalf("got %s, want %s", describe, want)
			}
			for _, in := range []struct {
				code  int
				value string
			}{{0, fmt.Sprintf("%q", f.in)}, {1, "x\"" + f.binary + "\""}} {
				for out, want := range []string{f.text, string(raw)} {
					bind := fmt.Sprintf("> Bind \"\" s in=%d out=%d %s", in.code, out, in.value)
					got := w.exchange([]string{bind, "> Execute \"\"", "> Sync"})
					if want := "< BindComplete\n< DataRow" + showValue([]byte(want)) + "\n< CommandComplete SELECT 1\n< ReadyForQuery I\n"; got != want {
						t.Errorf("%s: got\n%swant\n%s", bind, got, want)
					}
				}
			}
		})
	}
}
