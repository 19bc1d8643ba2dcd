package text

import "encoding/binary"

// The readers of the forms that data files usually have. They accept nothing else; the readers of the free forms
// take what they refuse.

const (
	firstYear = 1800
	lastYear  = 2199
)

// monthStart has the day on which each month from 1800 to 2199 begins, and one more.
var monthStart = func() (m [(lastYear-firstYear+1)*12 + 1]int32) {
	for i := range m {
		m[i] = int32(DaysFromCivil(int64(firstYear+i/12), int64(i%12+1), 1))
	}
	return m
}()

// ParseDateISO reads YYYY-MM-DD.
func ParseDateISO(s []byte) (int32, bool) {
	if len(s) != 10 {
		return 0, false
	}
	// The first eight bytes are YYYY-MM-. Their hyphens and the digits' upper halves become zeros.
	w := binary.LittleEndian.Uint64(s) ^ 0x2d30302d30303030
	d := uint64(binary.LittleEndian.Uint16(s[8:])) ^ 0x3030
	const highs = 0x8080808080808080
	if ((w+0x7f76767f76767676|w)|(d+0x7676|d))&highs != 0 {
		return 0, false
	}
	year := (w&15)*1000 + (w>>8&15)*100 + (w>>16&15)*10 + w>>24&15
	month := (w>>40&15)*10 + w>>48&15
	day := int32((d&15)*10 + d>>8)
	if month-1 > 11 || day < 1 {
		return 0, false
	}
	if year < firstYear || year > lastYear {
		y, m := int64(year), int64(month)
		if y == 0 || int64(day) > DaysInMonth(y, m) {
			return 0, false
		}
		return int32(DaysFromCivil(y, m, int64(day))), true
	}
	i := (year-firstYear)*12 + month - 1
	first := monthStart[i]
	if day > monthStart[i+1]-first {
		return 0, false
	}
	return first + day - 1, true
}

// ParseTimestampISO reads YYYY-MM-DD[ T]HH:MM[:SS[.ffffff]].
func ParseTimestampISO(s []byte) (int64, bool) {
	if len(s) < 16 || s[10] != ' ' && s[10] != 'T' {
		return 0, false
	}
	d, ok := ParseDateISO(s[:10])
	if !ok {
		return 0, false
	}
	t, ok := ParseTimeISO(s[11:])
	return int64(d)*Day + t, ok
}

// ParseTimestampTZISO reads what ParseTimestampISO does and behind it Z or an offset, such as +01, +0100 and
// +01:00. It returns microseconds in UTC.
func ParseTimestampTZISO(s []byte) (int64, bool) {
	n := len(s)
	if n > 16 && s[n-1] == 'Z' {
		return ParseTimestampISO(s[:n-1])
	}
	for _, size := range [...]int{3, 5, 6} {
		if n < 16+size || s[n-size] != '+' && s[n-size] != '-' {
			continue
		}
		off, rest, ok := parseOffset(s[n-size:])
		if !ok || len(rest) > 0 || off >= 16*3600 || off <= -16*3600 {
			return 0, false
		}
		ts, ok := ParseTimestampISO(s[:n-size])
		return ts - off*Second, ok
	}
	return 0, false
}

// ParseTimeISO reads HH:MM[:SS[.ffffff]].
func ParseTimeISO(s []byte) (int64, bool) {
	if len(s) < 5 || s[2] != ':' {
		return 0, false
	}
	h, ok1 := digits(s[:2])
	m, ok2 := digits(s[3:5])
	if !ok1 || !ok2 || h > 23 || m > 59 {
		return 0, false
	}
	t := h*Hour + m*Minute
	if len(s) == 5 {
		return t, true
	}
	if len(s) < 8 || s[5] != ':' {
		return 0, false
	}
	sec, ok := digits(s[6:8])
	if !ok || sec > 59 {
		return 0, false
	}
	t += sec * Second
	if len(s) == 8 {
		return t, true
	}
	if s[8] != '.' || len(s) == 9 || len(s) > 15 {
		return 0, false
	}
	f, ok := digits(s[9:])
	for i := len(s); i < 15; i++ {
		f *= 10
	}
	return t + f, ok
}

// exactPowers are the powers of ten that a float holds exactly.
var exactPowers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// parseExact reads digits with at most one point, and a sign, whose number without the point a float holds
// exactly: one division by a power of ten, exact too, rounds right then.
func parseExact(s []byte) (float64, bool) {
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	if len(s) == 0 || len(s) > 18 {
		return 0, false
	}
	var m uint64
	point := len(s) - 1
	for i, c := range s {
		d := uint64(c) - '0'
		if d > 9 {
			if c != '.' || point < len(s)-1 || len(s) == 1 {
				return 0, false
			}
			point = i
			continue
		}
		m = m*10 + d
	}
	if m >= 1<<53 {
		return 0, false
	}
	x := float64(m) / exactPowers[len(s)-1-point]
	if neg {
		x = -x
	}
	return x, true
}
