package spill

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// Values travel as they lie in memory: kinds that Arrow lacks as binary of fixed size, strings as offsets and
// bytes. The types of columns are known to both sides; a field's metadata has the kind, which is not always
// the type's own.
const kindKey = "gsql.kind"

func fieldOf(v *vec.Vector) arrow.Field {
	md := arrow.NewMetadata([]string{kindKey}, []string{string(rune('a' + v.Kind))})
	return arrow.Field{Type: arrowType(v), Nullable: true, Metadata: md}
}

func kindOf(f arrow.Field) types.Kind {
	s, _ := f.Metadata.GetValue(kindKey)
	return types.Kind(s[0] - 'a')
}

func arrowType(v *vec.Vector) arrow.DataType {
	switch v.Kind {
	case types.KBool:
		return arrow.PrimitiveTypes.Uint8
	case types.KInt16:
		return arrow.PrimitiveTypes.Int16
	case types.KInt32:
		return arrow.PrimitiveTypes.Int32
	case types.KInt64:
		return arrow.PrimitiveTypes.Int64
	case types.KFloat32:
		return arrow.PrimitiveTypes.Float32
	case types.KFloat64:
		return arrow.PrimitiveTypes.Float64
	case types.KView:
		return arrow.BinaryTypes.Binary
	case types.KList:
		child := v.Child
		if child == nil {
			child = vec.Flatten(vec.NewNull(v.Type.Element(), 0))
		}
		list := arrow.ListOfField(fieldOf(child))
		if !shaped(v) {
			return list
		}
		return arrow.StructOf(arrow.Field{Name: "list", Type: list, Nullable: true}, arrow.Field{Name: "dims", Type: arrow.BinaryTypes.Binary})
	case types.KRow:
		fields := make([]arrow.Field, len(v.Fields))
		for i, f := range v.Fields {
			fields[i] = fieldOf(f)
		}
		return arrow.StructOf(fields...)
	}
	return &arrow.FixedSizeBinaryType{ByteWidth: v.Kind.Width()}
}

// encode returns the rows of flat columns as a record, which shares their memory where it can.
func encode(schema *arrow.Schema, flat []*vec.Vector, rows int) arrow.Record {
	cols := make([]arrow.Array, len(flat))
	for i, v := range flat {
		data := encodeColumn(schema.Field(i).Type, v)
		cols[i] = array.MakeFromData(data)
		data.Release()
	}
	rec := array.NewRecord(schema, cols, int64(rows))
	for _, c := range cols {
		c.Release()
	}
	return rec
}

func encodeColumn(t arrow.DataType, v *vec.Vector) arrow.ArrayData {
	nulls := v.Len - v.Valid.Count(v.Len)
	var validity *memory.Buffer
	if nulls > 0 {
		validity = memory.NewBufferBytes(vec.BytesOf([]uint64(v.Valid)))
	}
	switch v.Kind {
	case types.KView:
		offsets, text := joinTexts(v)
		return array.NewData(t, v.Len, []*memory.Buffer{validity, memory.NewBufferBytes(vec.BytesOf(offsets)), memory.NewBufferBytes(text)}, nil, nulls, 0)
	case types.KList:
		if t, ok := t.(*arrow.StructType); ok {
			list, dims := encodeLists(t.Field(0).Type, v, validity, nulls), encodeDims(v)
			defer list.Release()
			defer dims.Release()
			return array.NewData(t, v.Len, []*memory.Buffer{nil}, []arrow.ArrayData{list, dims}, 0, 0)
		}
		return encodeLists(t, v, validity, nulls)
	case types.KRow:
		fields := make([]arrow.ArrayData, len(v.Fields))
		for i, f := range vec.DenseRows(v).Fields {
			fields[i] = encodeColumn(t.(*arrow.StructType).Field(i).Type, f)
			defer fields[i].Release()
		}
		return array.NewData(t, v.Len, []*memory.Buffer{validity}, fields, nulls, 0)
	}
	return array.NewData(t, v.Len, []*memory.Buffer{validity, memory.NewBufferBytes(v.Data)}, nil, nulls, 0)
}

func encodeLists(t arrow.DataType, v *vec.Vector, validity *memory.Buffer, nulls int) arrow.ArrayData {
	offsets, child := joinLists(v)
	data := encodeColumn(t.(*arrow.ListType).Elem(), child)
	defer data.Release()
	return array.NewData(t, v.Len, []*memory.Buffer{validity, memory.NewBufferBytes(vec.BytesOf(offsets))}, []arrow.ArrayData{data}, nulls, 0)
}

// joinTexts returns where each string ends, behind a zero, and the strings one behind the other.
func joinTexts(v *vec.Vector) (offsets []int32, text []byte) {
	views := vec.Values[vec.View](v)
	offsets = vec.Make[int32](v.Len + 1)
	offsets[0] = 0
	sum := int32(0)
	for i := range views {
		sum += int32(views[i].Len)
		offsets[i+1] = sum
	}
	text = make([]byte, 0, sum)
	for i := range views {
		text = append(text, views[i].In(v.Bufs, &views[i])...)
	}
	return offsets, text
}

