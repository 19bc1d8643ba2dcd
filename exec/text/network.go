package text

import (
	"bytes"
	"strconv"

	"gsql/exec/inet"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the text forms of addresses: inet and cidr, which are held as package inet says, and macaddr and macaddr8,
// which are held as their bytes.

func appendAddress(dst []byte, id types.ID, key []byte) []byte {
	a := inet.FromKey(key)
	if id == types.CIDR {
		return a.AppendCIDR(dst)
	}
	return a.Append(dst)
}

func parseAddress(b *vec.Builder, t types.Type, s []byte) error {
	a, err := ParseAddress(t.ID, s)
	if err != nil {
		return err
	}
	var key [inet.MaxKey]byte
	b.AppendBytes(a.AppendKey(key[:0]))
	return nil
}

// ParseAddress reads a value of inet or cidr.
func ParseAddress(id types.ID, s []byte) (inet.Addr, error) {
	parse := inet.Parse
	if id == types.CIDR {
		parse = inet.ParseCIDR
	}
	a, ok := parse(s)
	if !ok {
		return a, invalid(types.Of(id), s)
	}
	if id == types.CIDR && a.Masked() != a {
		return a, sqlstate.New(sqlstate.BadTextValue, "invalid cidr value: \"%s\"", s).WithDetail("Value has bits set to right of mask.")
	}
	return a, nil
}

// appendMac appends the bytes of a hardware address.
func appendMac(dst, mac []byte) []byte {
	for i, b := range mac {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, "0123456789abcdef"[b>>4], "0123456789abcdef"[b&15])
	}
	return dst
}

func parseMac(b *vec.Builder, t types.Type, s []byte) error {
	if t.ID == types.MacAddr8 {
		mac, ok := parseMac8(s)
		if !ok {
			return invalid(t, s)
		}
		b.AppendBytes(mac[:])
		return nil
	}
	mac, ok := usualMac(s)
	if !ok {
		var err error
		if mac, err = oddMac(t, s); err != nil {
			return err
		}
	}
	b.AppendBytes(mac[:])
	return nil
}

// usualMac reads six pairs of digits with colons or hyphens between them.
func usualMac(s []byte) (mac [6]byte, ok bool) {
	if len(s) != 17 || s[2] != ':' && s[2] != '-' {
		return mac, false
	}
	for i := range mac {
		hi, ok1 := hexDigit(s[3*i])
		lo, ok2 := hexDigit(s[3*i+1])
		if !ok1 || !ok2 || i > 0 && s[3*i-1] != s[2] {
			return mac, false
		}
		mac[i] = hi<<4 | lo
	}
	return mac, true
}

// macForms are the ways in which the six numbers of a hardware address may be written: x stands for one of any number of
// digits, 2 for one of at most two.
var macForms = []string{"x:x:x:x:x:x", "x-x-x-x-x-x", "222:222", "222-222", "22.22.22", "22-22-22", "222222"}

// oddMac reads an address in any of the forms.
func oddMac(t types.Type, s []byte) (mac [6]byte, err error) {
	for _, form := range macForms {
		numbers, ok := scanNumbers(s, form)
		if !ok {
			continue
		}
		for i, n := range numbers {
			if n < 0 || n > 255 {
				return mac, sqlstate.New(sqlstate.NumericOutOfRange, "invalid octet value in \"macaddr\" value: \"%s\"", s)
			}
			mac[i] = byte(n)
		}
		return mac, nil
	}
	return mac, invalid(t, s)
}

// scanNumbers reads hexadecimal numbers as C's scanf does: there may be blanks and a sign before each, and 0x.
func scanNumbers(s []byte, form string) (numbers []int, ok bool) {
	for _, c := range form {
		width := 2
		switch c {
		case 'x':
			width = len(s)
		case '2':
		default:
			if len(s) == 0 || s[0] != byte(c) {
				return nil, false
			}
			s = s[1:]
			continue
		}
		n, rest, ok := scanHex(bytes.TrimLeft(s, " \t\n\v\f\r"), width)
		if !ok {
			return nil, false
		}
		numbers, s = append(numbers, n), rest
	}
	return numbers, len(bytes.TrimLeft(s, " \t\n\v\f\r")) == 0
}

func scanHex(s []byte, width int) (n int, rest []byte, ok bool) {
	end := min(width, len(s))
	i := 0
	if i < end && (s[i] == '-' || s[i] == '+') {
		i++
	}
	negative := i > 0 && s[0] == '-'
	if i+2 < end && s[i] == '0' && s[i+1]|0x20 == 'x' {
		i += 2
	}
	for ; i < end; i++ {
		d, hex := hexDigit(s[i])
		if !hex {
			break
		}
		n, ok = min(n<<4|int(d), 1<<20), true
	}
	if negative {
		n = -n
	}
	return n, s[i:], ok
}

// parseMac8 reads six or eight pairs of digits, with one kind of separator between any of them. Six are those of an
// address of macaddr.
func parseMac8(s []byte) (mac [8]byte, ok bool) {
	s = bytes.TrimLeft(s, " \t\n\v\f\r")
	n := 0
	separator := byte(0)
	for len(s) > 1 { // what is left then is not looked at
		hi, ok1 := hexDigit(s[0])
		lo, ok2 := hexDigit(s[1])
		if !ok1 || !ok2 || n == 8 {
			return mac, false
		}
		mac[n] = hi<<4 | lo
		n++
		s = s[2:]
		if len(s) > 0 && (s[0] == ':' || s[0] == '-' || s[0] == '.') {
			if separator != 0 && separator != s[0] {
				return mac, false
			}
			separator, s = s[0], s[1:]
		}
		if rest := bytes.TrimLeft(s, " \t\n\v\f\r"); (n == 6 || n == 8) && len(rest) < len(s) {
			if s = rest; len(s) > 0 {
				return mac, false
			}
		}
	}
	if n == 6 {
		mac = [8]byte{mac[0], mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]}
	}
	return mac, n == 6 || n == 8
}

// parseXID8 reads an unsigned number, which may be written as in C.
func parseXID8(s []byte) (uint64, error) {
	digits := bytes.TrimLeft(s, " \t\n\v\f\r")
	negative := len(digits) > 0 && digits[0] == '-'
	if len(digits) > 0 && (negative || digits[0] == '+') {
		digits = digits[1:]
	}
	base := 10
	switch {
	case len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x':
		digits, base = digits[2:], 16
	case len(digits) > 1 && digits[0] == '0':
		digits, base = digits[1:], 8
	}
	x, err := strconv.ParseUint(string(bytes.TrimRight(digits, " \t\n\v\f\r")), base, 64)
	switch {
	case err != nil && err.(*strconv.NumError).Err == strconv.ErrRange:
		return 0, outOfRange(types.Of(types.XID8), s)
	case err != nil:
		return 0, invalid(types.Of(types.XID8), s)
	case negative:
		x = -x
	}
	return x, nil
}
