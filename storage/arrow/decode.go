package arrow

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// maxRows bounds the rows of one array.
const maxRows = math.MaxInt32

// node is what a description says of one array.
type node struct{ rows, nulls int64 }

// decoder makes vectors of the arrays of one message, which lie in the order of the schema.
type decoder struct {
	body
	source   *source
	dicts    map[int64]*dictionary
	rows     int
	nodes    []node
	places   []place
	variadic []int64 // the numbers of buffers of arrays of views
}

// newDecoder reads the description of a record batch.
func newDecoder(s *source, m *message, t table, u *codecs, bytes func(int64)) (*decoder, error) {
	d := &decoder{source: s}
	d.body = body{file: s.file, h: s.h, off: m.body, size: m.size, codec: codecNone, unzip: u, bytes: bytes}
	pos, n := t.vector(1, 16)
	for i := range n {
		d.nodes = append(d.nodes, node{t.f.int64(pos + 16*i), t.f.int64(pos + 16*i + 8)})
	}
	pos, n = t.vector(2, 16)
	for i := range n {
		d.places = append(d.places, place{t.f.int64(pos + 16*i), t.f.int64(pos + 16*i + 8)})
	}
	pos, n = t.vector(4, 8)
	for i := range n {
		d.variadic = append(d.variadic, t.f.int64(pos+8*i))
	}
	if c, ok := t.table(3); ok {
		if d.codec = int(int8(c.byte(0))); d.codec != codecLZ4 && d.codec != codecZstd || c.byte(1) != 0 {
			return nil, sqlstate.Unsupported("Write it with lz4 or zstd.", "file \"%s\" is compressed in an unknown way", s.file.Path)
		}
	}
	rows := t.int64(0)
	if t.f.bad || rows < 0 {
		return nil, corrupt(s.file, "the description of a record batch is not valid")
	}
	if rows > maxRows {
		return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "a record batch of file \"%s\" has %d rows, more than %d", s.file.Path, rows, maxRows)
	}
	d.rows = int(rows)
	return d, nil
}

func (d *decoder) wrong() error {
	return corrupt(d.file, "a record batch does not have the arrays of its schema")
}

// node takes the next node, which has n rows; -1 if how many is not known.
func (d *decoder) node(n int) (node, error) {
	if len(d.nodes) == 0 {
		return node{}, d.wrong()
	}
	x := d.nodes[0]
	d.nodes = d.nodes[1:]
	if x.rows < 0 || x.rows > maxRows || n >= 0 && x.rows != int64(n) {
		return node{}, d.wrong()
	}
	return x, nil
}

// place takes the place of the next buffer.
func (d *decoder) place() (place, error) {
	if len(d.places) == 0 {
		return place{}, d.wrong()
	}
	p := d.places[0]
	d.places = d.places[1:]
	return p, nil
}

// buffer reads the first n bytes of the next buffer.
func (d *decoder) buffer(n int64) ([]byte, error) {
	p, err := d.place()
	if err != nil {
		return nil, err
	}
	return d.read(p, n)
}

// skip passes a field of the schema.
func (d *decoder) skip(f *field) error {
	buffers, children := 0, f.children
	switch f.layout {
	case layoutBits, layoutFixed, layoutList, layoutDense:
		buffers = 2
	case layoutText, layoutListView:
		buffers = 3
	case layoutViews:
		buffers = 2
	case layoutFixedList, layoutRecord, layoutSparse:
		buffers = 1
	}
	if f.codes != nil {
		buffers, children = 2, nil
	} else if f.layout == layoutViews {
		if len(d.variadic) == 0 || d.variadic[0] < 0 || d.variadic[0] > int64(len(d.places)) {
			return d.wrong()
		}
		buffers += int(d.variadic[0])
		d.variadic = d.variadic[1:]
	}
	if len(d.nodes) == 0 || buffers > len(d.places) {
		return d.wrong()
	}
	d.nodes, d.places = d.nodes[1:], d.places[buffers:]
	for _, c := range children {
		if err := d.skip(c); err != nil {
			return err
		}
	}
	return nil
}

