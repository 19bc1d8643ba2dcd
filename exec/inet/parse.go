package inet

import (
	"bytes"
	"encoding/binary"
	"math"
)

// Parse reads a value of inet as PostgreSQL does: an address, and a mask behind a slash, without which it is that of a
// single address. Of an IPv4 address the bytes at its end that are behind the mask may be missing.
func Parse(s []byte) (Addr, bool) {
	if ip, bits, ok := parseUsual(s); ok {
		a := Addr{Family: IPv4, Bits: uint8(bits)}
		binary.BigEndian.PutUint32(a.IP[:], ip)
		return a, true
	}
	if bytes.IndexByte(s, ':') >= 0 {
		return parseWords(s)
	}
	var a Addr
	n, rest, ok := octets(s, &a, true)
	if !ok {
		return a, false
	}
	return a, a.setMask(rest, n, func(*Addr, int) (int, bool) { return 32, n == 4 }) && int(a.Bits) <= 8*n+7
}

// ParseCIDR reads a value of cidr. Where no mask is given, it is that of the class that the address had before there
// were masks, or of as many bytes as there are. Whether bits behind the mask are 0 is for the caller to see.
func ParseCIDR(s []byte) (Addr, bool) {
	if bytes.IndexByte(s, ':') >= 0 {
		return parseWords(s)
	}
	var a Addr
	read := func(s []byte, a *Addr) (int, []byte, bool) { return octets(s, a, false) }
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' && hexValue(s[2]) >= 0 {
		read = nibbles
	}
	n, rest, ok := read(s, &a)
	if !ok {
		return a, false
	}
	return a, a.setMask(rest, n, classMask)
}

// parseUsual reads the usual form of an IPv4 address: four numbers and perhaps a mask. It is false for other forms, which
// may be right nevertheless.
func parseUsual(s []byte) (ip uint32, bits int, ok bool) {
	x, digits, points, i := uint32(0), 0, 0, 0
	for ; i < len(s); i++ {
		c := s[i] - '0'
		if c <= 9 {
			if x = 10*x + uint32(c); x > 255 {
				return 0, 0, false
			}
			digits++
			continue
		}
		if s[i] != '.' || points == 3 || digits == 0 {
			break
		}
		ip = ip<<8 | x
		points++
		x, digits = 0, 0
	}
	if points != 3 || digits == 0 {
		return 0, 0, false
	}
	ip = ip<<8 | x
	if i == len(s) {
		return ip, 32, true
	}
	bits, ok = number(s[i+1:], 32)
	return ip, bits, ok && s[i] == '/'
}

// ParseKey reads an IPv4 address of inet in its usual form and returns its key, which has n bytes. n is 0 for everything
// else; Parse tells what it is.
func ParseKey(s []byte) (key [12]byte, n int) {
	ip, bits, ok := parseUsual(s)
	if !ok {
		return key, 0
	}
	net := ip &^ (math.MaxUint32 >> bits)
	key[0], key[5] = IPv4, byte(bits)
	binary.BigEndian.PutUint32(key[1:], net)
	if net == ip {
		return key, 6
	}
	binary.BigEndian.PutUint32(key[6:], ip)
	return key, 10
}

// octets reads up to four numbers with points between them into a, and returns how many they are and what follows. A
// point may be the last of them where trailing allows it.
func octets(s []byte, a *Addr, trailing bool) (n int, rest []byte, ok bool) {
	a.Family = IPv4
	for {
		k := 0
		for k < len(s) && s[k]-'0' <= 9 {
			k++
		}
		if k == 0 { // nothing, or nothing behind a point
			return n, s, trailing && n > 0
		}
		x, ok := number(s[:k], 255)
		if !ok || n == 4 {
			return n, s, false
		}
		a.IP[n] = byte(x)
		n++
		if s = s[k:]; len(s) == 0 || s[0] != '.' {
			return n, s, true
		}
		s = s[1:]
	}
}

// nibbles reads hexadecimal digits behind 0x, two for each byte.
func nibbles(s []byte, a *Addr) (n int, rest []byte, ok bool) {
	a.Family = IPv4
	s = s[2:]
	k := 0
	for ; k < len(s) && hexValue(s[k]) >= 0; k++ {
		if k == 8 {
			return 0, s, false
		}
		a.IP[k/2] |= byte(hexValue(s[k])) << (4 - k%2*4)
	}
	return (k + 1) / 2, s[k:], true
}

