package inet

import "strconv"

// Append appends the text of a as inet: without the mask where it is that of a single address.
func (a *Addr) Append(dst []byte) []byte {
	dst = a.AppendHost(dst)
	if int(a.Bits) == a.MaxBits() {
		return dst
	}
	return strconv.AppendUint(append(dst, '/'), uint64(a.Bits), 10)
}

// AppendCIDR appends the text of a as cidr, which has the mask always.
func (a *Addr) AppendCIDR(dst []byte) []byte {
	return strconv.AppendUint(append(a.AppendHost(dst), '/'), uint64(a.Bits), 10)
}

// AppendHost appends the text of the address alone.
func (a *Addr) AppendHost(dst []byte) []byte {
	if a.Family == IPv4 {
		return appendOctets(dst, a.IP[:4])
	}
	var words [8]uint16
	for i := range words {
		words[i] = uint16(a.IP[2*i])<<8 | uint16(a.IP[2*i+1])
	}
	from, n := longestZeros(words[:])
	if n < 2 {
		from, n = -1, 0
	}
	// The last four bytes of addresses that stand for ones of IPv4 are written as those are.
	v4 := from == 0 && (n == 6 || n == 5 && words[5] == 0xffff)
	for i := 0; i < 8; i++ {
		switch {
		case i == from:
			dst = append(dst, ':')
			continue
		case i > from && i < from+n:
			continue
		case i > 0:
			dst = append(dst, ':')
		}
		if i == 6 && v4 {
			return appendOctets(dst, a.IP[12:])
		}
		dst = strconv.AppendUint(dst, uint64(words[i]), 16)
	}
	if from >= 0 && from+n == 8 {
		dst = append(dst, ':')
	}
	return dst
}

// longestZeros returns where the first one of the longest runs of zeros begins, and its length.
func longestZeros(words []uint16) (from, n int) {
	for i := 0; i < len(words); i++ {
		k := i
		for k < len(words) && words[k] == 0 {
			k++
		}
		if k-i > n {
			from, n = i, k-i
		}
		i = max(i, k-1)
	}
	return from, n
}

func appendOctets(dst, b []byte) []byte {
	for i, x := range b {
		if i > 0 {
			dst = append(dst, '.')
		}
		dst = appendOctet(dst, x)
	}
	return dst
}

func appendOctet(dst []byte, x byte) []byte {
	if x >= 100 {
		dst = append(dst, '0'+x/100)
	}
	if x >= 10 {
		dst = append(dst, '0'+x/10%10)
	}
	return append(dst, '0'+x%10)
}

// AppendAbbreviated appends the text of a as cidr without the bytes at its end that the mask does not reach.
func (a *Addr) AppendAbbreviated(dst []byte) []byte {
	net := a.Masked()
	n := (int(a.Bits) + 7) / 8
	switch {
	case a.Family == IPv6:
		dst = net.appendWords(dst)
	case n == 0:
		dst = append(dst, '0')
	default:
		dst = appendOctets(dst, net.IP[:n])
	}
	return strconv.AppendUint(append(dst, '/'), uint64(a.Bits), 10)
}

// appendWords appends the words of an IPv6 network that its mask reaches, at least two. A run of zeros is left out,
// also a single one.
func (a *Addr) appendWords(dst []byte) []byte {
	if a.Bits == 0 {
		return append(dst, "::"...)
	}
	words := make([]uint16, max(2, (int(a.Bits)+15)/16))
	for i := range words {
		words[i] = uint16(a.IP[2*i])<<8 | uint16(a.IP[2*i+1])
	}
	from, n := longestZeros(words)
	v4 := n != len(words) && from == 0 && (n == 6 || n == 5 && words[5] == 0xffff)
	start := len(dst)
	for i := 0; i < len(words); i++ {
		if n > 0 && i >= from && i < from+n {
			if i == from {
				dst = append(dst, ':')
			}
			if i == len(words)-1 {
				dst = append(dst, ':')
			}
			continue
		}
		if len(dst) > start {
			dst = append(dst, ':')
		}
		if v4 && i > 5 {
			last := 14
			if len(words) == 8 {
				if last = 15; a.Bits > 120 {
					last = 16
				}
			}
			return appendOctets(dst, a.IP[2*i:last])
		}
		dst = strconv.AppendUint(dst, uint64(words[i]), 16)
	}
	return dst
}