// column reads the array of a field, of n rows.
func (d *decoder) column(f *field, n int) (*vec.Vector, error) {
	x, err := d.node(n)
	if err != nil {
		return nil, err
	}
	n = int(x.rows)
	switch {
	case f.codes != nil:
		return d.dict(f, x)
	case f.layout == layoutNull:
		return vec.NewNull(f.typ, n), nil
	case f.layout == layoutRunEnds:
		return d.runs(f, n)
	}
	valid, err := d.validity(x)
	if err != nil {
		return nil, err
	}
	var v *vec.Vector
	switch f.layout {
	case layoutBits:
		v, err = d.bits(f, n)
	case layoutFixed:
		v, err = d.fixed(f, n, valid)
	case layoutText:
		v, err = d.texts(f, n, valid)
	case layoutViews:
		v, err = d.views(f, n, valid)
	case layoutList, layoutListView, layoutFixedList:
		v, err = d.lists(f, n, valid)
	case layoutRecord:
		v, err = d.record(f, n)
	default:
		err = d.wrong()
	}
	if err != nil {
		return nil, err
	}
	v.Valid = valid
	return v, nil
}

// validity reads the bitmap of the rows that are not NULL.
func (d *decoder) validity(x node) (vec.Bitmap, error) {
	p, err := d.place()
	if err != nil || x.nulls == 0 || p.n == 0 || x.rows == 0 {
		return nil, err
	}
	b, err := d.read(p, (x.rows+7)/8)
	if err != nil {
		return nil, err
	}
	valid := vec.NewBitmap(int(x.rows))
	copy(vec.BytesOf([]uint64(valid)), b)
	if r := uint(x.rows) & 63; r != 0 {
		valid[len(valid)-1] &= 1<<r - 1
	}
	return valid, nil
}

func (d *decoder) bits(f *field, n int) (*vec.Vector, error) {
	b, err := d.buffer(int64(n+7) / 8)
	if err != nil {
		return nil, err
	}
	out := vec.Make[uint8](n)
	for i := range out {
		out[i] = b[i>>3] >> (i & 7) & 1
	}
	return vec.New(f.typ, f.kind, out, nil), nil
}

// dict reads codes into a dictionary.
func (d *decoder) dict(f *field, x node) (*vec.Vector, error) {
	valid, err := d.validity(x)
	if err != nil {
		return nil, err
	}
	b, err := d.buffer(x.rows * int64(f.codes.width))
	if err != nil {
		return nil, err
	}
	values, err := d.source.dictionary(f, d)
	if err != nil {
		return nil, err
	}
	n := int(x.rows)
	out := vec.Make[uint32](n)
	for i := range out {
		c := f.codes.at(b, i)
		switch {
		case c < uint64(values.Len):
			out[i] = uint32(c)
		case valid.Get(i):
			return nil, corrupt(d.file, "a code of column \"%s\" is not in its dictionary", f.name)
		default:
			out[i] = 0
		}
	}
	if values.Len == 0 {
		return vec.NewNull(f.typ, n), nil
	}
	for i := range out {
		if !valid.Get(i) {
			out[i] = 0
		}
	}
	return vec.NewDict(out, valid, values), nil
}

// at returns code i of those in b. A negative one is larger than any dictionary.
func (c *codes) at(b []byte, i int) uint64 {
	var x uint64
	switch c.width {
	case 1:
		if x = uint64(b[i]); c.signed {
			x = uint64(int8(x))
		}
	case 2:
		if x = uint64(binary.LittleEndian.Uint16(b[2*i:])); c.signed {
			x = uint64(int16(x))
		}
	case 4:
		if x = uint64(binary.LittleEndian.Uint32(b[4*i:])); c.signed {
			x = uint64(int32(x))
		}
	default:
		x = binary.LittleEndian.Uint64(b[8*i:])
	}
	return x
}