// joinLists returns where the elements of each list end, behind a zero, and all elements in order.
func joinLists(v *vec.Vector) (offsets []int32, child *vec.Vector) {
	lists := vec.Values[vec.List](v)
	offsets = make([]int32, v.Len+1)
	var sel []uint32
	for i, l := range lists {
		if v.Valid.Get(i) {
			for k := range l.Len {
				sel = append(sel, l.Off+k)
			}
		}
		offsets[i+1] = int32(len(sel))
	}
	if v.Child == nil {
		return offsets, vec.Flatten(vec.NewNull(v.Type.Element(), 0))
	}
	return offsets, vec.Flatten(vec.Gather(v.Child, sel))
}

// decode returns a record's rows as columns of types ts. They keep the record's memory, which is Go's.
func decode(rec arrow.Record, ts []types.Type) (*vec.Batch, error) {
	b := &vec.Batch{Rows: int(rec.NumRows()), Cols: make([]*vec.Vector, rec.NumCols())}
	for i := range b.Cols {
		var err error
		if b.Cols[i], err = decodeColumn(rec.Column(i).Data(), rec.Schema().Field(i), ts[i]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func decodeColumn(data arrow.ArrayData, f arrow.Field, t types.Type) (v *vec.Vector, err error) {
	kind := kindOf(f)
	if s, ok := f.Type.(*arrow.StructType); ok && kind == types.KList {
		list := s.Field(0)
		list.Metadata = f.Metadata
		if v, err = decodeColumn(data.Children()[0], list, t); err == nil {
			err = decodeDims(v, data.Children()[1])
		}
		return v, err
	}
	v = &vec.Vector{Type: t, Kind: kind, Len: data.Len()}
	bufs := data.Buffers()
	if data.NullN() > 0 {
		v.Valid = vec.NewBitmap(v.Len)
		copy(vec.BytesOf([]uint64(v.Valid)), bufs[0].Bytes())
		if r := uint(v.Len) & 63; r != 0 {
			v.Valid[len(v.Valid)-1] &= 1<<r - 1
		}
	}
	switch v.Kind {
	case types.KView:
		v.Data, v.Bufs = decodeTexts(data, v.Len)
	case types.KList:
		lists := make([]vec.List, v.Len)
		if v.Len > 0 {
			ends := vec.As[int32](bufs[1].Bytes())
			for i := range lists {
				lists[i] = vec.List{Off: uint32(ends[i]), Len: uint32(ends[i+1] - ends[i])}
			}
		}
		v.Data = vec.BytesOf(lists)
		v.Child, err = decodeColumn(data.Children()[0], f.Type.(*arrow.ListType).ElemField(), t.Element())
	case types.KRow:
		err = decodeRows(v, data, f.Type.(*arrow.StructType))
	default:
		if v.Len > 0 {
			v.Data = bufs[1].Bytes()[:v.Len*v.Kind.Width()]
		}
	}
	return v, err
}

// decodeRows sets the values of records.
func decodeRows(v *vec.Vector, data arrow.ArrayData, t *arrow.StructType) (err error) {
	fields := make([]*vec.Vector, len(data.Children()))
	for i, child := range data.Children() {
		if fields[i], err = decodeColumn(child, t.Field(i), v.Type.Fields()[i].Type); err != nil {
			return err
		}
	}
	rows := vec.NewRows(v.Type, v.Len, fields)
	v.Data, v.Fields = rows.Data, rows.Fields
	return nil
}

// decodeTexts returns views of strings, and what the long ones point into.
func decodeTexts(data arrow.ArrayData, n int) (views []byte, bufs [][]byte) {
	if n == 0 {
		return nil, nil
	}
	ends, text := vec.As[int32](data.Buffers()[1].Bytes()), data.Buffers()[2].Bytes()
	out := vec.Make[vec.View](n)
	long := false
	for i := range out {
		from, to := ends[i], ends[i+1]
		out[i] = vec.MakeView(text[from:to], 0, uint32(from))
		long = long || to-from > vec.ViewInline
	}
	if long {
		bufs = [][]byte{text}
	}
	return vec.BytesOf(out), bufs
}

// kindsOf returns the kinds of columns, each followed by those of its elements or of its fields: a stream holds columns of
// the same kinds throughout.
func kindsOf(flat []*vec.Vector) []types.Kind {
	return appendKinds(make([]types.Kind, 0, len(flat)), flat)
}

func appendKinds(kinds []types.Kind, flat []*vec.Vector) []types.Kind {
	for _, v := range flat {
		kinds = append(kinds, v.Kind)
		if v.Kind == types.KList && shaped(v) {
			kinds = append(kinds, types.KNone)
		}
		switch {
		case v.Kind == types.KRow:
			// Records that are all NULL have no fields, and then neither has what is written of them.
			kinds = append(appendKinds(kinds, v.Fields), types.KNone)
		case v.Kind == types.KList && v.Child != nil:
			kinds = appendKinds(kinds, []*vec.Vector{v.Child})
		case v.Kind == types.KList:
			kinds = append(kinds, v.Type.Element().Kind())
		}
	}
	return kinds
}

// textBytes returns the bytes of the flat column with the most text.
func textBytes(flat []*vec.Vector) int64 {
	most := int64(0)
	for _, v := range flat {
		if v.Kind == types.KRow {
			most = max(most, textBytes(v.Fields))
		}
		if v.Kind != types.KView {
			continue
		}
		sum := int64(0)
		views := vec.Values[vec.View](v)
		for i := range views {
			sum += int64(views[i].Len)
		}
		most = max(most, sum)
	}
	return most
}
