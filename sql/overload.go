package sql

import (
	"slices"

	"gsql/exec/fn"
	"gsql/exec/types"
)

// signature is the part of a scalar, aggregate or window function that overload resolution looks at.
type signature struct {
	args     []types.Type
	variadic bool
}

func scalarSignatures(fs []*fn.Scalar) []signature {
	s := make([]signature, len(fs))
	for i, f := range fs {
		s[i] = signature{f.Args, f.Variadic}
	}
	return s
}

func aggregateSignatures(fs []*fn.Aggregate) []signature {
	s := make([]signature, len(fs))
	for i, f := range fs {
		s[i] = signature{f.Args, f.Variadic}
	}
	return s
}

func windowSignatures(fs []*fn.Window) []signature {
	s := make([]signature, len(fs))
	for i, f := range fs {
		s[i] = signature{f.Args, false}
	}
	return s
}

// expand returns the declared types for a call with n arguments; ok is false when n does not fit.
func (s signature) expand(n int) (args []types.Type, ok bool) {
	if !s.variadic || n == len(s.args) {
		return s.args, n == len(s.args)
	}
	if n < len(s.args) {
		return nil, false
	}
	args = append(make([]types.Type, 0, n), s.args...)
	for len(args) < n {
		args = append(args, s.args[len(s.args)-1])
	}
	return args, true
}

// outcome says how overload resolution ended.
type outcome uint8

const (
	found outcome = iota
	notFound
	ambiguous
)

// candidate is an overload that a call may mean.
type candidate struct {
	index int          // into the signatures
	args  []types.Type // as declared
}

// match is the overload that a call means.
type match struct {
	index    int          // into the signatures
	declared []types.Type // for each argument
	args     []types.Type // the same with polymorphic types made concrete
}

// resolve chooses the overload that PostgreSQL would choose for arguments of the given types, among which
// Unknown marks untyped literals.
func resolve(sigs []signature, actual []types.Type) (match, outcome) {
	var cands []candidate
	for i, s := range sigs {
		args, ok := s.expand(len(actual))
		if !ok {
			continue
		}
		if exactly(args, actual) {
			return match{i, args, args}, found
		}
		if matches(args, actual) {
			cands = append(cands, candidate{i, args})
		}
	}
	switch len(cands) {
	case 0:
		return match{}, notFound
	case 1:
	default:
		cands = narrow(cands, actual)
	}
	if len(cands) != 1 {
		return match{}, ambiguous
	}
	args, _ := concrete(cands[0].args, actual)
	return match{cands[0].index, cands[0].args, args}, found
}

// resolveOperator is resolve for an operator with two operands: an untyped literal is first taken to be of
// the other operand's type.
func resolveOperator(sigs []signature, left, right types.Type) (match, outcome) {
	l, r := left, right
	if l.ID == types.Unknown {
		l = r
	} else if r.ID == types.Unknown {
		r = l
	}
	if left.ID == types.Unknown || right.ID == types.Unknown {
		for i, s := range sigs {
			if exactly(s.args, []types.Type{l, r}) {
				return match{i, s.args, s.args}, found
			}
		}
	}
	return resolve(sigs, []types.Type{left, right})
}

func exactly(declared, actual []types.Type) bool {
	if len(declared) != len(actual) {
		return false
	}
	for i := range declared {
		if !sameType(declared[i], actual[i]) || actual[i].ID == types.Unknown {
			return false
		}
	}
	return true
}

func matches(declared, actual []types.Type) bool {
	for i := range declared {
		if !canCoerce(actual[i], declared[i], fn.Implicit) {
			return false
		}
	}
	_, ok := concrete(declared, actual)
	return ok
}

// concrete replaces polymorphic types by what the actual ones make of them. AnyElement follows
// PostgreSQL's anycompatible: the common type of all arguments in its places, but beside ranges it is the type of their bounds.
func concrete(declared, actual []types.Type) ([]types.Type, bool) {
	if slices.ContainsFunc(declared, isAnyRange) {
		return concreteRanges(declared, actual)
	}
	var elems []types.Type
	poly, arrays, enums := false, false, false
	for i, d := range declared {
		switch d.ID {
		case types.AnyElement:
			poly = true
			elems = append(elems, actual[i])
		case types.AnyEnum:
			poly, enums = true, true
			elems = append(elems, actual[i].Plain())
		case types.AnyArray:
			poly, arrays = true, true
			switch actual[i].ID {
			case types.Array:
				elems = append(elems, actual[i].Element())
			case types.Unknown:
				elems = append(elems, actual[i])
			}
		case types.Any:
			poly = true
		}
	}
	if !poly {
		return declared, true
	}
	elem, ok := commonType(elems)
	if !ok || arrays && elem.ID == types.Array || enums && !sameEnum(elems) {
		return nil, false
	}
	if arrays && allUnknown(elems) {
		if len(elems) < 2 {
			return nil, false
		}
		elem = types.Of(types.Text) // as PostgreSQL's anycompatible
	}
	out := append([]types.Type(nil), declared...)
	for i, d := range declared {
		switch d.ID {
		case types.AnyElement, types.AnyEnum:
			out[i] = elem
		case types.AnyArray:
			out[i] = types.ArrayOf(elem)
		case types.Any:
			out[i] = actual[i]
			if actual[i].ID == types.Unknown {
				out[i] = types.Of(types.Text)
			}
		}
	}
	return out, true
}

