package fn

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"math/bits"
	"slices"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions of bytea that text has too, those on single bytes and bits, and hashes.

func init() {
	b, n, long := types.Bytea, types.Int32, types.Int64
	RegisterScalar(
		scalar("get_byte", n, Map2(getByte), b, n), scalar("set_byte", b, Map3(setByte), b, n, n),
		scalar("get_bit", n, Map2(getBit), b, long), scalar("set_bit", b, Map3(setBit), b, long, n),
		scalar("bit_count", long, Map1(func(_ *Call, s []byte) (int64, error) { return countBits(s), nil }), b),
		scalar("bit_length", n, Map1(func(_ *Call, s []byte) (int32, error) { return int32(8 * len(s)), nil }), b),
		scalar("sha224", b, Map1(func(_ *Call, s []byte) ([]byte, error) { h := sha256.Sum224(s); return h[:], nil }), b),
		scalar("sha384", b, Map1(func(_ *Call, s []byte) ([]byte, error) { h := sha512.Sum384(s); return h[:], nil }), b),
		scalar("sha512", b, Map1(func(_ *Call, s []byte) ([]byte, error) { h := sha512.Sum512(s); return h[:], nil }), b),
		scalar("position", n, Map2(bytePosition), b, b), scalar("strpos", n, Map2(bytePosition), b, b),
	)
	for _, name := range []string{"substring", "substr"} {
		RegisterScalar(scalar(name, b, subBytes, b, n), scalar(name, b, subBytes, b, n, n))
	}
	for name, sides := range map[string][2]bool{"btrim": {true, true}, "ltrim": {true, false}, "rtrim": {false, true}} {
		RegisterScalar(scalar(name, b, Map2(func(_ *Call, s, set []byte) ([]byte, error) { return trimBytes(s, set, sides), nil }), b, b))
	}
}

// indexError is about a byte or bit that is not there.
func indexError(i, n int64) error {
	return sqlstate.New(sqlstate.ArrayElementError, "index %d out of valid range, 0..%d", i, n-1)
}

func getByte(_ *Call, s []byte, i int32) (int32, error) {
	if i < 0 || int(i) >= len(s) {
		return 0, indexError(int64(i), int64(len(s)))
	}
	return int32(s[i]), nil
}

func setByte(_ *Call, s []byte, i, x int32) ([]byte, error) {
	if i < 0 || int(i) >= len(s) {
		return nil, indexError(int64(i), int64(len(s)))
	}
	s = bytes.Clone(s)
	s[i] = byte(x)
	return s, nil
}

func getBit(_ *Call, s []byte, i int64) (int32, error) {
	if i < 0 || i >= 8*int64(len(s)) {
		return 0, indexError(i, 8*int64(len(s)))
	}
	return int32(s[i/8] >> (i % 8) & 1), nil
}

func setBit(_ *Call, s []byte, i int64, x int32) ([]byte, error) {
	switch {
	case i < 0 || i >= 8*int64(len(s)):
		return nil, indexError(i, 8*int64(len(s)))
	case x != 0 && x != 1:
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "new bit must be 0 or 1")
	}
	s = bytes.Clone(s)
	s[i/8] = s[i/8]&^(1<<(i%8)) | byte(x)<<(i%8)
	return s, nil
}

func countBits(s []byte) (n int64) {
	for _, x := range s {
		n += int64(bits.OnesCount8(x))
	}
	return n
}

func bytePosition(_ *Call, s, part []byte) (int32, error) {
	return int32(bytes.Index(s, part) + 1), nil
}

// subBytes is substring of bytea.
func subBytes(c *Call) (*vec.Vector, error) {
	s, start := Reader[[]byte](c.Args[0]), Reader[int32](c.Args[1])
	length := func(int) int64 { return maxString * 2 }
	if len(c.Args) > 2 {
		n := Reader[int32](c.Args[2])
		length = func(i int) int64 { return int64(n(i)) }
	}
	return run(c, func(i int) ([]byte, error) {
		s, n, from := s(i), length(i), int64(start(i))-1
		if n < 0 {
			return nil, sqlstate.New(sqlstate.SubstringError, "negative substring length not allowed")
		}
		to := min(max(from+n, 0), int64(len(s)))
		return s[min(max(from, 0), to):to], nil
	})
}

func trimBytes(s, set []byte, sides [2]bool) []byte {
	for sides[0] && len(s) > 0 && slices.Contains(set, s[0]) {
		s = s[1:]
	}
	for sides[1] && len(s) > 0 && slices.Contains(set, s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}
