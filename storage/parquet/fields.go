package parquet

import (
	"slices"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
)

// Field is a column of a table whose schema does not come from its files, or a part of one.
type Field struct {
	Name string
	Type types.Type
	// Names are what it may be called in files; none: Name.
	Names []string
	ID    int32 // in files
	// Default is what it is where a file lacks it; nil: NULL.
	Default *vec.Vector
	// Fields are those of a record, or the one of an array's elements. An array of Entries is a map, whose records have a
	// key and a value whatever files call them.
	Fields  []Field
	Entries bool
	// Refuse says why it cannot be read, as in "an array of arrays"; "" when it can.
	Refuse string
}

// Matching says how fields are found in files.
type Matching uint8

const (
	// ByName finds fields by their names.
	ByName Matching = iota
	// ByID finds fields by their IDs; a file without any is an error.
	ByID
	// ByIDOrName finds fields by their IDs, in files without any by their names.
	ByIDOrName
)

// NewShape returns the shape of files of which other files say what columns they have. It reads none.
func NewShape(fields []Field, by Matching, footers *Footers) *Shape {
	s := &Shape{footers: footers, fields: fields, by: by, matched: map[*fileSchema][]column{}}
	if footers == nil {
		s.footers = NewFooters(ownFooters)
	}
	s.Schema = make(exec.Schema, len(fields))
	for i, f := range fields {
		s.Schema[i] = exec.Field{Name: f.Name, Type: f.Type}
	}
	return s
}

// wanted are the fields that a record is to have.
type wanted struct {
	fields []Field
	byID   bool
	places bool // they are found by their places
}

// find returns which of the fields a file's is, -1 for none.
func (w *wanted) find(name string, id int32, place int) int {
	if w.places {
		if place < len(w.fields) {
			return place
		}
		return -1
	}
	return slices.IndexFunc(w.fields, func(f Field) bool {
		switch {
		case w.byID:
			return f.ID == id && id > 0
		case f.Names == nil:
			return f.Name == name
		}
		return slices.Contains(f.Names, name)
	})
}

// below returns what is wanted of what is within a field.
func (w *wanted) below(f *Field) *wanted {
	return &wanted{fields: f.within(), byID: w.byID}
}

// field tells whether an element of a record's is wanted, and what of it; on nil all is.
func (w *wanted) field(e *schemaElement, place int) (*wanted, bool) {
	if w == nil {
		return nil, true
	}
	i := w.find(e.name, e.id, place)
	if i < 0 || w.fields[i].Refuse != "" {
		return nil, false
	}
	return w.below(&w.fields[i]), true
}

// element returns what is wanted of an array's elements.
func (w *wanted) element() *wanted {
	if w == nil || len(w.fields) != 1 {
		return nil
	}
	in := w.below(&w.fields[0])
	in.places = w.fields[0].Entries
	return in
}

// matchFields returns a file's columns in the order of the shape's fields.
func (s *Shape) matchFields(f file.File, cols []column, elements []schemaElement) ([]column, error) {
	byID := s.by != ByName
	if byID && !slices.ContainsFunc(cols, func(c column) bool { return c.id > 0 }) {
		if s.by == ByID {
			return nil, sqlstate.Unsupported("Write the file anew with a program that writes them.",
				"file \"%s\" has no field IDs, by which the table's columns are found", f.Path)
		}
		byID = false
	}
	w := &wanted{fields: s.fields, byID: byID}
	out := make([]column, len(s.fields))
	for i := range s.fields {
		out[i] = s.fields[i].absent()
	}
	for k := range cols {
		i := w.find(cols[k].name, cols[k].id, k)
		if i < 0 || !out[i].missing {
			continue
		}
		c := cols[k]
		if err := s.fields[i].match(&c, w, elements, f); err != nil {
			return nil, err
		}
		out[i] = c
	}
	return out, nil
}

// absent returns the column of a file that lacks the field.
func (f *Field) absent() column {
	return column{name: f.Name, typ: f.Type, kind: f.Type.Kind(), conv: convertNull, missing: true, value: f.Default, refuse: f.Refuse}
}

// match makes a file's column one of the field's type.
func (f *Field) match(c *column, w *wanted, elements []schemaElement, in file.File) error {
	switch {
	case f.Refuse != "":
		c.nested(f.Refuse)
		return nil
	case c.conv == convertNull:
		*c = f.absent()
		c.value = nil
		return nil
	case elements[c.at].children > 0 || elements[c.at].rep == 2:
		own := f.within()
		c.resolveNested(elements, &wanted{fields: own, byID: w.byID})
		if c.refuse != "" {
			return nil
		}
		r, ok := f.reshape(c.root, c, w.byID)
		if !ok {
			return f.differs(c, in)
		}
		c.reshape, c.to = r, f.Type
		return nil
	case c.refuse != "":
		return nil
	}
	if !f.fit(c) {
		return f.differs(c, in)
	}
	return nil
}

// within returns the fields that a nested value of the field consists of, as wanted takes them.
func (f *Field) within() []Field {
	if f.Type.ID == types.Array && len(f.Fields) == 1 {
		e := f.Fields[0]
		e.Entries = f.Entries
		return []Field{e}
	}
	return f.Fields
}

// differs is the error about a column whose values are none of the field's type.
func (f *Field) differs(c *column, in file.File) error {
	return sqlstate.New(sqlstate.DatatypeMismatch, "column %q is of type %v in file %q, and the table says %v", f.Name, c.typ, in.Path, f.Type)
}

// fit makes a file's column that has no parts one of the field's type, or returns false.
func (f *Field) fit(c *column) bool {
	have, want := c.typ, f.Type
	switch {
	case sameValues(have, want), sameMemory(have.ID, want.ID):
		c.typ = want
	case want.ID == types.UUID && c.phys == physFixed && c.typeLen == 16:
		c.set(want, convertUUID)
	case have.IsInteger() && want.IsInteger():
		c.to = want
	default:
		t, ok := file.Wider(have, want)
		if !ok || !sameValues(t, want) || want.IsString() {
			return false
		}
		c.to = want
	}
	return true
}

// sameMemory reports whether values of one type are ones of another without being changed, where only the table's
// schema knows which they are: times that files have without a time zone are UTC, and texts may lack their annotation.
func sameMemory(a, b types.ID) bool {
	switch a {
	case types.Timestamp, types.TimestampTZ:
		return b == types.Timestamp || b == types.TimestampTZ
	case types.Text, types.Bytea, types.JSON:
		return b == types.Text || b == types.Bytea
	}
	return false
}
