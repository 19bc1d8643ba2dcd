package parquet

import (
	"gsql/exec/types"
	"gsql/exec/vec"
)

// slots are places for values of a column, one for each row or element of an array: the row of a vector, or -1 when
// something around the value is NULL or empty, and the levels that are known so far.
type slots struct {
	rows     []int32
	def, rep []uint8
}

// add encodes a column of a batch.
func (n *node) add(g *Group, v *vec.Vector) error {
	if n.leaf != nil {
		return g.leafOf(n.leaf).addFlat(v)
	}
	v = vec.Flatten(v)
	s := slots{rows: make([]int32, v.Len), def: make([]uint8, v.Len), rep: make([]uint8, v.Len)}
	for i := range s.rows {
		s.rows[i] = int32(i)
	}
	return n.shred(g, v, s)
}

// shred deals what stands in the slots to the leaves. It takes the slots over.
func (n *node) shred(g *Group, v *vec.Vector, s slots) error {
	for i, r := range s.rows {
		switch {
		case r < 0:
		case v.Valid.Get(int(r)):
			s.def[i] = uint8(n.def)
		default:
			s.rows[i] = -1
		}
	}
	switch {
	case n.leaf != nil:
		return g.leafOf(n.leaf).addSlots(v, s)
	case v.Kind == types.KRow:
		return n.shredRecords(g, v, s)
	}
	return n.shredLists(g, v, s)
}

func (n *node) shredRecords(g *Group, v *vec.Vector, s slots) error {
	rows := vec.Values[uint32](v)
	for k, child := range n.children {
		in := slots{rows: make([]int32, len(s.rows)), def: append([]uint8(nil), s.def...), rep: s.rep}
		field := (*vec.Vector)(nil)
		if len(v.Fields) > 0 {
			field = v.Fields[k]
		}
		for i, r := range s.rows {
			in.rows[i] = -1
			if r >= 0 && field != nil {
				in.rows[i] = int32(rows[r])
			}
		}
		if field == nil {
			field = vec.Flatten(vec.NewNull(child.typ, 0))
		}
		if err := child.shred(g, field, in); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) shredLists(g *Group, v *vec.Vector, s slots) error {
	lists := vec.Values[vec.List](v)
	var in slots
	for i, r := range s.rows {
		if r < 0 || lists[r].Len == 0 {
			in.rows, in.def, in.rep = append(in.rows, -1), append(in.def, s.def[i]), append(in.rep, s.rep[i])
			continue
		}
		l := lists[r]
		if err := l.Plain("Parquet"); err != nil {
			return err
		}
		for k := range l.Len {
			rep := uint8(n.rep + 1)
			if k == 0 {
				rep = s.rep[i]
			}
			in.rows, in.def, in.rep = append(in.rows, int32(l.Off+k)), append(in.def, uint8(n.def+1)), append(in.rep, rep)
		}
	}
	child := v.Child
	if child == nil {
		child = vec.Flatten(vec.NewNull(n.children[0].typ, 0))
	}
	return n.children[0].shred(g, vec.Flatten(child), in)
}
