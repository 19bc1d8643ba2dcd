package sql

import (
	"gsql/exec/fn"
	"gsql/exec/types"
)

// category is a type's category in PostgreSQL (pg_type.typcategory): overload resolution and common types
// stay within one.
type category byte

const (
	catUnknown  category = 'X'
	catBool     category = 'B'
	catNumber   category = 'N'
	catString   category = 'S'
	catDateTime category = 'D'
	catTimespan category = 'T'
	catArray    category = 'A'
	catUser     category = 'U'
	catBits     category = 'V'
	catPseudo   category = 'P'
	catInternal category = 'Z'
	catNetwork  category = 'I'
	catGeometry category = 'G'
	catRange    category = 'R'
	catEnum     category = 'E'
)

func categoryOf(t types.Type) category {
	switch t.ID {
	case types.Unknown:
		return catUnknown
	case types.Bool:
		return catBool
	case types.Int16, types.Int32, types.Int64, types.Float32, types.Float64, types.Numeric, types.OID:
		return catNumber
	case types.Text, types.Varchar, types.Char, types.Name:
		return catString
	case types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ:
		return catDateTime
	case types.Interval:
		return catTimespan
	case types.Array:
		return catArray
	case types.Bit, types.VarBit:
		return catBits
	case types.Enum:
		return catEnum
	case types.Any, types.AnyElement, types.AnyArray, types.AnyRange, types.AnyMultirange, types.AnyEnum:
		return catPseudo
	case types.InternalChar, types.NodeTree:
		return catInternal
	case types.Inet, types.CIDR:
		return catNetwork
	}
	if t.IsReg() {
		return catNumber
	}
	if t.IsGeometric() {
		return catGeometry
	}
	if t.IsRange() || t.IsMultirange() {
		return catRange
	}
	return catUser
}

// isPreferred reports whether a type is a preferred one of its category.
func isPreferred(t types.Type) bool {
	switch t.ID {
	case types.Bool, types.Float64, types.OID, types.Text, types.TimestampTZ, types.Interval, types.VarBit, types.Inet:
		return true
	}
	return false
}

// sameType reports whether two types are one but for their modifiers, a domain being the type that it is of.
func sameType(a, b types.Type) bool {
	if a.ID != b.ID || a.ID == types.Array && a.Elem != b.Elem {
		return false
	}
	if a.ID == types.Array {
		a, b = a.Element(), b.Element()
	}
	return a.ID != types.Enum || a.Plain() == b.Plain()
}

// canCoerce reports whether a value of type from may become one of type to in a context.
func canCoerce(from, to types.Type, ctx fn.CastContext) bool {
	switch {
	case sameType(from, to), from.ID == types.Unknown:
		return true
	case to.ID == types.Any, to.ID == types.AnyElement:
		return true
	case to.ID == types.AnyArray:
		return from.ID == types.Array
	case to.ID == types.AnyRange:
		return from.IsRange()
	case to.ID == types.AnyMultirange:
		return from.IsMultirange()
	case to.ID == types.AnyEnum:
		return from.ID == types.Enum
	}
	return findCast(from, to, ctx) != nil
}

// findCast returns the cast between two different types that is allowed in a context, nil when there is none.
func findCast(from, to types.Type, ctx fn.CastContext) *fn.Cast {
	if from.ID == types.Array && to.ID == types.Array {
		if !canCoerce(from.Element(), to.Element(), ctx) {
			return nil
		}
		return fn.LookupCast(types.Array, types.Array)
	}
	if c := fn.LookupCast(from.ID, to.ID); c != nil && c.Context <= ctx {
		return c
	}
	return nil
}
