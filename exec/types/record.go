package types

import (
	"encoding/binary"
	"runtime"
	"slices"
	"sync"
	"weak"
)

// RowType is what the values of a Record consist of. It is immutable.
type RowType struct {
	Name   string // of the table whose rows they are; empty for others
	Fields []Field
	key    string
}

// Field is a column of a RowType.
type Field struct {
	Name string
	Type Type
}

// rowTypes has the row types in use, so that equal ones are one.
var rowTypes = struct {
	sync.Mutex
	byKey map[string]weak.Pointer[RowType]
}{byKey: map[string]weak.Pointer[RowType]{}}

// RecordOf returns the record type with the fields, which are copied. It is the same type, by ==, for the same
// name and fields.
func RecordOf(name string, fields []Field) Type {
	key := binary.AppendUvarint(nil, uint64(len(name)))
	key = append(key, name...)
	for _, f := range fields {
		key = append(binary.AppendUvarint(key, uint64(len(f.Name))), f.Name...)
		key = f.Type.AppendKey(key)
	}
	rowTypes.Lock()
	defer rowTypes.Unlock()
	if r := rowTypes.byKey[string(key)].Value(); r != nil {
		return Type{ID: Record, Row: r}
	}
	r := &RowType{Name: name, Fields: slices.Clone(fields), key: string(key)}
	rowTypes.byKey[r.key] = weak.Make(r)
	runtime.AddCleanup(r, dropRowType, r.key)
	return Type{ID: Record, Row: r}
}

// dropRowType forgets a row type that nothing uses, unless an equal one has come since.
func dropRowType(key string) {
	rowTypes.Lock()
	defer rowTypes.Unlock()
	if rowTypes.byKey[key].Value() == nil {
		delete(rowTypes.byKey, key)
	}
}

// AppendKey appends bytes that are equal for equal types only.
func (t Type) AppendKey(b []byte) []byte {
	b = append(b, byte(t.ID), byte(t.Elem))
	b = binary.AppendVarint(binary.AppendVarint(b, int64(t.Prec)), int64(t.Scale))
	if t.Row != nil {
		b = append(binary.AppendUvarint(b, uint64(len(t.Row.key))+1), t.Row.key...)
	} else {
		b = append(b, 0)
	}
	return b
}

// Fields returns the fields of a Record, nil where they are not settled.
func (t Type) Fields() []Field {
	if t.Row == nil {
		return nil
	}
	return t.Row.Fields
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
