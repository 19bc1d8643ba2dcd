package types

import (
	"encoding/binary"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"weak"
)

// Def says of a type what its ID does not: what the values of a Record consist of, which labels an enumeration has, what a
// domain is made of. It is immutable, but for what Named has. One type has one Def.
type Def struct {
	Name   string  // of the table whose rows the records are, or of a composite type; empty for others
	Fields []Field // of a Record
	Named  *Named  // of a type that a statement made; nil for all others
	Base   Type    // of a domain
	key    string
}

// Field is a column of a Def.
type Field struct {
	Name string
	Type Type
}

// defs has the row types in use, so that equal ones are one.
var defs = struct {
	sync.Mutex
	byKey map[string]weak.Pointer[Def]
}{byKey: map[string]weak.Pointer[Def]{}}

// RecordOf returns the record type with the fields, which are copied. It is the same type, by ==, for the same
// name and fields.
func RecordOf(name string, fields []Field) Type {
	key := binary.AppendUvarint(nil, uint64(len(name)))
	key = append(key, name...)
	for _, f := range fields {
		key = append(binary.AppendUvarint(key, uint64(len(f.Name))), f.Name...)
		key = f.Type.AppendKey(key)
	}
	defs.Lock()
	defer defs.Unlock()
	if r := defs.byKey[string(key)].Value(); r != nil {
		return Type{ID: Record, Def: r}
	}
	r := &Def{Name: name, Fields: slices.Clone(fields), key: string(key)}
	defs.byKey[r.key] = weak.Make(r)
	runtime.AddCleanup(r, dropDef, r.key)
	return Type{ID: Record, Def: r}
}

// lastDef is the number of the last Def of a Named.
var lastDef atomic.Uint64

// newDef gives a Def of a Named its key, which no other has.
func newDef(d *Def) *Def {
	d.key = "#" + strconv.FormatUint(lastDef.Add(1), 36)
	d.Name = d.Named.State().Name
	return d
}

// dropDef forgets a row type that nothing uses, unless an equal one has come since.
func dropDef(key string) {
	defs.Lock()
	defer defs.Unlock()
	if defs.byKey[key].Value() == nil {
		delete(defs.byKey, key)
	}
}

// AppendKey appends bytes that are equal for equal types only.
func (t Type) AppendKey(b []byte) []byte {
	b = append(b, byte(t.ID), byte(t.Elem))
	b = binary.AppendVarint(binary.AppendVarint(b, int64(t.Prec)), int64(t.Scale))
	if t.Def != nil {
		b = append(binary.AppendUvarint(b, uint64(len(t.Def.key))+1), t.Def.key...)
	} else {
		b = append(b, 0)
	}
	return b
}

// Fields returns the fields of a Record, nil where they are not settled.
func (t Type) Fields() []Field {
	if t = t.Plain(); t.Def == nil {
		return nil
	}
	return t.Def.Fields
}

// FieldIndex returns the number of the only field with a name, -1 when there is none or there are several.
func (t Type) FieldIndex(name string) int {
	found := -1
	for i, f := range t.Fields() {
		if f.Name == name {
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}

// Has reports whether the type is that of id, or has values of it within.
func (t Type) Has(id ID) bool {
	if t.ID == id || t.ID == Array && t.Elem == id {
		return true
	}
	return slices.ContainsFunc(t.Fields(), func(f Field) bool { return f.Type.Has(id) })
}
