package fn

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// overlay, normalize and IS NORMALIZED.

func init() {
	t, n, b := types.Text, types.Int32, types.Bytea
	runes := func(s []byte) int { return utf8.RuneCount(s) }
	octets := func(s []byte) int { return len(s) }
	octetRange := func(s []byte, from, to int64) (int, int) {
		return int(min(from, int64(len(s)))), int(min(to, int64(len(s))))
	}
	RegisterScalar(
		scalar("overlay", t, overlay(runes, runeRange), t, t, n), scalar("overlay", t, overlay(runes, runeRange), t, t, n, n),
		scalar("overlay", b, overlay(octets, octetRange), b, b, n), scalar("overlay", b, overlay(octets, octetRange), b, b, n, n),
		scalar("normalize", t, normalize, t), scalar("normalize", t, normalize, t, t),
		scalar("is_normalized", types.Bool, isNormalized, t), scalar("is_normalized", types.Bool, isNormalized, t, t),
	)
}

// overlay puts a string in the place of what begins at a position of another, for a length or its own.
func overlay(length func([]byte) int, cut func(s []byte, from, to int64) (int, int)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		s, with, at := Reader[[]byte](c.Args[0]), Reader[[]byte](c.Args[1]), Reader[int32](c.Args[2])
		size := func(i int) int32 { return int32(length(with(i))) }
		if len(c.Args) > 3 {
			size = Reader[int32](c.Args[3])
		}
		return appendTexts(c, func(i int, dst []byte) ([]byte, bool, error) {
			from, n := int64(at(i)), int64(size(i))
			if from <= 0 {
				return dst, false, sqlstate.New(sqlstate.SubstringError, "negative substring length not allowed")
			}
			if end := from + n; end != int64(int32(end)) {
				return dst, false, outOfRange("integer")
			}
			s := s(i)
			_, head := cut(s, 0, from-1)
			_, tail := cut(s, 0, max(0, from+n-1))
			dst = append(append(dst, s[:head]...), with(i)...)
			return append(dst, s[tail:]...), true, nil
		})
	}
}

// formsOf returns the Unicode normalization form of each row.
func formsOf(c *Call) func(i int) (norm.Form, error) {
	if len(c.Args) < 2 {
		return func(int) (norm.Form, error) { return norm.NFC, nil }
	}
	return templatesOf(c.Args[1], func(name string) (norm.Form, error) {
		switch strings.ToUpper(name) {
		case "NFC":
			return norm.NFC, nil
		case "NFD":
			return norm.NFD, nil
		case "NFKC":
			return norm.NFKC, nil
		case "NFKD":
			return norm.NFKD, nil
		}
		return 0, sqlstate.New(sqlstate.InvalidParameterValue, "invalid normalization form: %s", name)
	})
}

func normalize(c *Call) (*vec.Vector, error) {
	get, form := Reader[[]byte](c.Args[0]), formsOf(c)
	return appendTexts(c, func(i int, dst []byte) ([]byte, bool, error) {
		f, err := form(i)
		if err != nil {
			return dst, false, err
		}
		return append(dst, f.Bytes(get(i))...), true, nil
	})
}

func isNormalized(c *Call) (*vec.Vector, error) {
	get, form := Reader[[]byte](c.Args[0]), formsOf(c)
	return run(c, func(i int) (bool, error) {
		f, err := form(i)
		return err == nil && f.IsNormal(get(i)), err
	})
}