// sameEnum reports whether types are one enumeration but for literals.
func sameEnum(ts []types.Type) bool {
	var enum types.Type
	for _, t := range ts {
		switch {
		case t.ID == types.Unknown:
		case t.ID != types.Enum || enum.ID == types.Enum && t != enum:
			return false
		default:
			enum = t
		}
	}
	return enum.ID == types.Enum
}

func allUnknown(ts []types.Type) bool {
	for _, t := range ts {
		if t.ID != types.Unknown {
			return false
		}
	}
	return true
}

// narrow applies PostgreSQL's tie-breaking rules in their order (chapter 10.3 of its manual) and returns
// what is left: one candidate, or several when the call is ambiguous.
func narrow(cands []candidate, actual []types.Type) []candidate {
	cands = best(cands, func(c candidate) (n int) {
		for i, t := range actual {
			if t.ID != types.Unknown && sameType(c.args[i], t) {
				n++
			}
		}
		return n
	})
	if len(cands) == 1 {
		return cands
	}
	cands = best(cands, func(c candidate) (n int) {
		for i, t := range actual {
			if t.ID == types.Unknown {
				continue
			}
			if sameType(c.args[i], t) || isPreferred(c.args[i]) && categoryOf(c.args[i]) == categoryOf(t) {
				n++
			}
		}
		return n
	})
	if len(cands) == 1 || !anyUnknown(actual) {
		return cands
	}
	cands = narrowUnknown(cands, actual)
	if len(cands) == 1 {
		return cands
	}
	return assumeSame(cands, actual)
}

// best keeps the candidates with the highest score.
func best(cands []candidate, score func(candidate) int) []candidate {
	var kept []candidate
	top := -1
	for _, c := range cands {
		switch n := score(c); {
		case n > top:
			kept, top = append(kept[:0:0], c), n
		case n == top:
			kept = append(kept, c)
		}
	}
	return kept
}

func anyUnknown(ts []types.Type) bool {
	for _, t := range ts {
		if t.ID == types.Unknown {
			return true
		}
	}
	return false
}

// narrowUnknown settles a category for each untyped literal, string if any candidate takes one, and keeps
// the candidates that accept it, those with preferred types first.
func narrowUnknown(cands []candidate, actual []types.Type) []candidate {
	type slot struct {
		cat       category
		preferred bool
	}
	slots := make([]slot, len(actual))
	for i, t := range actual {
		if t.ID != types.Unknown {
			continue
		}
		s := slot{cat: categoryOf(cands[0].args[i]), preferred: isPreferred(cands[0].args[i])}
		conflict := false
		for _, c := range cands[1:] {
			cat, pref := categoryOf(c.args[i]), isPreferred(c.args[i])
			switch {
			case cat == s.cat:
				s.preferred = s.preferred || pref
			case cat == catString:
				s = slot{catString, pref}
				conflict = false
			case s.cat != catString:
				conflict = true
			}
		}
		if conflict {
			return cands
		}
		slots[i] = s
	}
	var kept []candidate
	for _, c := range cands {
		ok := true
		for i, t := range actual {
			if t.ID == types.Unknown && (categoryOf(c.args[i]) != slots[i].cat || slots[i].preferred && !isPreferred(c.args[i])) {
				ok = false
				break
			}
		}
		if ok {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return cands
	}
	return kept
}

// assumeSame takes untyped literals to be of the type that all other arguments share.
func assumeSame(cands []candidate, actual []types.Type) []candidate {
	var known types.Type
	for _, t := range actual {
		switch {
		case t.ID == types.Unknown:
		case known.ID == types.Unknown:
			known = t
		case !sameType(known, t):
			return cands
		}
	}
	if known.ID == types.Unknown {
		return cands
	}
	same := make([]types.Type, len(actual))
	for i := range same {
		same[i] = known
	}
	var kept []candidate
	for _, c := range cands {
		if matches(c.args, same) {
			kept = append(kept, c)
		}
	}
	if len(kept) == 1 {
		return kept
	}
	return cands
}
