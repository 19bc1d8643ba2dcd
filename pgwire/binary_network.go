package pgwire

import (
	"gsql/exec/inet"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the binary forms of inet and cidr: the family, the bits of the mask, whether it is a cidr, the number of
// bytes, and these.

// Families of addresses in the binary form.
const (
	familyIPv4 = 2
	familyIPv6 = 3
)

func appendInet(dst []byte, t types.Type, key []byte) []byte {
	a := inet.FromKey(key)
	family, cidr := byte(familyIPv4), byte(0)
	if a.Family == inet.IPv6 {
		family = familyIPv6
	}
	if t.ID == types.CIDR {
		cidr = 1
	}
	return append(append(dst, family, a.Bits, cidr, byte(inet.Size(a.Family))), a.Bytes()...)
}

func decodeInet(bl *vec.Builder, t types.Type, b []byte) error {
	bad := func(what string) error {
		return sqlstate.New(sqlstate.BadBinaryValue, "invalid %s in external \"%s\" value", what, t.Base())
	}
	if len(b) < 4 {
		return sqlstate.New(sqlstate.ProtocolViolation, "insufficient data left in message")
	}
	a := inet.Addr{Family: inet.IPv4, Bits: b[1]}
	switch b[0] {
	case familyIPv4:
	case familyIPv6:
		a.Family = inet.IPv6
	default:
		return bad("address family")
	}
	switch {
	case int(a.Bits) > a.MaxBits():
		return bad("bits")
	case int(b[3]) != inet.Size(a.Family):
		return bad("length")
	case len(b) < 4+int(b[3]):
		return sqlstate.New(sqlstate.ProtocolViolation, "insufficient data left in message")
	case len(b) > 4+int(b[3]):
		return errBinary
	}
	copy(a.IP[:], b[4:])
	if t.ID == types.CIDR && a.Masked() != a {
		return sqlstate.New(sqlstate.BadBinaryValue, "invalid external \"cidr\" value").WithDetail("Value has bits set to right of mask.")
	}
	bl.AppendBytes(a.AppendKey(nil))
	return nil
}
