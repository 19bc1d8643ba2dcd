package spill

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"gsql/exec/vec"
)

// Shapes of arrays are numbers within a process, and files go from one to another: arrays some of which have a shape
// travel with their dimensions beside them, of each its length and lower bound, and nothing for the others.

// shaped reports whether one of the arrays of a flat vector has a shape.
func shaped(v *vec.Vector) bool {
	for i, l := range vec.Values[vec.List](v) {
		if l.Shape != 0 && v.Valid.Get(i) {
			return true
		}
	}
	return false
}

func encodeDims(v *vec.Vector) arrow.ArrayData {
	le := binary.LittleEndian
	offsets := make([]int32, v.Len+1)
	var all []byte
	for i, l := range vec.Values[vec.List](v) {
		if l.Shape != 0 && v.Valid.Get(i) {
			d := l.Dims()
			for k := range d.N {
				all = le.AppendUint32(le.AppendUint32(all, uint32(d.Len[k])), uint32(d.Lower[k]))
			}
		}
		offsets[i+1] = int32(len(all))
	}
	bufs := []*memory.Buffer{nil, memory.NewBufferBytes(vec.BytesOf(offsets)), memory.NewBufferBytes(all)}
	return array.NewData(arrow.BinaryTypes.Binary, v.Len, bufs, nil, 0, 0)
}

// decodeDims gives the arrays of v their shapes.
func decodeDims(v *vec.Vector, data arrow.ArrayData) error {
	le := binary.LittleEndian
	lists, ends, all := vec.Values[vec.List](v), vec.As[int32](data.Buffers()[1].Bytes()), data.Buffers()[2].Bytes()
	for i := range lists {
		var d vec.Dims
		for b := all[ends[i]:ends[i+1]]; len(b) > 0; b = b[8:] {
			d.Add(int32(le.Uint32(b)), int32(le.Uint32(b[4:])))
		}
		var err error
		if lists[i].Shape, err = d.Shape(); err != nil {
			return err
		}
	}
	return nil
}
