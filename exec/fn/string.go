package fn

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// maxString bounds the strings that functions make, as PostgreSQL does.
const maxString = 1 << 30

func init() {
	t, n := types.Text, types.Int32
	RegisterScalar(
		&Scalar{Name: "||", Args: typesOf([]types.ID{t, t}), Ret: types.Of(t), Eval: Map2(concat2)},
		scalar("||", types.Bytea, Map2(concat2), types.Bytea, types.Bytea),
		scalar("length", n, Map1(charLength), t), scalar("char_length", n, Map1(charLength), t), scalar("character_length", n, Map1(charLength), t),
		scalar("length", n, Map1(octetLength), types.Bytea), scalar("octet_length", n, Map1(octetLength), types.Bytea),
		scalar("octet_length", n, Map1(octetLength), t), scalar("octet_length", n, Map1(octetLength), types.Char), scalar("bit_length", n, Map1(bitLength), t),
		scalar("lower", t, Map1(func(_ *Call, s []byte) ([]byte, error) { return toLower(s), nil }), t),
		scalar("upper", t, Map1(func(_ *Call, s []byte) ([]byte, error) { return bytes.Map(unicode.ToUpper, s), nil }), t),
		scalar("initcap", t, Map1(initcap), t),
		scalar("substring", t, substring, t, n), scalar("substring", t, substring, t, n, n),
		scalar("substr", t, substring, t, n), scalar("substr", t, substring, t, n, n),
		scalar("left", t, Map2(left), t, n), scalar("right", t, Map2(right), t, n),
		scalar("replace", t, Map3(replace), t, t, t), scalar("translate", t, Map3(translate), t, t, t),
		scalar("position", n, Map2(strpos), t, t), scalar("strpos", n, Map2(strpos), t, t),
		scalar("starts_with", types.Bool, Map2(func(_ *Call, s, p []byte) (bool, error) { return bytes.HasPrefix(s, p), nil }), t, t),
		scalar("repeat", t, Map2(repeatString), t, n), scalar("reverse", t, Map1(reverse), t),
		scalar("split_part", t, Map3(splitPart), t, t, n),
		scalar("lpad", t, Map2(func(c *Call, s []byte, k int32) ([]byte, error) { return pad(s, k, []byte(" "), true) }), t, n),
		scalar("lpad", t, Map3(func(c *Call, s []byte, k int32, f []byte) ([]byte, error) { return pad(s, k, f, true) }), t, n, t),
		scalar("rpad", t, Map2(func(c *Call, s []byte, k int32) ([]byte, error) { return pad(s, k, []byte(" "), false) }), t, n),
		scalar("rpad", t, Map3(func(c *Call, s []byte, k int32, f []byte) ([]byte, error) { return pad(s, k, f, false) }), t, n, t),
		scalar("ascii", n, Map1(ascii), t), scalar("chr", t, Map1(chr), n), scalar("to_hex", t, Map1(func(_ *Call, x int64) ([]byte, error) { return strconv.AppendUint(nil, uint64(x), 16), nil }), types.Int64),
		scalar("to_hex", t, Map1(func(_ *Call, x int32) ([]byte, error) { return strconv.AppendUint(nil, uint64(uint32(x)), 16), nil }), n),
		scalar("md5", t, Map1(md5Hex), t), scalar("md5", t, Map1(md5Hex), types.Bytea),
		scalar("sha256", types.Bytea, Map1(func(_ *Call, s []byte) ([]byte, error) { h := sha256.Sum256(s); return h[:], nil }), types.Bytea),
		scalar("encode", t, Map2(encode), types.Bytea, t), scalar("decode", types.Bytea, Map2(decode), t, t),
		scalar("quote_literal", t, Map1(quoteLiteral), t), scalar("quote_ident", t, Map1(quoteIdent), t),
		&Scalar{Name: "concat", Args: typesOf([]types.ID{types.Any}), Variadic: true, Ret: types.Of(t), NotStrict: true, Volatility: Stable, Eval: concatAny(false)},
		&Scalar{Name: "concat_ws", Args: typesOf([]types.ID{t, types.Any}), Variadic: true, Ret: types.Of(t), NotStrict: true, Volatility: Stable, Eval: concatAny(true)},
	)
	for name, sides := range map[string][2]bool{"btrim": {true, true}, "ltrim": {true, false}, "rtrim": {false, true}} {
		RegisterScalar(
			scalar(name, t, Map1(func(_ *Call, s []byte) ([]byte, error) { return trim(s, []byte(" "), sides), nil }), t),
			scalar(name, t, Map2(func(_ *Call, s, set []byte) ([]byte, error) { return trim(s, set, sides), nil }), t, t),
		)
	}
}

