package text

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"gsql/exec/geo"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the text forms of the geometric types, which are held as package geo says.

func appendGeometry(dst []byte, id types.ID, b []byte) []byte {
	switch id {
	case types.Point:
		return appendPoint(dst, geo.PointOf(b))
	case types.Line:
		l := geo.LineOf(b)
		dst = AppendFloat64(append(dst, '{'), l.A)
		dst = AppendFloat64(append(dst, ','), l.B)
		return append(AppendFloat64(append(dst, ','), l.C), '}')
	case types.LSeg:
		return append(appendPoints(append(dst, '['), geo.Points(b)), ']')
	case types.Box:
		return appendPoints(dst, geo.Points(b))
	case types.Path:
		p := geo.PathOf(b)
		if p.Closed {
			return append(appendPoints(append(dst, '('), p.Points), ')')
		}
		return append(appendPoints(append(dst, '['), p.Points), ']')
	case types.Polygon:
		return append(appendPoints(append(dst, '('), geo.PolygonOf(b).Points), ')')
	}
	c := geo.CircleOf(b)
	dst = append(appendPoint(append(dst, '<'), c.Center), ',')
	return append(AppendFloat64(dst, c.Radius), '>')
}

func appendPoint(dst []byte, p geo.Point) []byte {
	dst = AppendFloat64(append(dst, '('), p.X)
	return append(AppendFloat64(append(dst, ','), p.Y), ')')
}

func appendPoints(dst []byte, p geo.Points) []byte {
	for i := range p.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendPoint(dst, p.At(i))
	}
	return dst
}

// geometryParsers read the types but for line, whose errors have more to say.
var geometryParsers = map[types.ID]func(dst, s []byte, number geo.Number) ([]byte, bool, error){
	types.Point: geo.ParsePoint, types.LSeg: geo.ParseSegment, types.Box: geo.ParseBox, types.Path: geo.ParsePath,
	types.Polygon: geo.ParsePolygon, types.Circle: geo.ParseCircle,
}

func parseGeometry(b *vec.Builder, t types.Type, s []byte) error {
	var buf [64]byte
	var out []byte
	var ok bool
	var err error
	problem := ""
	if t.ID == types.Line {
		out, ok, problem, err = geo.ParseLine(buf[:0], s, readNumber)
	} else {
		out, ok, err = geometryParsers[t.ID](buf[:0], s, readNumber)
	}
	switch {
	case err != nil:
		return err
	case !ok:
		return invalid(t, s)
	case problem != "":
		return sqlstate.New(sqlstate.BadTextValue, "invalid line specification: %s", problem)
	}
	b.AppendBytes(out)
	return nil
}

// readNumber reads the number that a text begins with.
func readNumber(s []byte) (x float64, rest []byte, ok bool, err error) {
	s = bytes.TrimLeft(s, " \t\n\v\f\r")
	n := numberLength(s)
	x, err = ParseFloat(s[:n], 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, s, false, sqlstate.New(sqlstate.NumericOutOfRange, "\"%s\" is out of range for type double precision", s[:n])
	}
	return x, bytes.TrimLeft(s[n:], " \t\n\v\f\r"), err == nil, nil
}

// numberLength returns how many bytes at the beginning of a text are one number.
func numberLength(s []byte) int {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	for _, word := range []string{"infinity", "inf", "nan"} {
		if len(s)-i >= len(word) && strings.EqualFold(string(s[i:i+len(word)]), word) {
			return i + len(word)
		}
	}
	digits := func() int {
		from := i
		for i < len(s) && s[i]-'0' <= 9 {
			i++
		}
		return i - from
	}
	n := digits()
	if i < len(s) && s[i] == '.' {
		i++
		n += digits()
	}
	if n == 0 {
		return 0
	}
	if end := i; i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '-' || s[i] == '+') {
			i++
		}
		if digits() == 0 {
			return end
		}
	}
	return i
}

// elementDelimiter is what stands between the elements of an array in its text.
func elementDelimiter(elem types.ID) byte {
	if elem == types.Box {
		return ';'
	}
	return ','
}
