package parquet

import (
	"gsql/exec/types"
	"gsql/exec/vec"
)

// reshape makes nested values of a table's type of those that a file has: fields in another order, of other names and
// wider types, and fields that the file lacks. One goroutine uses it.
type reshape struct {
	typ   types.Type
	from  []int         // of a record, by field: which of the file's it is, -1 for none
	value []*vec.Vector // what those are that are none; nil: NULL
	parts []*reshape    // by field; of an array, one for its elements
	leaf  *column       // of a value without parts: what it is in the file
	cast  *caster
}

// reshape returns how values of a file's node become the field's, or false if they are of other types.
func (f *Field) reshape(n *nested, c *column, byID bool) (*reshape, bool) {
	r := &reshape{typ: f.Type}
	switch {
	case n.typ.ID == types.Record && f.Type.ID == types.Record:
		return r, r.record(f, n, c, &wanted{fields: f.Fields, byID: byID})
	case n.typ.ID == types.Array && f.Type.ID == types.Array && len(f.Fields) == 1:
		e := &f.Fields[0]
		part := &reshape{typ: e.Type}
		ok := false
		if f.Entries && n.elem.typ.ID == types.Record && len(n.elem.fields) == len(e.Fields) {
			ok = part.record(e, n.elem, c, &wanted{fields: e.Fields, byID: byID, places: true})
		} else {
			part, ok = e.reshape(n.elem, c, byID)
		}
		r.parts = []*reshape{part}
		return r, ok
	case n.fields == nil && n.elem == nil && f.Fields == nil:
		leaf := c.leaves[n.leaf].column
		if !f.fit(&leaf) {
			return nil, false
		}
		r.leaf = &leaf
		return r, true
	}
	return nil, false
}

func (r *reshape) record(f *Field, n *nested, c *column, w *wanted) bool {
	for i := range f.Fields {
		r.from, r.value, r.parts = append(r.from, -1), append(r.value, f.Fields[i].Default), append(r.parts, nil)
	}
	for k, have := range n.fields {
		i := w.find(have.name, have.id, k)
		if i < 0 || r.from[i] >= 0 {
			continue
		}
		part, ok := f.Fields[i].reshape(have, c, w.byID)
		if !ok {
			return false
		}
		r.from[i], r.parts[i] = k, part
	}
	return true
}

// own returns a copy that another goroutine may use.
func (r *reshape) own() (*reshape, error) {
	c := *r
	if r.leaf != nil && r.leaf.to.ID != types.Unknown {
		var err error
		if c.cast, err = newCaster(r.leaf); err != nil {
			return nil, err
		}
	}
	c.parts = make([]*reshape, len(r.parts))
	for i, p := range r.parts {
		if p == nil {
			continue
		}
		var err error
		if c.parts[i], err = p.own(); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// apply returns values of the table's type.
func (r *reshape) apply(v *vec.Vector) (*vec.Vector, error) {
	v = vec.Flatten(v)
	switch {
	case r.cast != nil:
		out, _, err := r.cast.cast(v)
		if err != nil {
			return nil, err
		}
		return vec.Flatten(out), nil
	case r.leaf != nil:
		return v.WithType(r.typ), nil
	case r.typ.ID == types.Array:
		out := *v
		out.Type = r.typ
		if v.Child != nil {
			child, err := r.parts[0].apply(v.Child)
			if err != nil {
				return nil, err
			}
			out.Child = child
		}
		return &out, nil
	}
	return r.records(v)
}

func (r *reshape) records(v *vec.Vector) (*vec.Vector, error) {
	out := *v
	out.Type = r.typ
	if len(v.Fields) == 0 {
		return &out, nil
	}
	n := v.Fields[0].Len
	out.Fields = make([]*vec.Vector, len(r.from))
	for i, k := range r.from {
		switch {
		case k >= 0:
			f, err := r.parts[i].apply(v.Fields[k])
			if err != nil {
				return nil, err
			}
			out.Fields[i] = f
		case r.value[i] != nil:
			out.Fields[i] = vec.Flatten(r.value[i].WithLen(n))
		default:
			out.Fields[i] = vec.Flatten(vec.NewNull(r.typ.Fields()[i].Type, n))
		}
	}
	return &out, nil
}
