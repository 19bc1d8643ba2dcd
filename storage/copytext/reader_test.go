package copytext

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
)

// read returns all records as text, with the error that ended them.
func read(r *Reader) string {
	var out bytes.Buffer
	for {
		fields, err := r.Next()
		if err == ErrWait {
			continue
		}
		if err != nil {
			fmt.Fprintf(&out, "%v at line %d", err, r.Line())
			return out.String()
		}
		for _, f := range fields {
			fmt.Fprintf(&out, "%q %v, ", f.Text, f.Null)
		}
		out.WriteString("\n")
	}
}

// waiting is an input that gives out bytes one by one, between which one has to wait.
type waiting struct {
	in   io.Reader
	wait bool
}

func (w *waiting) Read(b []byte) (int, error) {
	if w.wait = !w.wait; w.wait {
		return 0, ErrWait
	}
	return w.in.Read(b[:1])
}

// Nothing panics, and what is read does not depend on the sizes in which it comes, nor on waiting for it.
func FuzzReader(f *testing.F) {
	for _, s := range []string{"", "1\tx\n", "1,\"a\"\"b\"\n\\.\n", "a\\\nb\tc\r\n", "\\x4\\101\\\\\\N\t\\", "\"", "x,'it\\'s'\n"} {
		f.Add([]byte(s), false, byte('"'))
		f.Add([]byte(s), true, byte('\\'))
	}
	f.Fuzz(func(t *testing.T, data []byte, csv bool, escape byte) {
		o := &Options{Format: "text", Delimiter: '\t', Null: `\N`}
		if csv {
			o = &Options{Format: "csv", Delimiter: ',', Quote: '"', Escape: escape, ForceNull: []string{"b"}}
		}
		whole, err := NewReader(bytes.NewReader(data), []string{"a", "b"}, o)
		if err != nil {
			t.Fatal(err)
		}
		slow, _ := NewReader(iotest.OneByteReader(bytes.NewReader(data)), []string{"a", "b"}, o)
		if a, b := read(whole), read(slow); a != b {
			t.Errorf("%q: %s, byte by byte %s", data, a, b)
		}
		whole, _ = NewReader(bytes.NewReader(data), []string{"a", "b"}, o)
		slow, _ = NewReader(&waiting{in: bytes.NewReader(data)}, []string{"a", "b"}, o)
		if a, b := read(whole), read(slow); a != b {
			t.Errorf("%q: %s, with waiting %s", data, a, b)
		}
	})
}
