package pgwire

import (
	"encoding/binary"
	"fmt"
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
	case types.TID, types.LSN, types.ACLItem:
		return true
	}
	return false
}

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
	}
	return dst, sqlstate.New(sqlstate.UndefinedFunction, "no binary output function available for type %s", t.Base())
}

// decodeTextHeld appends the value with the binary form b.
func decodeTextHeld(bl *vec.Builder, t types.Type, b []byte) error {
	be := binary.BigEndian
	switch t.ID {
	case types.TID:
		bl.AppendString(fmt.Sprintf("(%d,%d)", be.Uint32(b), be.Uint16(b[4:])))
	case types.LSN:
		bl.AppendString(fmt.Sprintf("%X/%X", be.Uint32(b), be.Uint32(b[4:])))
	default:
		return sqlstate.New(sqlstate.UndefinedFunction, "no binary input function available for type %s", t.Base())
	}
	return nil
}
