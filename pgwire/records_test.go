package pgwire

import (
	"encoding/hex"
	"fmt"
	"testing"
)

// recordFacts are records and arrays of them, as PostgreSQL 15 sends them as text and in binary.
var recordFacts = []struct {
	query        string
	oid          uint32
	text, binary string
}{
	{"row(1,'a'::text,null::int,1.5)", 2249, "(1,a,,1.5)", "0000000400000017000000040000000100000019000000016100000017ffffffff000006a40000000c000200000000000100011388"},
	{"row()", 2249, "()", "00000000"},
	{"row(row(true,2::bigint),date '2020-01-02',array[1,null])", 2249, `("(t,2)",2020-01-02,"{1,NULL}")`, "00000003000008c90000001d00000002000000100000000101000000140000000800000000000000020000043a0000000400001c8a000003ef0000002000000001000000010000001700000002000000010000000400000001ffffffff"},
	{"row(null::text)", 2249, "()", "0000000100000019ffffffff"},
	{"array[row(1,'x'::text),null,row(2,null::text)]", 2287, `{"(1,x)",NULL,"(2,)"}`, "0000000100000001000008c900000003000000010000001900000002000000170000000400000001000000190000000178ffffffff000000180000000200000017000000040000000200000019ffffffff"},
}

// TestFormsOfRecords takes records as text and as binary.
func TestFormsOfRecords(t *testing.T) {
	addr := startServer(t, gsqlConfig())
	for _, f := range recordFacts {
		w := &wire{t: t, nc: dial(t, addr)}
		w.start()
		raw, err := hex.DecodeString(f.binary)
		if err != nil {
			t.Fatal(err)
		}
		describe := w.exchange([]string{fmt.Sprintf("> Parse s %q", "select "+f.query+" as r"), "> Describe S s", "> Sync"})
		if want := fmt.Sprintf("< ParseComplete\n< ParameterDescription\n< RowDescription r(%d,-1)", f.oid); describe[:min(len(want), len(describe))] != want {
			t.Errorf("got %s, want %s", describe, want)
		}
		for out, want := range []string{f.text, string(raw)} {
			got := w.exchange([]string{fmt.Sprintf("> Bind \"\" s out=%d", out), "> Execute \"\"", "> Sync"})
			if want := "< BindComplete\n< DataRow" + showValue([]byte(want)) + "\n< CommandComplete SELECT 1\n< ReadyForQuery I\n"; got != want {
				t.Errorf("%s: got\n%swant\n%s", f.query, got, want)
			}
		}
	}
}
