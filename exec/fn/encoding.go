package fn

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// charmaps are the encodings of one byte a character, by the names that PostgreSQL takes, without case and punctuation.
var charmaps = map[string]*charmap.Charmap{
	"latin1": charmap.ISO8859_1, "iso88591": charmap.ISO8859_1, "latin2": charmap.ISO8859_2, "iso88592": charmap.ISO8859_2,
	"latin3": charmap.ISO8859_3, "iso88593": charmap.ISO8859_3, "latin4": charmap.ISO8859_4, "iso88594": charmap.ISO8859_4,
	"latin5": charmap.ISO8859_9, "iso88599": charmap.ISO8859_9, "latin6": charmap.ISO8859_10, "iso885910": charmap.ISO8859_10,
	"latin7": charmap.ISO8859_13, "iso885913": charmap.ISO8859_13, "latin8": charmap.ISO8859_14, "iso885914": charmap.ISO8859_14,
	"latin9": charmap.ISO8859_15, "iso885915": charmap.ISO8859_15, "latin10": charmap.ISO8859_16, "iso885916": charmap.ISO8859_16,
	"iso88595": charmap.ISO8859_5, "iso88596": charmap.ISO8859_6, "iso88597": charmap.ISO8859_7, "iso88598": charmap.ISO8859_8,
	"koi8": charmap.KOI8R, "koi8r": charmap.KOI8R, "koi8u": charmap.KOI8U, "alt": charmap.CodePage866, "win866": charmap.CodePage866,
	"win874": charmap.Windows874, "win1250": charmap.Windows1250, "win": charmap.Windows1251, "win1251": charmap.Windows1251,
	"win1252": charmap.Windows1252, "win1253": charmap.Windows1253, "win1254": charmap.Windows1254, "win1255": charmap.Windows1255,
	"win1256": charmap.Windows1256, "win1257": charmap.Windows1257, "win1258": charmap.Windows1258,
}

// wideEncodings are those of several bytes that PostgreSQL knows and gsql does not.
var wideEncodings = map[string]bool{
	"eucjp": true, "euccn": true, "euckr": true, "euctw": true, "eucjis2004": true, "johab": true, "muleinternal": true, "sjis": true,
	"shiftjis": true, "big5": true, "gbk": true, "uhc": true, "gb18030": true, "shiftjis2004": true,
}

// encodingOf returns an encoding, nil for UTF-8; role is its word in errors.
func encodingOf(name []byte, role string) (*charmap.Charmap, error) {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, string(name))
	if m := charmaps[plain]; m != nil {
		return m, nil
	}
	switch {
	case plain == "utf8", plain == "unicode":
		return nil, nil
	case wideEncodings[plain], plain == "sqlascii":
		return nil, sqlstate.Unsupported("Encodings are UTF8 and those of one byte a character.", "encoding \"%s\" is not supported", name)
	}
	return nil, sqlstate.New(sqlstate.InvalidParameterValue, "invalid %s encoding name \"%s\"", role, name)
}

// decodeText returns bytes in an encoding as UTF-8.
func decodeText(s, name []byte) ([]byte, error) {
	m, err := encodingOf(name, "source")
	if err != nil {
		return nil, err
	}
	if m == nil {
		return s, checkUTF8(s)
	}
	out := make([]byte, 0, len(s)+8)
	for _, c := range s {
		r := m.DecodeByte(c)
		switch {
		case c == 0:
			return nil, invalidBytes(name, s[:1])
		case r == utf8.RuneError:
			return nil, sqlstate.New(sqlstate.UntranslatableCharacter,
				"character with byte sequence 0x%02x in encoding \"%s\" has no equivalent in encoding \"UTF8\"", c, strings.ToUpper(string(name)))
		}
		out = utf8.AppendRune(out, r)
	}
	return out, nil
}

func invalidBytes(name, s []byte) error {
	return sqlstate.New(sqlstate.InvalidEncoding, "invalid byte sequence for encoding \"%s\": 0x%x", strings.ToUpper(string(name)), s)
}

// checkUTF8 rejects what no text may hold.
func checkUTF8(s []byte) error {
	if i := bytes.IndexByte(s, 0); i >= 0 {
		return invalidBytes([]byte("UTF8"), s[i:i+1])
	}
	for rest := s; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n < 2 {
			return invalidBytes([]byte("UTF8"), rest[:1])
		}
		rest = rest[n:]
	}
	return nil
}

// encodeText returns UTF-8 in an encoding.
func encodeText(s, name []byte) ([]byte, error) {
	m, err := encodingOf(name, "destination")
	if err != nil || m == nil {
		return s, err
	}
	out := make([]byte, 0, len(s))
	for rest := s; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		b, ok := m.EncodeRune(r)
		if !ok || b == encoding.ASCIISub && r != encoding.ASCIISub {
			return nil, sqlstate.New(sqlstate.UntranslatableCharacter,
				"character with byte sequence 0x%x in encoding \"UTF8\" has no equivalent in encoding \"%s\"", rest[:n], strings.ToUpper(string(name)))
		}
		out, rest = append(out, b), rest[n:]
	}
	return out, nil
}

func convertBytes(_ *Call, s, from, to []byte) ([]byte, error) {
	if _, err := encodingOf(to, "destination"); err != nil {
		return nil, err
	}
	s, err := decodeText(s, from)
	if err != nil {
		return nil, err
	}
	return encodeText(s, to)
}

func init() {
	b, t := types.Bytea, types.Text
	RegisterScalar(
		scalar("convert_from", t, Map2(func(_ *Call, s, name []byte) ([]byte, error) { return decodeText(s, name) }), b, t),
		scalar("convert_to", b, Map2(func(_ *Call, s, name []byte) ([]byte, error) { return encodeText(s, name) }), t, t),
		scalar("convert", b, Map3(convertBytes), b, t, t),
		scalar("to_ascii", t, Map1(func(*Call, []byte) ([]byte, error) {
			return nil, sqlstate.Unsupported("Use normalize and regexp_replace.", "encoding conversion from UTF8 to ASCII not supported")
		}), t),
		scalar("getdatabaseencoding", types.Name, Map0(func(*Call) ([]byte, error) { return []byte("UTF8"), nil })),
	)
}
