package fn

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
)

// encodingOf returns an encoding, nil for UTF-8; role is its word in errors.
func encodingOf(name []byte, role string) (*text.Encoding, error) {
	e, shown, known, err := text.LookupEncoding(string(name))
	switch {
	case err != nil:
		return nil, err
	case !known:
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "invalid %s encoding name \"%s\"", role, name)
	case shown == "SQL_ASCII":
		return nil, sqlstate.Unsupported("Encodings are UTF8 and those of one byte a character.", "encoding \"%s\" is not supported", name)
	}
	return e, nil
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
	return m.Decode(make([]byte, 0, len(s)+8), s)
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
	return m.Encode(make([]byte, 0, len(s)), s)
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