func tooLong() error {
	return sqlstate.New(sqlstate.ProgramLimitExceeded, "requested length too large")
}

func concat2(_ *Call, a, b []byte) ([]byte, error) {
	if len(a)+len(b) > maxString {
		return nil, tooLong()
	}
	return append(append(make([]byte, 0, len(a)+len(b)), a...), b...), nil
}

// concatAny is concat and concat_ws, which leave NULLs out.
func concatAny(separated bool) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		st := styleOf(c.Ctx)
		out := NewStrings(c.N, nil)
		args := c.Args
		var valid vec.Bitmap
		if separated {
			args = args[1:]
			if c.Args[0].Enc == vec.Const && c.Args[0].IsNull(0) {
				return vec.NewNull(c.Ret, c.N), nil
			}
			if c.Args[0].Enc == vec.Flat {
				valid = c.Args[0].Valid
			}
		}
		for i := range c.N {
			dst, first := out.Begin(), true
			for _, a := range args {
				if a.IsNull(i) {
					continue
				}
				if separated && !first && !c.Args[0].IsNull(i) {
					dst = append(dst, c.Args[0].Bytes(i)...)
				}
				dst, first = text.Append(dst, a, i, st), false
			}
			if len(dst)-out.start > maxString {
				return nil, tooLong()
			}
			out.End(i, dst)
		}
		return out.Finish(c.Ret, valid), nil
	}
}

// styleOf returns how a query writes values as text.
func styleOf(c *Ctx) *text.Style { return c.Style() }

func charLength(_ *Call, s []byte) (int32, error)  { return int32(utf8.RuneCount(s)), nil }
func octetLength(_ *Call, s []byte) (int32, error) { return int32(len(s)), nil }
func bitLength(_ *Call, s []byte) (int32, error)   { return int32(8 * len(s)), nil }

