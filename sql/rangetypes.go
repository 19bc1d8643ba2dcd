package sql

import (
	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// This file has what the binder knows of anyrange and anymultirange.

// isAnyRange reports whether a declared type is one of these.
func isAnyRange(t types.Type) bool { return t.ID == types.AnyRange || t.ID == types.AnyMultirange }

// concreteRanges replaces polymorphic types in a signature with ranges: all arguments must be of the ranges' type, of their
// sets or of their bounds, as PostgreSQL's anyrange, anymultirange and anyelement are. Where all are untyped literals, the
// types stay unknown.
func concreteRanges(declared, actual []types.Type) ([]types.Type, bool) {
	var of types.Type
	for i, d := range declared {
		switch {
		case !isAnyRange(d) || actual[i].ID == types.Unknown:
		case of.ID != types.Unknown && of != actual[i].RangeOf():
			return nil, false
		default:
			of = actual[i].RangeOf()
		}
	}
	out := append([]types.Type(nil), declared...)
	for i, d := range declared {
		switch {
		case d.ID == types.AnyElement && of.ID == types.Unknown, isAnyRange(d) && of.ID == types.Unknown:
			out[i] = types.Of(types.Unknown)
		case d.ID == types.AnyRange:
			out[i] = of
		case d.ID == types.AnyMultirange:
			out[i] = of.MultirangeOf()
		case d.ID == types.AnyElement:
			out[i] = of.RangeBound()
			if actual[i].ID != types.Unknown && !sameType(actual[i], out[i]) {
				return nil, false
			}
		}
	}
	return out, true
}

// knownRange rejects a call of which no argument tells the type of the ranges.
func knownRange(m match) error {
	for i, d := range m.declared {
		if isAnyRange(d) && m.args[i].ID == types.Unknown {
			return sqlstate.New(sqlstate.DatatypeMismatch, "could not determine polymorphic type because input has type unknown")
		}
	}
	return nil
}
