package csv

import (
	"fmt"
	"strings"

	"gsql/exec"
	"gsql/exec/types"
)

// Found is what was found out of a file's dialect and its columns.
type Found struct {
	Delim, Quote, Escape, Comment string // "" for none
	Newline                       string
	Skip                          int
	Header                        bool
	Columns                       exec.Schema
	DateFormat, TimestampFormat   string   // "" for SQL's
	Decimal, Thousands            string   // "" for SQL's and none
	Encoding                      string   // that was asked for
	Nulls                         []string // texts that are NULL; nil: the empty one
	Pad, Ignore                   bool     // rows may lack fields; rows that cannot be read are left out
	// Mixed: dates, or timestamps, of different columns have different formats, which options do not say.
	Mixed bool
}

// Found returns what the shape knows.
func (sh *Shape) Found() Found {
	text := func(b byte) string {
		if b == 0 {
			return ""
		}
		return string(rune(b))
	}
	f := Found{Delim: text(sh.Delim), Quote: text(sh.Quote), Escape: text(sh.Escape), Comment: text(sh.Comment), Newline: `\n`,
		Skip: sh.skip, Header: sh.header != nil, Columns: sh.Schema, Encoding: sh.encoding, Pad: sh.pad, Ignore: sh.ignore}
	if sh.Newline == '\r' {
		f.Newline = `\r`
	}
	for _, w := range sh.nulls.words {
		f.Nulls = append(f.Nulls, string(w))
	}
	if sh.nulls.empty && f.Nulls != nil {
		f.Nulls = append(f.Nulls, "")
	}
	dates, timestamps := map[string]bool{}, map[string]bool{}
	for i, c := range sh.Schema {
		pattern := ""
		if sh.forms != nil && sh.forms[i] != nil {
			if form := sh.forms[i]; form.date != nil {
				pattern = form.date.pattern
			} else {
				f.Decimal, f.Thousands = text(form.number.decimal), text(form.number.thousands)
			}
		}
		switch c.Type.ID {
		case types.Date:
			f.DateFormat, dates[pattern] = pattern, true
		case types.Timestamp:
			f.TimestampFormat, timestamps[pattern] = pattern, true
		}
	}
	if f.Mixed = len(dates) > 1 || len(timestamps) > 1; f.Mixed {
		f.DateFormat, f.TimestampFormat = "", ""
	}
	return f
}

// Call writes the call of read_csv that reads a path in just this way, with nothing left to be found out but formats of
// dates that are mixed.
func (f *Found) Call(path string) string {
	var b strings.Builder
	detect, columns := ", auto_detect => false", "columns"
	if f.Mixed {
		detect, columns = "", "types"
	}
	fmt.Fprintf(&b, "read_csv(%s%s, delim => %s, quote => %s, escape => %s", quoted(path), detect, quoted(f.Delim), quoted(f.Quote), quoted(f.Escape))
	for _, o := range []struct{ name, value string }{{"comment", f.Comment}, {"encoding", f.Encoding}, {"decimal_separator", f.Decimal},
		{"thousands", f.Thousands}, {"dateformat", f.DateFormat}, {"timestampformat", f.TimestampFormat}} {
		if o.value != "" {
			fmt.Fprintf(&b, ", %s => %s", o.name, quoted(o.value))
		}
	}
	for i, s := range f.Nulls {
		b.WriteString([]string{", nullstr => [", ", "}[min(i, 1)] + quoted(s))
	}
	if f.Nulls != nil {
		b.WriteByte(']')
	}
	if f.Pad {
		b.WriteString(", null_padding => true")
	}
	if f.Ignore {
		b.WriteString(", ignore_errors => true")
	}
	if f.Skip > 0 {
		fmt.Fprintf(&b, ", skip => %d", f.Skip)
	}
	fmt.Fprintf(&b, ", header => %t, %s => {", f.Header, columns)
	for i, c := range f.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s: %s", quoted(c.Name), quoted(strings.ToUpper(c.Type.String())))
	}
	return b.String() + "})"
}

// quoted writes a string literal.
func quoted(s string) string {
	if s == "\t" {
		return `'\t'`
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
