package pgwire

import (
	"encoding/binary"

	"gsql/catalog"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// decodeRecord appends a record of a type whose fields are known: their number, and of each its type, its length, which is
// -1 for NULL, and its value.
func decodeRecord(bl *vec.Builder, t types.Type, b []byte, enc *text.Encoding) error {
	be := binary.BigEndian
	if t.Fields() == nil {
		return sqlstate.New(sqlstate.FeatureNotSupported, "input of anonymous composite types is not implemented")
	}
	if len(b) < 4 {
		return errBinary
	}
	if n, want := be.Uint32(b), len(t.Fields()); n != uint32(want) {
		return sqlstate.New(sqlstate.DatatypeMismatch, "wrong number of columns: %d, expected %d", n, want)
	}
	b = b[4:]
	var err error
	bl.AppendRow(func(fields []*vec.Builder) {
		for i, f := range fields {
			n := f.Len()
			if err == nil {
				b, err = decodeField(f, t.Fields()[i].Type, i, b, enc)
			}
			if f.Len() == n { // after an error, too, all fields have a row
				f.AppendNull()
			}
		}
	})
	if err == nil && len(b) > 0 {
		err = errBinary
	}
	return err
}

// ofTable reports whether a type is that of a table's rows, or of arrays of them, whose OID the session knows: values within
// others are taken and given as record.
func ofTable(t types.Type) bool {
	if t.ID == types.Array {
		t = t.Element()
	}
	return t.ID == types.Record && t.Def != nil && t.Def.Name != "" && t.Named() == nil
}

// decodeField appends a field of a record, and returns what follows it; nothing is appended for NULL.
func decodeField(bl *vec.Builder, t types.Type, i int, b []byte, enc *text.Encoding) (rest []byte, err error) {
	be := binary.BigEndian
	if len(b) < 8 {
		return nil, errBinary
	}
	oid, size := be.Uint32(b), int32(be.Uint32(b[4:]))
	b = b[8:]
	if want := catalog.TypeOID(t); oid != want && !ofTable(t) {
		return nil, sqlstate.New(sqlstate.DatatypeMismatch, "binary data has type %d instead of expected %d in record column %d", oid, want, i+1)
	}
	switch {
	case size == -1:
		return b, nil
	case size < 0 || int(size) > len(b):
		return nil, errBinary
	}
	return b[size:], decodeBinary(bl, t, b[:size], enc)
}