func initcap(_ *Call, s []byte) ([]byte, error) {
	inWord := false
	return bytes.Map(func(r rune) rune {
		was := inWord
		inWord = unicode.IsLetter(r) || unicode.IsDigit(r)
		if was {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s), nil
}

// substring takes characters from start, counted from 1 and perhaps before it, for length of them. The
// bytes of long strings are not copied.
func substring(c *Call) (*vec.Vector, error) {
	src := c.Args[0]
	out := NewStrings(c.N, src)
	views := vec.Values[vec.View](src)
	start := Reader[int32](c.Args[1])
	length := func(int) int64 { return maxString * 2 }
	if len(c.Args) > 2 {
		n := Reader[int32](c.Args[2])
		length = func(i int) int64 { return int64(n(i)) }
	}
	err := c.Each(func(i int) error {
		v := &views[Row(src, i)]
		n := length(i)
		if n < 0 {
			return sqlstate.New(sqlstate.SubstringError, "negative substring length not allowed")
		}
		first := int64(start(i)) - 1
		end := first + n
		from, to := runeRange(v.In(src.Bufs, v), max(first, 0), max(end, 0))
		out.Sub(i, v, from, to)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out.Finish(c.Ret, c.Valid), nil
}

// runeRange returns the byte offsets of characters from..to-1, cut to the string's length.
func runeRange(s []byte, from, to int64) (int, int) {
	if isASCII(s) {
		n := int64(len(s))
		from, to = min(from, n), min(to, n)
		return int(from), int(max(from, to))
	}
	at, start := 0, -1
	for k := int64(0); at < len(s) && k < to; k++ {
		if k == from {
			start = at
		}
		_, w := utf8.DecodeRune(s[at:])
		at += w
	}
	if start < 0 {
		return at, at
	}
	return start, at
}

func isASCII(s []byte) bool {
	for _, c := range s {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func left(_ *Call, s []byte, n int32) ([]byte, error) {
	k := int64(n)
	if n < 0 {
		k = max(0, int64(utf8.RuneCount(s))+k)
	}
	_, to := runeRange(s, 0, k)
	return s[:to], nil
}

func right(_ *Call, s []byte, n int32) ([]byte, error) {
	skip := -int64(n)
	if n >= 0 {
		skip = max(0, int64(utf8.RuneCount(s))-int64(n))
	}
	_, to := runeRange(s, 0, skip)
	return s[to:], nil
}

func replace(_ *Call, s, from, to []byte) ([]byte, error) {
	if len(from) == 0 {
		return s, nil
	}
	if n := bytes.Count(s, from); len(s)+n*(len(to)-len(from)) > maxString {
		return nil, tooLong()
	}
	return bytes.ReplaceAll(s, from, to), nil
}

func translate(_ *Call, s, from, to []byte) ([]byte, error) {
	f, t := []rune(string(from)), []rune(string(to))
	return bytes.Map(func(r rune) rune {
		for i, x := range f {
			if x == r {
				if i < len(t) {
					return t[i]
				}
				return -1
			}
		}
		return r
	}, s), nil
}

func strpos(_ *Call, s, sub []byte) (int32, error) {
	i := bytes.Index(s, sub)
	if i < 0 {
		return 0, nil
	}
	return int32(utf8.RuneCount(s[:i])) + 1, nil
}

func repeatString(_ *Call, s []byte, n int32) ([]byte, error) {
	if n <= 0 {
		return nil, nil
	}
	if int64(len(s))*int64(n) > maxString {
		return nil, tooLong()
	}
	return bytes.Repeat(s, int(n)), nil
}

func reverse(_ *Call, s []byte) ([]byte, error) {
	out := make([]byte, len(s))
	at := len(s)
	for i := 0; i < len(s); {
		_, w := utf8.DecodeRune(s[i:])
		at -= w
		copy(out[at:], s[i:i+w])
		i += w
	}
	return out, nil
}

func splitPart(_ *Call, s, sep []byte, n int32) ([]byte, error) {
	if n == 0 {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "field position must not be zero")
	}
	parts := [][]byte{s}
	if len(sep) > 0 {
		parts = bytes.Split(s, sep)
	}
	i := int(n) - 1
	if n < 0 {
		i = len(parts) + int(n)
	}
	if i < 0 || i >= len(parts) {
		return nil, nil
	}
	return parts[i], nil
}

func pad(s []byte, n int32, fill []byte, atLeft bool) ([]byte, error) {
	have := utf8.RuneCount(s)
	if n <= 0 {
		return nil, nil
	}
	if int(n) > maxString/4 {
		return nil, tooLong()
	}
	if int(n) <= have || len(fill) == 0 {
		_, to := runeRange(s, 0, int64(n))
		return s[:to], nil
	}
	missing, runes := int(n)-have, []rune(string(fill))
	var b bytes.Buffer
	if !atLeft {
		b.Write(s)
	}
	for i := range missing {
		b.WriteRune(runes[i%len(runes)])
	}
	if atLeft {
		b.Write(s)
	}
	return b.Bytes(), nil
}

func ascii(_ *Call, s []byte) (int32, error) {
	if len(s) == 0 {
		return 0, nil
	}
	r, _ := utf8.DecodeRune(s)
	return r, nil
}

func chr(_ *Call, x int32) ([]byte, error) {
	switch {
	case x == 0:
		return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "null character not permitted")
	case x < 0:
		return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "character number must be positive")
	case !utf8.ValidRune(x):
		return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "requested character not valid for encoding: %d", x)
	}
	return utf8.AppendRune(nil, x), nil
}

func trim(s, set []byte, sides [2]bool) []byte {
	in := func(r rune) bool { return bytes.ContainsRune(set, r) }
	if sides[0] {
		s = bytes.TrimLeftFunc(s, in)
	}
	if sides[1] {
		s = bytes.TrimRightFunc(s, in)
	}
	return s
}

func md5Hex(_ *Call, s []byte) ([]byte, error) {
	h := md5.Sum(s)
	return hex.AppendEncode(nil, h[:]), nil
}

func encode(_ *Call, s, format []byte) ([]byte, error) {
	switch strings.ToLower(string(format)) {
	case "hex":
		return hex.AppendEncode(nil, s), nil
	case "base64":
		enc := base64.StdEncoding.AppendEncode(nil, s)
		var out []byte
		for len(enc) > 76 { // lines of 76 characters, as in RFC 2045
			out = append(append(out, enc[:76]...), '\n')
			enc = enc[76:]
		}
		return append(out, enc...), nil
	case "escape":
		var out []byte
		for _, c := range s {
			switch {
			case c == '\\':
				out = append(out, `\\`...)
			case c == 0 || c >= utf8.RuneSelf:
				out = append(out, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
			default:
				out = append(out, c)
			}
		}
		return out, nil
	}
	return nil, unknownEncoding(format)
}

func decode(_ *Call, s, format []byte) ([]byte, error) {
	switch strings.ToLower(string(format)) {
	case "hex":
		v, err := text.Const(types.Of(types.Bytea), `\x`+string(s), nil)
		if err != nil {
			return nil, err
		}
		return v.Bytes(0), nil
	case "base64":
		clean := strings.Map(func(r rune) rune {
			if r == '\n' || r == '\r' || r == ' ' || r == '\t' {
				return -1
			}
			return r
		}, string(s))
		out, err := base64.StdEncoding.DecodeString(clean)
		if err != nil {
			return nil, sqlstate.New(sqlstate.InvalidParameterValue, "invalid base64 end sequence").
				WithHint("Input data is missing padding, is truncated, or is otherwise corrupted.")
		}
		return out, nil
	case "escape":
		v, err := text.Const(types.Of(types.Bytea), string(s), nil)
		if err != nil {
			return nil, err
		}
		return v.Bytes(0), nil
	}
	return nil, unknownEncoding(format)
}

func unknownEncoding(format []byte) error {
	return sqlstate.New(sqlstate.InvalidParameterValue, "unrecognized encoding: \"%s\"", format)
}

func quoteLiteral(_ *Call, s []byte) ([]byte, error) {
	q := "'" + strings.ReplaceAll(string(s), "'", "''") + "'"
	if strings.Contains(q, `\`) {
		q = "E" + strings.ReplaceAll(q, `\`, `\\`)
	}
	return []byte(q), nil
}

func quoteIdent(_ *Call, s []byte) ([]byte, error) {
	plain := len(s) > 0 && (s[0] == '_' || s[0] >= 'a' && s[0] <= 'z')
	for _, c := range s {
		plain = plain && (c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9')
	}
	if plain && !quotedWords[string(s)] {
		return s, nil
	}
	return []byte(`"` + strings.ReplaceAll(string(s), `"`, `""`) + `"`), nil
}

// quotedWords are PostgreSQL's keywords that are not names everywhere.
var quotedWords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`
		all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean
		both case cast char character check coalesce collate collation column concurrently constraint create
		cross current_catalog current_date current_role current_schema current_time current_timestamp
		current_user dec decimal default deferrable desc distinct do else end except exists extract false
		fetch float for foreign freeze from full grant greatest group grouping having ilike in initially
		inner inout int integer intersect interval into is isnull join lateral leading least left like limit
		localtime localtimestamp national natural nchar none normalize not notnull null nullif numeric
		offset on only or order out outer overlaps overlay placing position precision primary real
		references returning right row select session_user setof similar smallint some substring symmetric
		table tablesample then time timestamp to trailing treat trim true union unique user using values
		varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists
		xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`) {
		m[w] = true
	}
	return m
}()