// offsets reads n offsets or lengths.
func (d *decoder) offsets(f *field, n int) ([]int64, error) {
	b, err := d.buffer(int64(n) * int64(f.width))
	if err != nil {
		return nil, err
	}
	if f.width == 8 {
		return vec.As[int64](b), nil
	}
	out := vec.Make[int64](n)
	for i, x := range vec.As[int32](b) {
		out[i] = int64(x)
	}
	return out, nil
}

// starts reads n+1 offsets, which do not fall; without rows there may be none.
func (d *decoder) starts(f *field, n int) ([]int64, error) {
	if n == 0 {
		_, err := d.place()
		return []int64{0}, err
	}
	at, err := d.offsets(f, n+1)
	if err != nil {
		return nil, err
	}
	last := int64(0)
	for _, x := range at {
		if x < last {
			return nil, corrupt(d.file, "the offsets of column \"%s\" are not valid", f.name)
		}
		last = x
	}
	return at, nil
}

// maxChunk bounds the bytes of strings that views refer to as one buffer.
const maxChunk = math.MaxUint32

func (d *decoder) texts(f *field, n int, valid vec.Bitmap) (*vec.Vector, error) {
	at, err := d.starts(f, n)
	if err != nil {
		return nil, err
	}
	data, err := d.buffer(at[n])
	if err != nil {
		return nil, err
	}
	check := f.typ.ID != types.Bytea && !ascii(data)
	out := vec.Make[vec.View](n)
	v := vec.New(f.typ, f.kind, out, nil)
	base := int64(0) // of the last of v.Bufs
	for i := range out {
		if !valid.Get(i) {
			out[i] = vec.View{}
			continue
		}
		s := data[at[i]:at[i+1]]
		if check && !utf8.Valid(s) {
			return nil, d.notUTF8(f)
		}
		if len(s) <= vec.ViewInline {
			out[i] = vec.MakeView(s, 0, 0)
			continue
		}
		if int64(len(s)) > maxField {
			return nil, tooLong(d.file.Path, f.name)
		}
		if len(v.Bufs) == 0 || at[i+1]-base > maxChunk {
			base = at[i]
			v.Bufs = append(v.Bufs, data[base:])
		}
		out[i] = vec.MakeView(s, uint32(len(v.Bufs)-1), uint32(at[i]-base))
	}
	return v, nil
}

// maxField bounds the bytes of a value.
const maxField = 1 << 30

func tooLong(path, column string) error {
	return sqlstate.New(sqlstate.ProgramLimitExceeded, "a value of column \"%s\" of file \"%s\" has more than %d bytes", column, path, maxField)
}

func (d *decoder) notUTF8(f *field) error {
	return sqlstate.New(sqlstate.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\"").
		WithDetail("File \"%s\", column \"%s\".", d.file.Path, f.name)
}

