package text

import (
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"gsql/exec/sqlstate"
)

// Encoding is an encoding of one byte a character, of which the first 128 are those of ASCII.
type Encoding struct {
	Name  string    // as PostgreSQL shows it
	runes [128]rune // of the bytes from 128 on; utf8.RuneError: there is none

	once  sync.Once
	bytes map[rune]byte
}

// encodings has the encodings by their names, and further names that PostgreSQL takes, without case and punctuation.
var encodings = func() map[string]*Encoding {
	m := map[string]*Encoding{}
	for _, x := range []struct {
		names string // the first one is shown
		chars *charmap.Charmap
	}{
		{"LATIN1 iso88591", charmap.ISO8859_1}, {"LATIN2 iso88592", charmap.ISO8859_2}, {"LATIN3 iso88593", charmap.ISO8859_3},
		{"LATIN4 iso88594", charmap.ISO8859_4}, {"LATIN5 iso88599", charmap.ISO8859_9}, {"LATIN6 iso885910", charmap.ISO8859_10},
		{"LATIN7 iso885913", charmap.ISO8859_13}, {"LATIN8 iso885914", charmap.ISO8859_14}, {"LATIN9 iso885915", charmap.ISO8859_15},
		{"LATIN10 iso885916", charmap.ISO8859_16}, {"ISO_8859_5", charmap.ISO8859_5}, {"ISO_8859_6", charmap.ISO8859_6},
		{"ISO_8859_7", charmap.ISO8859_7}, {"ISO_8859_8", charmap.ISO8859_8}, {"KOI8R koi8", charmap.KOI8R}, {"KOI8U", charmap.KOI8U},
		{"WIN866 alt", charmap.CodePage866}, {"WIN874", charmap.Windows874}, {"WIN1250", charmap.Windows1250},
		{"WIN1251 win", charmap.Windows1251}, {"WIN1252", charmap.Windows1252}, {"WIN1253", charmap.Windows1253},
		{"WIN1254", charmap.Windows1254}, {"WIN1255", charmap.Windows1255}, {"WIN1256", charmap.Windows1256},
		{"WIN1257", charmap.Windows1257}, {"WIN1258 abc tcvn tcvn5712 vscii", charmap.Windows1258},
	} {
		names := strings.Fields(x.names)
		e := newEncoding(names[0], x.chars)
		for _, n := range names {
			m[encodingKey(n)] = e
		}
	}
	return m
}()

// newEncoding takes the characters of a charmap, and where PostgreSQL has others, those: the control characters of
// ISO 8859, and single letters.
func newEncoding(name string, chars *charmap.Charmap) *Encoding {
	e := &Encoding{Name: name}
	for i := range e.runes {
		b := byte(128 + i)
		e.runes[i] = chars.DecodeByte(b)
		if b < 0xa0 && (strings.HasPrefix(name, "LATIN") || strings.HasPrefix(name, "ISO")) {
			e.runes[i] = rune(b)
		}
	}
	switch name {
	case "KOI8U":
		e.runes[0xae-128], e.runes[0xbe-128] = '╝', '╬'
	case "WIN1255":
		e.runes[0xca-128] = utf8.RuneError
	}
	return e
}

// wideEncodings are those of several bytes a character that PostgreSQL knows and gsql does not, but UTF8.
var wideEncodings = map[string]bool{
	"eucjp": true, "euccn": true, "euckr": true, "euctw": true, "eucjis2004": true, "johab": true, "muleinternal": true, "sjis": true,
	"shiftjis": true, "big5": true, "gbk": true, "uhc": true, "gb18030": true, "shiftjis2004": true, "mskanji": true, "windows932": true,
	"win932": true, "windows936": true, "win936": true, "windows949": true, "win949": true, "windows950": true, "win950": true,
}

// encodingKey returns a name without case and punctuation.
func encodingKey(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, name)
}

// LookupEncoding returns the encoding of a name. It is nil for UTF8, and for SQL_ASCII, which means that nothing is
// converted: name is what PostgreSQL shows. For those that PostgreSQL has and gsql has not, the error is 0A000; for all
// others known is false.
func LookupEncoding(s string) (e *Encoding, name string, known bool, err error) {
	key := encodingKey(s)
	if e := encodings[key]; e != nil {
		return e, e.Name, true, nil
	}
	if rest, ok := strings.CutPrefix(key, "windows"); ok && encodings["win"+rest] != nil {
		e = encodings["win"+rest]
		return e, e.Name, true, nil
	}
	switch {
	case key == "utf8", key == "unicode":
		return nil, "UTF8", true, nil
	case key == "sqlascii":
		return nil, "SQL_ASCII", true, nil
	case wideEncodings[key]:
		return nil, "", true, sqlstate.Unsupported("Encodings are UTF8 and those of one byte a character.", "encoding \"%s\" is not supported", s)
	}
	return nil, "", false, nil
}

// Decode appends what bytes of the encoding are in UTF-8.
func (e *Encoding) Decode(dst, s []byte) ([]byte, error) {
	for i, c := range s {
		if c < 128 {
			if c == 0 {
				return dst, sqlstate.New(sqlstate.InvalidEncoding, "invalid byte sequence for encoding \"%s\": 0x00", e.Name)
			}
			dst = append(dst, c)
			continue
		}
		r := e.runes[c-128]
		if r == utf8.RuneError {
			return dst, sqlstate.New(sqlstate.UntranslatableCharacter,
				"character with byte sequence 0x%02x in encoding \"%s\" has no equivalent in encoding \"UTF8\"", s[i], e.Name)
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, nil
}

// Encode appends what UTF-8 is in the encoding.
func (e *Encoding) Encode(dst, s []byte) ([]byte, error) { return e.encode(dst, s, 0) }

// EncodeLoosely is Encode with question marks for characters that the encoding has not.
func (e *Encoding) EncodeLoosely(dst, s []byte) []byte {
	dst, _ = e.encode(dst, s, '?')
	return dst
}

func (e *Encoding) encode(dst, s []byte, instead byte) ([]byte, error) {
	e.once.Do(func() {
		e.bytes = map[rune]byte{}
		for i, r := range e.runes {
			if r != utf8.RuneError {
				e.bytes[r] = byte(128 + i)
			}
		}
	})
	for len(s) > 0 {
		if s[0] < 128 {
			dst, s = append(dst, s[0]), s[1:]
			continue
		}
		r, n := utf8.DecodeRune(s)
		b, ok := e.bytes[r]
		switch {
		case ok:
		case instead != 0:
			b = instead
		default:
			return dst, sqlstate.New(sqlstate.UntranslatableCharacter,
				"character with byte sequence %s in encoding \"UTF8\" has no equivalent in encoding \"%s\"", hexBytes(s[:n]), e.Name)
		}
		dst, s = append(dst, b), s[n:]
	}
	return dst, nil
}

// hexBytes writes bytes as PostgreSQL's errors do: 0xe2 0x82 0xac.
func hexBytes(s []byte) string {
	const digits = "0123456789abcdef"
	var b []byte
	for i, c := range s {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, '0', 'x', digits[c>>4], digits[c&15])
	}
	return string(b)
}
