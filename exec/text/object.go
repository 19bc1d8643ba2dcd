package text

import (
	"bytes"
	"strconv"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Objects gives the names of what the types regclass, regtype and their like stand for.
type Objects interface {
	// ObjectName returns the name of an object as a type writes it, with its schema where it would not be found
	// without; ok is false when there is no object with the OID.
	ObjectName(t types.ID, oid uint32) (name string, ok bool)
	// ObjectOID finds an object by what a text of the type says, which is neither empty, "-" nor a number. The
	// error says that there is none: 42P01, 42704, 42883.
	ObjectOID(t types.ID, name string) (uint32, error)
}

// appendObject appends the name of an object, or its OID where it has none.
func appendObject(dst []byte, t types.ID, oid uint32, st *Style) []byte {
	if oid == 0 {
		if t == types.RegOper || t == types.RegOperator {
			return append(dst, '0')
		}
		return append(dst, '-')
	}
	if st != nil && st.Objects != nil {
		if name, ok := st.Objects.ObjectName(t, oid); ok {
			return append(dst, name...)
		}
	}
	return strconv.AppendUint(dst, uint64(oid), 10)
}

func parseObject(b *vec.Builder, t types.ID, s []byte, st *Style) error {
	if string(s) == "-" {
		vec.Append(b, int64(0))
		return nil
	}
	if len(s) > 0 && len(bytes.Trim(s, "0123456789")) == 0 {
		x, err := strconv.ParseUint(string(s), 10, 32)
		if err != nil {
			return outOfRange(types.Of(types.OID), s)
		}
		vec.Append(b, int64(x))
		return nil
	}
	if st == nil || st.Objects == nil {
		return sqlstate.New(sqlstate.UndefinedObject, "%s \"%s\" does not exist", types.Of(t).Base(), s)
	}
	oid, err := st.Objects.ObjectOID(t, string(s))
	if err == nil {
		vec.Append(b, int64(oid))
	}
	return err
}

// parseInternalChar returns the byte of a "char": the first of a text, or that of three octal digits behind a
// backslash. The empty text is the byte 0.
func parseInternalChar(s []byte) []byte {
	if len(s) == 4 && s[0] == '\\' && s[1] <= '3' && isOctal(s[1]) && isOctal(s[2]) && isOctal(s[3]) {
		c := (s[1]-'0')<<6 | (s[2]-'0')<<3 | s[3] - '0'
		if c < 0x80 {
			s = []byte{c}
		}
	}
	if len(s) > 0 && s[0] == 0 {
		return nil
	}
	return s[:min(len(s), 1)]
}

// appendVector appends the numbers of an int2vector or oidvector.
func appendVector(dst []byte, v *vec.Vector, i int) []byte {
	l := vec.At[vec.List](v, i)
	child := v.Child
	if v.Enc == vec.Dict {
		child = v.Dict.Child
	}
	for k := range int(l.Len) {
		if k > 0 {
			dst = append(dst, ' ')
		}
		dst = Append(dst, child, int(l.Off)+k, nil)
	}
	return dst
}

func parseVector(b *vec.Builder, t types.Type, s []byte) (err error) {
	b.AppendList(func(c *vec.Builder) {
		for _, f := range bytes.Fields(s) {
			if err = parseInt(c, t.Element(), f); err != nil {
				return
			}
		}
	})
	return err
}
