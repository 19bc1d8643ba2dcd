package types

import (
	"strings"
	"sync/atomic"
)

// Named is a type that a statement made: an enumeration, a composite type or a domain. It has one address however often it
// is renamed, and what is made under its name when it is gone is another one.
type Named struct {
	OID, Array uint32 // in pg_type, of the type and of its array
	Class      uint32 // in pg_class, of a composite type
	state      atomic.Pointer[NamedState]
}

// NamedState is what may change of a Named. It is immutable.
type NamedState struct {
	Schema, Name string
	Labels       *Labels // of an enumeration
	Default      string  // of a domain: the text of an expression, "" for none
	NotNull      bool    // of a domain
	Checks       []Check // of a domain
	// Rules checks values of a domain as NotNull and Checks have it. Package fn knows its type; nil: there is nothing to check.
	Rules any
}

// Check is a CHECK constraint of a domain.
type Check struct {
	Name string
	Text string // the expression
}

// NewNamed returns a type of a state.
func NewNamed(s *NamedState) *Named {
	n := &Named{}
	n.state.Store(s)
	return n
}

// State returns how the type is now.
func (n *Named) State() *NamedState { return n.state.Load() }

// Change makes the type another. Who uses it meanwhile sees the one or the other state.
func (n *Named) Change(s *NamedState) { n.state.Store(s) }

// String returns the name as messages have it: with its schema unless it is the usual one.
func (n *Named) String() string {
	s := n.State()
	if s.Schema == "public" || s.Schema == "pg_temp" {
		return quoted(s.Name)
	}
	return quoted(s.Schema) + "." + quoted(s.Name)
}

// quoted puts a name into double quotes where it is not of lower-case letters.
func quoted(name string) string {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && c != '_' && (c < '0' || c > '9' || i == 0) {
			return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
	}
	return name
}

// EnumOf returns the type of an enumeration.
func EnumOf(n *Named) Type { return Type{ID: Enum, Def: newDef(&Def{Named: n})} }

// CompositeOf returns a composite type, which has the fields.
func CompositeOf(n *Named, fields []Field) Type {
	return Type{ID: Record, Def: newDef(&Def{Named: n, Fields: fields})}
}

// DomainOf returns a domain over a type. Its values lie in memory as those of that, and wherever ID, Elem, Prec and Scale alone
// count, it is that.
func DomainOf(n *Named, base Type) Type {
	t := base
	t.Def = newDef(&Def{Named: n, Base: base})
	return t
}

// IsDomain reports whether t is a domain.
func (t Type) IsDomain() bool {
	return t.Def != nil && t.Def.Base.ID != Unknown && t.Def.Base.ID == t.ID
}

// Plain returns the type that a domain is of in the end, and all other types as they are.
func (t Type) Plain() Type {
	for t.IsDomain() {
		t = t.Def.Base
	}
	return t
}

// HasDomain reports whether the type is a domain, or has values of one within.
func (t Type) HasDomain() bool {
	switch {
	case t.Def == nil:
		return false
	case t.IsDomain():
		return true
	case t.ID == Array:
		return t.Element().HasDomain()
	}
	for _, f := range t.Def.Fields {
		if f.Type.HasDomain() {
			return true
		}
	}
	return false
}

// Named returns what a statement made of the type; nil for all others, arrays among them.
func (t Type) Named() *Named {
	if t.Def == nil || t.ID == Array && !t.IsDomain() {
		return nil
	}
	return t.Def.Named
}

// Labels returns the labels of an enumeration, or of a domain over one.
func (t Type) Labels() *Labels {
	if t = t.Plain(); t.ID != Enum || t.Def == nil {
		return noLabels
	}
	return t.Def.Named.State().Labels
}

// Uses reports whether values of the type have some of a Named, or are some.
func (t Type) Uses(n *Named) bool {
	if t.Def == nil {
		return false
	}
	if t.Def.Named == n || t.Def.Base.Uses(n) {
		return true
	}
	for _, f := range t.Def.Fields {
		if f.Type.Uses(n) {
			return true
		}
	}
	return false
}
