package text

import (
	"bytes"
	"encoding/hex"
	"strconv"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// Bit strings are held as texts of 0 and 1. These have PostgreSQL's order and its output, and hash, sort and spill as
// other texts do.

// ParseBits reads a bit string, by default in binary, behind b in binary and behind x in hexadecimal.
func ParseBits(s []byte) ([]byte, error) {
	if len(s) > 0 {
		switch s[0] {
		case 'b', 'B':
			s = s[1:]
		case 'x', 'X':
			return parseHexBits(s[1:])
		}
	}
	for i, c := range s {
		if c != '0' && c != '1' {
			return nil, badDigit(s[i:], "binary")
		}
	}
	return s, nil
}

// badDigit is about the first character of s.
func badDigit(s []byte, what string) error {
	return sqlstate.New(sqlstate.BadTextValue, "\"%c\" is not a valid %s digit", bytes.Runes(s[:min(len(s), 4)])[0], what)
}

func parseHexBits(s []byte) ([]byte, error) {
	out := make([]byte, 0, 4*len(s))
	for i := range s {
		x, err := strconv.ParseUint(string(s[i:i+1]), 16, 8)
		if err != nil {
			return nil, badDigit(s[i:], "hexadecimal")
		}
		for k := 3; k >= 0; k-- {
			out = append(out, '0'+byte(x>>k&1))
		}
	}
	return out, nil
}

// FitBits gives a bit string the length of its type. Where that is not explicit, as in a cast, it must fit.
func FitBits(t types.Type, s []byte, explicit bool) ([]byte, error) {
	n := int(t.Prec)
	switch {
	case n == 0 || len(s) == n || t.ID == types.VarBit && len(s) < n:
		return s, nil
	case t.ID == types.VarBit && !explicit:
		return nil, sqlstate.New(sqlstate.StringTooLong, "bit string too long for type bit varying(%d)", n)
	case !explicit:
		return nil, sqlstate.New("22026", "bit string length %d does not match type bit(%d)", len(s), n)
	case len(s) > n:
		return s[:n], nil
	}
	return append(append(make([]byte, 0, n), s...), bytes.Repeat([]byte{'0'}, n-len(s))...), nil
}

// PackBits returns the bits of a bit string eight a byte, from the highest on.
func PackBits(s []byte) []byte {
	out := make([]byte, (len(s)+7)/8)
	for i, c := range s {
		out[i/8] |= (c - '0') << (7 - i%8)
	}
	return out
}

// UnpackBits is the reverse of PackBits for n bits.
func UnpackBits(packed []byte, n int) []byte {
	s, _ := parseHexBits([]byte(hex.EncodeToString(packed)))
	return s[:n]
}
