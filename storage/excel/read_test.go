package excel

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"gsql/exec"
	"gsql/exec/exectest"
	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/scan/scantest"
)

// opener returns what makes tables of files.
func opener(opt Options) scantest.Opener {
	return func(files []file.File) (exec.Table, error) {
		shape, err := Infer(context.Background(), files, opt)
		if err != nil {
			return nil, err
		}
		return NewTable("t", files, shape, nil), nil
	}
}

func openFiles(tb testing.TB, opt Options, paths ...string) (exec.Table, error) {
	tb.Helper()
	return scantest.Files(tb, opener(opt), paths...)
}

func openBytes(tb testing.TB, opt Options) func(b []byte) (exec.Table, error) {
	return scantest.Bytes(tb, opener(opt), "x.xlsx")
}

// workbook makes a workbook of one sheet, which shares some texts and has styles 0 to 3 of numbers, dates, timestamps
// and times.
func workbook(tb testing.TB, sheet string) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<?xml version="1.0"?><x:workbook xmlns:x="y"><x:sheets><x:sheet name="S" r:id="a"/></x:sheets></x:workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="a" Type="http://x/worksheet" Target="/xl/s.xml"/><Relationship Id="b" Type="http://x/styles" Target="styles.xml"/><Relationship Id="c" Type="http://x/sharedStrings" Target="t.xml"/></Relationships>`,
		"xl/styles.xml":              `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="[$-409]hh:mm &quot;days&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="164"/></cellXfs></styleSheet>`,
		"xl/t.xml":                   `<sst><si><t>shared &amp; text</t></si><si><r><t>ri</t></r><r><t xml:space="preserve">ch </t></r><rPh><t>no</t></rPh></si><si><t/></si><si><t>a_x000D_b&#x41;</t></si></sst>`,
		"xl/s.xml":                   sheet,
	} {
		w, err := z.Create(name)
		if err != nil {
			tb.Fatal(err)
		}
		w.Write([]byte(text))
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func sheetOf(rows string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><!-- a comment --><worksheet><dimension ref="A1:Z99"/><sheetData>` + rows + `</sheetData><x/></worksheet>`
}

const inline = `<c t="inlineStr"><is><t>%s</t></is></c>`

func header(names ...string) string {
	row := "<row>"
	for _, n := range names {
		row += fmt.Sprintf(inline, n)
	}
	return row + "</row>"
}

func TestCells(t *testing.T) {
	data := workbook(t, sheetOf(header("n", "s", "b", "d", "ts", "t")+
		`<row><c><v>1.5</v></c><c t="s"><v>0</v></c><c t="b"><v>1</v></c><c s="1"><v>45351</v></c><c s="2"><v>45351.5</v></c><c s="3"><v>0.25</v></c></row>`+
		`<row r="5"><c r="B5" t="str"><f>A1&amp;"x"</f><v>a&lt;b</v></c><c r="D5" s="1"/></row>`+
		`<row><c r="A6"><f>1+1</f><v>1E-3</v></c><c r="B6" t="s"><v>1</v></c><c r="C6" t="b"><v>0</v></c><c r="D6" t="d"><v>2024-02-29</v></c><c r="E6" t="d"><v>1969-12-31T23:59:58Z</v></c><c r="F6" s="3"><v>0.99999999</v></c></row>`+
		`<row><c r="B7" t="s"><v>2</v></c></row><row><c r="B8" t="s"><v>3</v></c></row><row r="2000"/>`))
	tab, err := openBytes(t, Options{})(data)
	if err != nil {
		t.Fatal(err)
	}
	exectest.CheckScan(t, tab, []string{
		"1.5|shared & text|t|2024-02-29|2024-02-29 12:00:00|06:00:00",
		"NULL|NULL|NULL|NULL|NULL|NULL",
		"NULL|NULL|NULL|NULL|NULL|NULL",
		"NULL|a<b|NULL|NULL|NULL|NULL",
		"0.001|rich |f|2024-02-29|1969-12-31 23:59:58|23:59:59.999",
		"NULL||NULL|NULL|NULL|NULL",
		"NULL|a\rbA|NULL|NULL|NULL|NULL",
	})
}

// Rows are the same whatever of them a window of the XML has.
func TestManyRows(t *testing.T) {
	var b strings.Builder
	var want []string
	b.WriteString(header("id", "name"))
	for i := range 20_000 {
		fmt.Fprintf(&b, `<row r="%d"><c r="A%[1]d"><v>%[2]d</v></c><c r="B%[1]d" t="inlineStr"><is><t>name %[2]d, with &quot;quotes&quot;</t></is></c></row>`, i+2, i)
		want = append(want, fmt.Sprintf("%d|name %d, with \"quotes\"", i, i))
	}
	tab, err := openBytes(t, Options{})(workbook(t, sheetOf(b.String())))
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range []int{1000, 8192} {
		got, err := exectest.ScanRows(tab, 2, batch, -1)
		if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Fatalf("%v: %d rows, want %d", err, len(got), len(want))
		}
	}
}

func TestErrors(t *testing.T) {
	one := 1
	for _, c := range []struct {
		sheet  string
		sample int
		code   sqlstate.Code
		detail string
	}{
		{header("a") + `<row><c><v>1</v></c></row><row><c t="b"><v>1</v></c></row>`, one, sqlstate.BadTextValue, "cell A3"},
		{header("a") + `<row><c><v>1</v></c></row><row><c r="C3"><v>1</v></c></row>`, one, sqlstate.BadCopyFormat, ""},
		{header("a") + `<row><c t="s"><v>77</v></c></row>`, 0, sqlstate.DataCorrupted, "row 2"},
		{header("a") + `<row><c><v>one</v></c></row>`, 0, sqlstate.DataCorrupted, "row 2"},
		{header("a") + `<row r="1"><c><v>1</v></c></row>`, 0, sqlstate.DataCorrupted, ""},
		{header("a") + `<row r="9999999"><c><v>1</v></c></row>`, 0, sqlstate.DataCorrupted, ""},
		{header("a") + `<row><c r="ZZZZ2"><v>1</v></c></row>`, 0, sqlstate.DataCorrupted, ""},
		{header("a") + `<row><c t="str"><v>` + "\xff" + `</v></c></row>`, 0, sqlstate.DataCorrupted, ""},
		{header("a") + `<row><c><v>1</v>`, 0, sqlstate.DataCorrupted, ""},
		{header("a") + `<row><![CDATA[`, 0, sqlstate.DataCorrupted, ""},
		{`<!DOCTYPE x>`, 0, sqlstate.DataCorrupted, ""},
		{"", 0, sqlstate.InvalidParameterValue, ""},
	} {
		text := sheetOf(c.sheet)
		if !strings.HasSuffix(c.sheet, "</row>") && c.sheet != "" {
			text = text[:strings.Index(text, c.sheet)+len(c.sheet)]
		}
		tab, err := openBytes(t, Options{SampleSize: c.sample})(workbook(t, text))
		if err == nil {
			_, err = exectest.ScanRows(tab, 1, 10, -1)
		}
		if sqlstate.Of(err) != c.code || !strings.Contains(err.(*sqlstate.Error).Detail, c.detail) {
			t.Errorf("%s: got %v, want %s", c.sheet, err, c.code)
		}
	}
}

func TestStyles(t *testing.T) {
	for format, want := range map[string]style{
		"General": number, "0.00": number, "#,##0.00;[Red]-#,##0.00": number, "0.00E+00": number, `"day" 0`: number, `\d0`: number,
		"yyyy-mm-dd": date, "[$-409]d\\-mmm\\-yy;@": date, "mmm": date, "yyyy-mm-dd hh:mm:ss": timestamp, "m/d/yy h:mm AM/PM": timestamp,
		"hh:mm:ss.000": clock, "mm:ss.0": clock, "[h]:mm:ss": elapsed, "[mm]:ss": elapsed, "[Red]0": number, "@": number, "": number,
		`"unclosed`: number, "[unclosed": number, "_": number,
	} {
		if got := styleOf(format); got != want {
			t.Errorf("%q is %d, not %d", format, got, want)
		}
	}
}

func TestPlaces(t *testing.T) {
	for s, want := range map[string][2]int{"A1": {1, 1}, "Z9": {26, 9}, "AA10": {27, 10}, "XFD1048576": {16384, 1048576}, "b": {2, 0}} {
		if c, r, ok := place([]byte(s)); !ok || c != want[0] || r != want[1] {
			t.Errorf("%s: %d %d %v", s, c, r, ok)
		}
		if want[1] > 0 && at(want[0], want[1]) != s {
			t.Errorf("%s: %s", s, at(want[0], want[1]))
		}
	}
}

// damageMemory is what a small file may take.
const damageMemory = 64 << 20

func TestDamage(t *testing.T) {
	rounds := 300
	if exectest.Long() {
		rounds = 10_000
	}
	for _, name := range []string{"book.xlsx", "mac1904.xlsx"} {
		data, err := os.ReadFile("../../testdata/files/ugly/" + name)
		if err != nil {
			t.Fatal(err)
		}
		exectest.CheckDamage(t, data, rounds, damageMemory, openBytes(t, Options{}))
	}
	sheet := []byte(sheetOf(header("a", "b") + strings.Repeat(`<row><c><v>1</v></c><c t="s"><v>0</v></c></row>`, 5)))
	exectest.CheckDamage(t, sheet, rounds, damageMemory, func(b []byte) (exec.Table, error) {
		return openBytes(t, Options{})(workbook(t, string(b)))
	})
}

func FuzzSheet(f *testing.F) {
	f.Add(sheetOf(header("a", "b")+`<row r="7"><c s="1"><v>45351</v></c><c r="E7" t="s"><v>0</v></c></row>`), false)
	f.Add(sheetOf(`<row><c t="inlineStr"><is><t>x</t></is></c><c t="d"><v>2024-02-29</v></c><c t="e"><v>#N/A</v></c></row>`), true)
	f.Fuzz(func(t *testing.T, sheet string, all bool) {
		data := workbook(t, sheet)
		exectest.CheckAny(t, data, damageMemory, openBytes(t, Options{AllVarchar: all}))
	})
}
