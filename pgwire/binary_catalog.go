package pgwire

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the binary forms of the types that columns of the system catalog have. They are held as text.

// textHeld reports whether a type is one of these.
func textHeld(t types.Type) bool {
	switch t.ID {
	case types.TID, types.LSN, types.Inet, types.ACLItem:
		return true
	}
	return false
}

// Families of addresses in inet's binary form.
const (
	familyIPv4 = 2
	familyIPv6 = 3
)

// appendTextHeld appends the binary form of a value.
func appendTextHeld(dst []byte, t types.Type, s string) ([]byte, error) {
	be := binary.BigEndian
	bad := sqlstate.New(sqlstate.BadBinaryValue, "\"%s\" is no value of type %s", s, t.Base())
	switch t.ID {
	case types.TID:
		var block, offset uint64
		b, o, ok := strings.Cut(strings.Trim(s, "()"), ",")
		block, err := strconv.ParseUint(b, 10, 32)
		if err == nil {
			offset, err = strconv.ParseUint(o, 10, 16)
		}
		if !ok || err != nil {
			return dst, bad
		}
		return be.AppendUint16(be.AppendUint32(dst, uint32(block)), uint16(offset)), nil
	case types.LSN:
		h, l, ok := strings.Cut(s, "/")
		hi, err1 := strconv.ParseUint(h, 16, 32)
		lo, err2 := strconv.ParseUint(l, 16, 32)
		if !ok || err1 != nil || err2 != nil {
			return dst, bad
		}
		return be.AppendUint64(dst, hi<<32|lo), nil
	case types.Inet:
		return appendInet(dst, s, bad)
	}
	return dst, sqlstate.New(sqlstate.UndefinedFunction, "no binary output function available for type %s", t.Base())
}

func appendInet(dst []byte, s string, bad error) ([]byte, error) {
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return dst, bad
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	family := byte(familyIPv4)
	if prefix.Addr().Is6() {
		family = familyIPv6
	}
	b := prefix.Addr().AsSlice()
	return append(append(dst, family, byte(prefix.Bits()), 0, byte(len(b))), b...), nil
}

// decodeTextHeld appends the value with the binary form b.
func decodeTextHeld(bl *vec.Builder, t types.Type, b []byte) error {
	be := binary.BigEndian
	switch t.ID {
	case types.TID:
		bl.AppendString(fmt.Sprintf("(%d,%d)", be.Uint32(b), be.Uint16(b[4:])))
	case types.LSN:
		bl.AppendString(fmt.Sprintf("%X/%X", be.Uint32(b), be.Uint32(b[4:])))
	case types.Inet:
		return decodeInet(bl, b)
	default:
		return sqlstate.New(sqlstate.UndefinedFunction, "no binary input function available for type %s", t.Base())
	}
	return nil
}

func decodeInet(bl *vec.Builder, b []byte) error {
	if len(b) < 4 || len(b) != 4+int(b[3]) || b[0] == familyIPv4 != (b[3] == 4) || b[0] == familyIPv6 != (b[3] == 16) {
		return errBinary
	}
	addr, ok := netip.AddrFromSlice(b[4:])
	if !ok || int(b[1]) > addr.BitLen() {
		return errBinary
	}
	if int(b[1]) == addr.BitLen() {
		bl.AppendString(addr.String())
	} else {
		bl.AppendString(netip.PrefixFrom(addr, int(b[1])).String())
	}
	return nil
}
