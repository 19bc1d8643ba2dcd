package text

import (
	"bytes"
	"testing"

	"gsql/exec/sqlstate"
)

// TestEncodings converts all bytes of all encodings that are characters there and back.
func TestEncodings(t *testing.T) {
	for key, e := range encodings {
		if found, name, known, err := LookupEncoding(e.Name); found != e || name != e.Name || !known || err != nil {
			t.Errorf("%s: %v %s %v %v", key, found, name, known, err)
		}
		if _, err := e.Decode(nil, []byte{'a', 0}); sqlstate.Of(err) != sqlstate.InvalidEncoding {
			t.Errorf("%s: a zero is %v", e.Name, err)
		}
		n := 0
		for b := 1; b < 256; b++ {
			s, err := e.Decode(nil, []byte{byte(b)})
			if err != nil {
				if sqlstate.Of(err) != sqlstate.UntranslatableCharacter {
					t.Errorf("%s %02x: %v", e.Name, b, err)
				}
				continue
			}
			n++
			back, err := e.Encode(s[:0], s) // in place
			if err != nil || !bytes.Equal(back, []byte{byte(b)}) {
				t.Errorf("%s %02x: %q is %x, %v", e.Name, b, s, back, err)
			}
		}
		if n < 180 {
			t.Errorf("%s has only %d characters", e.Name, n)
		}
	}
	latin1, _, _, _ := LookupEncoding("Windows-1252")
	if _, err := latin1.Encode(nil, []byte("a☃")); err == nil || err.Error() != `character with byte sequence 0xe2 0x98 0x83 in encoding "UTF8" has no equivalent in encoding "WIN1252"` {
		t.Errorf("%v", err)
	}
	if got := latin1.EncodeLoosely(nil, []byte("ä☃€")); string(got) != "\xe4?\x80" {
		t.Errorf("%q", got)
	}
	for _, name := range []string{"UTF-8", "unicode", "sql_ascii"} {
		if e, _, known, err := LookupEncoding(name); e != nil || !known || err != nil {
			t.Errorf("%s: %v %v %v", name, e, known, err)
		}
	}
	if _, _, _, err := LookupEncoding("EUC_JP"); sqlstate.Of(err) != sqlstate.FeatureNotSupported {
		t.Errorf("EUC_JP: %v", err)
	}
}