func ascii(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// views reads an array that lies as ours do.
func (d *decoder) views(f *field, n int, valid vec.Bitmap) (*vec.Vector, error) {
	b, err := d.buffer(int64(n) * 16)
	if err != nil {
		return nil, err
	}
	if len(d.variadic) == 0 || d.variadic[0] < 0 || d.variadic[0] > int64(len(d.places)) {
		return nil, d.wrong()
	}
	bufs := make([][]byte, d.variadic[0])
	d.variadic = d.variadic[1:]
	for i := range bufs {
		if bufs[i], err = d.buffer(-1); err != nil {
			return nil, err
		}
	}
	out := vec.As[vec.View](b)
	for i := range out {
		x := &out[i]
		switch {
		case !valid.Get(i):
			*x = vec.View{}
			continue
		case x.Len > maxField:
			return nil, tooLong(d.file.Path, f.name)
		case x.Len <= vec.ViewInline:
			*x = vec.MakeView(x.In(nil, x), 0, 0) // with zeros behind it
		case uint64(x.Buf) >= uint64(len(bufs)) || uint64(x.Off)+uint64(x.Len) > uint64(len(bufs[x.Buf])):
			return nil, corrupt(d.file, "a value of column \"%s\" lies outside of its buffer", f.name)
		default:
			*x = vec.MakeView(x.In(bufs, x), x.Buf, x.Off)
		}
		if f.typ.ID != types.Bytea && !utf8.Valid(x.In(bufs, x)) {
			return nil, d.notUTF8(f)
		}
	}
	v := vec.New(f.typ, f.kind, out, nil)
	v.Bufs = bufs
	return v, nil
}

// lists reads an array of arrays of elements.
func (d *decoder) lists(f *field, n int, valid vec.Bitmap) (*vec.Vector, error) {
	out := vec.Make[vec.List](n)
	elements := int64(-1) // at least so many there must be
	var err error
	switch f.layout {
	case layoutFixedList:
		elements, err = int64(n)*int64(f.width), nil
		for i := range out {
			out[i] = vec.List{Off: uint32(i * f.width), Len: uint32(f.width)}
		}
	case layoutList:
		var at []int64
		if at, err = d.starts(f, n); err == nil {
			elements = at[n]
			for i := range out {
				out[i] = vec.List{Off: uint32(at[i]), Len: uint32(at[i+1] - at[i])}
			}
		}
	default:
		elements, err = d.listViews(f, out, valid)
	}
	if err != nil {
		return nil, err
	}
	child, err := d.column(f.children[0], -1)
	if err != nil {
		return nil, err
	}
	if int64(child.Len) < elements || elements > maxRows {
		return nil, corrupt(d.file, "column \"%s\" has fewer elements than its arrays", f.name)
	}
	for i := range out {
		if !valid.Get(i) {
			out[i] = vec.List{}
		}
	}
	v := vec.New(f.typ, f.kind, out, nil)
	v.Child = vec.Flatten(child)
	return v, nil
}

// listViews reads offsets and lengths, and returns how many elements there must be.
func (d *decoder) listViews(f *field, out []vec.List, valid vec.Bitmap) (int64, error) {
	off, err := d.offsets(f, len(out))
	if err != nil {
		return 0, err
	}
	size, err := d.offsets(f, len(out))
	if err != nil {
		return 0, err
	}
	most := int64(0)
	for i := range out {
		if !valid.Get(i) {
			continue
		}
		if off[i] < 0 || size[i] < 0 || off[i] > maxRows || size[i] > maxRows {
			return 0, corrupt(d.file, "the offsets of column \"%s\" are not valid", f.name)
		}
		out[i] = vec.List{Off: uint32(off[i]), Len: uint32(size[i])}
		most = max(most, off[i]+size[i])
	}
	return most, nil
}

func (d *decoder) record(f *field, n int) (*vec.Vector, error) {
	fields := make([]*vec.Vector, len(f.children))
	for i, c := range f.children {
		var err error
		if fields[i], err = d.column(c, n); err != nil {
			return nil, err
		}
	}
	return vec.NewRows(f.typ, n, fields), nil
}

// maxRuns bounds the rows that runs are written out to.
const maxRuns = 1 << 27

// runs reads an array whose equal neighbours are written once.
func (d *decoder) runs(f *field, n int) (*vec.Vector, error) {
	ends, err := d.column(f.children[0], -1)
	if err != nil {
		return nil, err
	}
	values, err := d.column(f.children[1], -1)
	if err != nil {
		return nil, err
	}
	if n > maxRuns {
		return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "a record batch of file \"%s\" has more than %d rows in runs", d.file.Path, maxRuns)
	}
	sel := make([]uint32, 0, n)
	for i := 0; i < min(ends.Len, values.Len) && len(sel) < n; i++ {
		for end := min(asInt(ends, i), int64(n)); int64(len(sel)) < end; {
			sel = append(sel, uint32(i))
		}
	}
	if len(sel) < n {
		return nil, corrupt(d.file, "the runs of column \"%s\" have fewer rows than their record batch", f.name)
	}
	return vec.Gather(values, sel), nil
}

func asInt(v *vec.Vector, i int) int64 {
	switch v.Kind {
	case types.KInt16:
		return int64(vec.At[int16](v, i))
	case types.KInt32:
		return int64(vec.At[int32](v, i))
	}
	return vec.At[int64](v, i)
}