// setMask reads /bits, which ends the text, or takes the mask that an address of n bytes has without it.
func (a *Addr) setMask(s []byte, n int, missing func(*Addr, int) (int, bool)) bool {
	var bits int
	var ok bool
	if len(s) == 0 {
		bits, ok = missing(a, n)
	} else {
		bits, ok = number(s[1:], 32)
		ok = ok && s[0] == '/'
	}
	a.Bits = uint8(bits)
	return ok
}

// classMask returns the mask of an IPv4 network of which n bytes are given.
func classMask(a *Addr, n int) (int, bool) {
	bits := 8
	switch first := a.IP[0]; {
	case first >= 240:
		bits = 32
	case first >= 224:
	case first >= 192:
		bits = 24
	case first >= 128:
		bits = 16
	}
	if bits = max(bits, 8*n); bits == 8 && a.IP[0] == 224 { // all addresses that are for many
		bits = 4
	}
	return bits, true
}

// number reads a decimal number of up to most.
func number(s []byte, most int) (n int, ok bool) {
	for _, c := range s {
		if c-'0' > 9 {
			return 0, false
		}
		if n = 10*n + int(c-'0'); n > most {
			return 0, false
		}
	}
	return n, len(s) > 0
}

// plainNumber is number without zeros in front.
func plainNumber(s []byte, most int) (int, bool) {
	if len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	return number(s, most)
}

func hexValue(c byte) int {
	switch {
	case c-'0' <= 9:
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// parseWords reads an IPv6 address, of which the last four bytes may be written as an IPv4 address, and its mask.
func parseWords(s []byte) (a Addr, ok bool) {
	a.Family, a.Bits = IPv6, 128
	masked := false
	if i := bytes.IndexByte(s, '/'); i >= 0 {
		bits, ok := plainNumber(s[i+1:], 128)
		if !ok {
			return a, false
		}
		a.Bits, s, masked = uint8(bits), s[:i], true
	}
	n, gap := 0, -1 // bytes so far, and how many before ::
	if len(s) > 0 && s[0] == ':' {
		if len(s) < 2 || s[1] != ':' {
			return a, false
		}
		s, gap = s[2:], 0
	}
	for len(s) > 0 {
		k := bytes.IndexByte(s, ':')
		switch {
		case k == 0: // the second one of ::
			if gap >= 0 {
				return a, false
			}
			gap, s = n, s[1:]
			continue
		case k < 0 && bytes.IndexByte(s, '.') >= 0:
			if n > 12 || !lastOctets(s, a.IP[n:n+4], masked) {
				return a, false
			}
			n, s = n+4, nil
			continue
		case k < 0:
			k = len(s)
		}
		x, ok := hexWord(s[:k])
		if !ok || n > 14 || k == len(s)-1 && !masked { // nothing may follow a colon, but for a slash
			return a, false
		}
		a.IP[n], a.IP[n+1] = byte(x>>8), byte(x)
		n += 2
		s = s[min(k+1, len(s)):]
	}
	if gap < 0 {
		return a, n == 16
	}
	if n == 16 {
		return a, false
	}
	copy(a.IP[gap+16-n:], a.IP[gap:n])
	clear(a.IP[gap : gap+16-n])
	return a, true
}

func hexWord(s []byte) (x int, ok bool) {
	for _, c := range s {
		d := hexValue(c)
		if d < 0 {
			return 0, false
		}
		x = x<<4 | d
	}
	return x, len(s) > 0 && len(s) <= 4
}

// lastOctets reads up to four numbers with points between them, without zeros in front. They may be missing, which is
// 0, but for one at the end of the text.
func lastOctets(s, to []byte, masked bool) bool {
	fields := bytes.Split(s, []byte("."))
	for i, f := range fields {
		x, ok := plainNumber(f, 255)
		if i == 4 || !ok && (len(f) > 0 || i == len(fields)-1 && !masked) {
			return false
		}
		to[i] = byte(x)
	}
	return true
}
