package vec

import "gsql/exec/types"

// OwnRows returns the rows sel of v as a flat vector that shares no memory with v.
func OwnRows(v *Vector, sel []uint32) *Vector { return own(Flatten(Gather(v, sel))) }

// ownRecords copies the fields of records.
func ownRecords(w *Vector) *Vector {
	c := *DenseRows(w)
	all := make([]uint32, c.Len)
	for i := range all {
		all[i] = uint32(i)
	}
	fields := make([]*Vector, len(c.Fields))
	for k, f := range c.Fields {
		fields[k] = OwnRows(f, all)
	}
	c.Fields = fields
	return &c
}

// OwnText copies the long strings of a vector that is not shared yet.
func OwnText(w *Vector) *Vector {
	views := Values[View](w)
	n := 0
	for i := range views {
		if views[i].Len > ViewInline {
			n += int(views[i].Len)
		}
	}
	c := *w
	own := make([]View, len(views))
	text := make([]byte, 0, n)
	for i := range views {
		own[i] = views[i]
		if views[i].Len > ViewInline {
			own[i].Buf, own[i].Off = 0, uint32(len(text))
			text = append(text, views[i].In(w.Bufs, &views[i])...)
		}
	}
	c.Data, c.Bufs = BytesOf(own), nil
	if n > 0 {
		c.Bufs = [][]byte{text}
	}
	return &c
}

// ownLists copies the elements of arrays.
func ownLists(w *Vector) *Vector {
	lists := Values[List](w)
	own := make([]List, len(lists))
	var sel []uint32
	for i, l := range lists {
		if !w.Valid.Get(i) {
			continue
		}
		own[i] = List{Off: uint32(len(sel)), Len: l.Len, Shape: l.Shape}
		for k := range l.Len {
			sel = append(sel, l.Off+k)
		}
	}
	c := *w
	c.Data, c.Child = BytesOf(own), OwnRows(w.Child, sel)
	return &c
}

// Own returns the rows of v as a flat vector that shares no memory with others, but for fixed-width values of a flat v.
func Own(v *Vector) *Vector { return own(Flatten(v)) }

// own makes a flat vector's long strings, elements and fields its own.
func own(w *Vector) *Vector {
	switch {
	case w.Kind == types.KView && len(w.Bufs) > 0:
		return OwnText(w)
	case w.Kind == types.KList && w.Child != nil:
		return ownLists(w)
	case w.Kind == types.KRow:
		return ownRecords(w)
	}
	return w
}
