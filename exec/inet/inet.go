// Package inet has the values of PostgreSQL's types inet and cidr: addresses of the internet with the length of their
// network's mask.
//
// A value is held as a short string of bytes, its key, that is ordered, compared and hashed as the value is:
//
//	family  4 or 6, so that IPv4 comes first
//	network 4 or 16 bytes: the address without the bits behind the mask
//	bits    the length of the mask
//	address 4 or 16 bytes, left out where they are the network's, which is the least one has
//
// So the key of an IPv4 address takes 6 bytes, or 10 where it is within a network, and lies in its view.
package inet

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Families, the first byte of a key.
const (
	IPv4 = 4
	IPv6 = 6
)

// MaxKey is the length of the longest key.
const MaxKey = 34

// Addr is a value of inet or cidr.
type Addr struct {
	Family byte     // IPv4 or IPv6
	Bits   uint8    // of the mask
	IP     [16]byte // an IPv4 address has the first four bytes, the others are 0
}

// Size returns the bytes of an address of the family.
func Size(family byte) int {
	if family == IPv4 {
		return 4
	}
	return 16
}

// MaxBits returns the bits of an address of the value's family.
func (a *Addr) MaxBits() int { return 8 * Size(a.Family) }

// Bytes returns the bytes of the address, which belong to a.
func (a *Addr) Bytes() []byte { return a.IP[:Size(a.Family)] }

// Masked returns a with the bits behind its mask 0.
func (a Addr) Masked() Addr {
	mask(a.Bytes(), int(a.Bits))
	return a
}

// mask makes the bits of b from number n on 0.
func mask(b []byte, n int) {
	for i := n / 8; i < len(b); i++ {
		if i == n/8 {
			b[i] &= ^(0xff >> (n % 8))
		} else {
			b[i] = 0
		}
	}
}

// AppendKey appends the key of a.
func (a *Addr) AppendKey(dst []byte) []byte {
	net := a.Masked()
	dst = append(dst, a.Family)
	dst = append(dst, net.Bytes()...)
	dst = append(dst, a.Bits)
	if net.IP != a.IP {
		dst = append(dst, a.Bytes()...)
	}
	return dst
}

// FromKey returns the value that a key stands for.
func FromKey(k []byte) (a Addr) {
	n := Size(k[0])
	a.Family, a.Bits = k[0], k[1+n]
	if len(k) > 2+n {
		copy(a.IP[:], k[2+n:])
	} else {
		copy(a.IP[:], k[1:1+n])
	}
	return a
}

// MaskLength returns the bits of a key's mask.
func MaskLength(k []byte) int { return int(k[1+Size(k[0])]) }

// Contains reports whether the network of key a has all addresses of key b's; strictly if it has more.
func Contains(a, b []byte, strictly bool) bool {
	if a[0] != b[0] {
		return false
	}
	n := Size(a[0])
	x, y := a[1+n], b[1+n]
	if x > y || strictly && x == y {
		return false
	}
	return samePrefix(a[1:1+n], b[1:1+n], int(x))
}

// Overlap reports whether one of two keys' networks contains the other.
func Overlap(a, b []byte) bool {
	if a[0] != b[0] {
		return false
	}
	n := Size(a[0])
	return samePrefix(a[1:1+n], b[1:1+n], int(min(a[1+n], b[1+n])))
}

// samePrefix reports whether the first n bits of a and b are the same.
func samePrefix(a, b []byte, n int) bool {
	k := n / 8
	if !bytes.Equal(a[:k], b[:k]) {
		return false
	}
	return n%8 == 0 || (a[k]^b[k])>>(8-n%8) == 0
}

// Merge returns the smallest network that has both addresses, which must be of one family.
func Merge(a, b Addr) Addr {
	n := int(min(a.Bits, b.Bits))
	x, y := a.Bytes(), b.Bytes()
	for i := range x {
		if d := x[i] ^ y[i]; d != 0 {
			k := 8 * i
			for d&0x80 == 0 {
				d <<= 1
				k++
			}
			n = min(n, k)
			break
		}
	}
	a.Bits = uint8(n)
	return a.Masked()
}

// Netmask returns the mask of a, as an address.
func (a Addr) Netmask() Addr {
	m := Addr{Family: a.Family, Bits: uint8(a.MaxBits())}
	b := m.Bytes()
	for i := range b {
		b[i] = 0xff
	}
	mask(b, int(a.Bits))
	return m
}

// Hostmask returns the bits behind the mask of a, as an address.
func (a Addr) Hostmask() Addr {
	m := a.Netmask()
	b := m.Bytes()
	for i := range b {
		b[i] = ^b[i]
	}
	return m
}

// Broadcast returns the last address of the network, with its mask.
func (a Addr) Broadcast() Addr {
	h := a.Hostmask()
	for i := range a.IP {
		a.IP[i] |= h.IP[i]
	}
	return a
}

// Add returns the address that is n above a, or below it with back; it is false where there is none.
func (a Addr) Add(n int64, back bool) (Addr, bool) {
	up := n >= 0 != back
	size := uint64(n)
	if n < 0 {
		size = -size
	}
	b := a.Bytes()
	carry := 0
	for i := len(b) - 1; i >= 0; i-- {
		k := int(size&0xff) + carry
		size >>= 8
		x := int(b[i]) + k
		if !up {
			x = int(b[i]) - k
		}
		b[i], carry = byte(x), 0
		if x < 0 || x > 0xff {
			carry = 1
		}
	}
	return a, size == 0 && carry == 0
}

// Sub returns how far a is above b, which must be of one family; it is false where 64 bits do not hold it.
func Sub(a, b Addr) (int64, bool) {
	x, y := a.number(), b.number()
	lo, borrow := bits.Sub64(x[1], y[1], 0)
	hi, _ := bits.Sub64(x[0], y[0], borrow)
	negative := bytes.Compare(a.IP[:], b.IP[:]) < 0
	if negative {
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	switch {
	case hi != 0 || lo > 1<<63 || lo == 1<<63 && !negative:
		return 0, false
	case negative:
		return -int64(lo), true
	}
	return int64(lo), true
}

// number returns the address as two words, the higher one first.
func (a *Addr) number() [2]uint64 {
	if a.Family == IPv4 {
		return [2]uint64{0, uint64(binary.BigEndian.Uint32(a.IP[:]))}
	}
	return [2]uint64{binary.BigEndian.Uint64(a.IP[:]), binary.BigEndian.Uint64(a.IP[8:])}
}
