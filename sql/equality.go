package sql

import (
	"slices"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// This file keeps values from being compared by functions that take any type, where the type has no operator for it:
// json, xml and the geometric types.

// comparing are the functions of any type, or of arrays of any, that compare values or elements.
var comparing = map[string]bool{
	"=": true, "<>": true, "<": true, "<=": true, ">": true, ">=": true, "@>": true, "<@": true, "&&": true,
	"is_distinct_from": true, "is_not_distinct_from": true, "greatest": true, "least": true, "width_bucket": true,
	"array_position": true, "array_positions": true, "array_remove": true, "array_replace": true,
	"array_contains": true, "array_has": true, "array_has_all": true, "array_has_any": true, "array_indexof": true,
	"array_distinct": true, "array_unique": true, "array_sort": true, "array_reverse_sort": true,
	"list_position": true, "list_contains": true, "list_has": true, "list_has_all": true, "list_has_any": true, "list_indexof": true,
	"list_distinct": true, "list_unique": true, "list_sort": true, "list_reverse_sort": true,
	"arg_max": true, "arg_min": true, "max_by": true, "min_by": true, "max": true, "min": true, "mode": true, "quantile": true,
	"quantile_disc": true, "percentile_disc": true, "approx_top_k": true, "entropy": true, "histogram": true,
}

// mayCompare rejects a call of a function that compares values, where an argument that may be of any type has no equality.
func mayCompare(name string, declared []types.Type, args []value, pos int) error {
	if !comparing[name] {
		return nil
	}
	for i, d := range declared {
		if d.ID != types.AnyArray && d.ID != types.AnyElement && d.ID != types.Any {
			continue
		}
		if name == "arg_max" || name == "arg_min" || name == "max_by" || name == "min_by" {
			if i == 0 { // which is returned
				continue
			}
		}
		t := args[i].typ()
		if t.ID == types.Array {
			t = t.Element()
		}
		if hasNoEquality(t) {
			return noEquality(t, pos)
		}
	}
	return nil
}

// hasNoEquality reports whether values of a type cannot be compared, or what is in them cannot, though they are kept as bytes
// that can.
func hasNoEquality(t types.Type) bool {
	return anyPart(t, func(t types.Type) bool { return t.IsGeometric() || t.ID == types.XML || t.ID == types.JSON })
}

// hasNoRowEquality is hasNoEquality for UNION, INTERSECT and EXCEPT, which compare json by its text: two files with nested
// values may be compared that way.
func hasNoRowEquality(t types.Type) bool {
	return anyPart(t, func(t types.Type) bool { return t.IsGeometric() || t.ID == types.XML })
}

// anyPart reports whether is holds for a type that is no array or record, or for a part of one that is.
func anyPart(t types.Type, is func(types.Type) bool) bool {
	switch t.ID {
	case types.Array:
		return anyPart(t.Element(), is)
	case types.Record:
		return slices.ContainsFunc(t.Fields(), func(f types.Field) bool { return anyPart(f.Type, is) })
	}
	return is(t)
}

func noEquality(t types.Type, pos int) error {
	err := sqlstate.New(sqlstate.UndefinedFunction, "could not identify an equality operator for type %s", t.Base()).At(pos)
	if t.ID == types.JSON {
		err = err.WithHint("Cast it to jsonb, whose values can be compared.")
	}
	return err
}
