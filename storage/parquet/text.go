package parquet

import (
	"unsafe"

	"gsql/exec/vec"
)

// texts decodes columns of byte strings. As long as pages are dictionary encoded, its vectors are too, with
// one dictionary for the whole chunk; otherwise they are views into the pages.
type texts struct {
	col    *column
	src    byteSource
	plain  plainBytes
	codes  hybrid
	inDict bool
	dict   *vec.Vector
	size   int  // values of the dictionary that codes may name
	check  bool // codes may be out of range

	// The vector being made has codes as long as list is nil.
	rows, at int
	code     []uint32
	list     []vec.View
	v        views

	passing   bool
	spareCode []uint32 // memory of passing vectors
	spareList []vec.View
}

func (s *texts) keeps(encoding int) bool { return encoding != encPlainDict && encoding != encRLEDict }

func (s *texts) dictionary(data []byte, n int) (any, error) {
	if n > len(data) {
		return nil, errShort
	}
	src, err := s.source(data, encPlain)
	if err != nil {
		return nil, err
	}
	// There is a value at least, since NULLs have code 0 also when nothing else is there.
	list := make([]vec.View, max(n, 1))
	var v views
	if err := src.next(list[:n], &v); err != nil {
		return nil, err
	}
	d := vec.New(s.col.typ, s.col.kind, list, nil)
	d.Bufs = v.bufs
	return stringDict{d, n}, nil
}

// stringDict is a dictionary of size values.
type stringDict struct {
	values *vec.Vector
	size   int
}

func (s *texts) shareDictionary(x any) {
	d := x.(stringDict)
	s.dict, s.size = d.values, d.size
}

func (s *texts) page(data []byte, encoding, rows int) error {
	s.inDict = !s.keeps(encoding)
	if s.inDict {
		w, err := startCodes(&s.codes, data)
		s.check = w >= 32 || s.size < 1<<w
		return err
	}
	var err error
	s.src, err = s.source(data, encoding)
	return err
}

func (s *texts) source(data []byte, encoding int) (byteSource, error) {
	if s.col.phys != physFixed {
		if encoding == encPlain {
			s.plain = plainBytes{data: data}
			return &s.plain, nil
		}
		return newByteSource(data, encoding)
	}
	w := s.col.typeLen
	switch encoding {
	case encPlain:
		return &fixedViews{&plainSource{data, w}, w}, nil
	case encSplit:
		return &fixedViews{newSplitSource(data, w), w}, nil
	case encDeltaBytes:
		b, err := newDeltaBytes(data)
		return &fixedViews{&fixedBytesSource{b: b, width: w}, w}, err
	}
	return nil, encodingError(encoding)
}

// newByteSource returns the source of a page of BYTE_ARRAY.
func newByteSource(data []byte, encoding int) (byteSource, error) {
	switch encoding {
	case encPlain:
		return &plainBytes{data: data}, nil
	case encDeltaLength:
		return newDeltaLengthBytes(data)
	case encDeltaBytes:
		return newDeltaBytes(data)
	}
	return nil, encodingError(encoding)
}

func (s *texts) skip(values int) error {
	if s.inDict {
		return s.codes.skip(values)
	}
	return s.src.skip(values)
}

func (s *texts) begin(rows int, passing bool) {
	s.rows, s.at, s.code, s.list, s.v, s.passing = rows, 0, nil, nil, views{}, passing
}

// room returns n values that hold anything, in the memory of *spare when the vector is a passing one.
func room[T vec.Fixed](n int, passing bool, spare *[]T) []T {
	if passing && cap(*spare) >= n {
		return (*spare)[:n]
	}
	var s []T
	if unsafe.Sizeof(*new(T)) == 1 {
		s = make([]T, n) // rows that are NULL stay as they are, and booleans are never but 0 or 1
	} else {
		s = vec.Make[T](n)
	}
	if passing {
		*spare = s
	}
	return s
}

func (s *texts) append(k, values int, valid vec.Bitmap, at int) error {
	defer func() { s.at += k }()
	if s.inDict && s.list == nil {
		return s.appendCodes(k, values, valid, at)
	}
	if s.list == nil {
		s.leaveCodes(valid)
	}
	dst := s.list[s.at : s.at+k]
	var err error
	if s.inDict {
		err = s.lookup(dst[:values])
	} else {
		err = s.src.next(dst[:values], &s.v)
	}
	if err != nil {
		return err
	}
	if values < k {
		spread(dst, values, valid, at)
		zeroNulls(dst, valid, at)
	}
	return nil
}

func (s *texts) appendCodes(k, values int, valid vec.Bitmap, at int) error {
	if s.code == nil {
		s.code = room(s.rows, s.passing, &s.spareCode)
	}
	dst := s.code[s.at : s.at+k]
	if err := s.codes.read(dst[:values]); err != nil {
		return err
	}
	if s.check && !inRange(dst[:values], s.size) {
		return errCode
	}
	if values < k {
		spread(dst, values, valid, at)
		zeroNulls(dst, valid, at)
	}
	return nil
}

// leaveCodes turns the codes of the rows so far into views, because the next page is not dictionary encoded.
func (s *texts) leaveCodes(valid vec.Bitmap) {
	s.list = room(s.rows, s.passing, &s.spareList)
	if s.code == nil {
		return
	}
	s.v.bufs = append(s.v.bufs, s.dict.Bufs...)
	dict := vec.Values[vec.View](s.dict)
	for i, c := range s.code[:s.at] {
		s.list[i] = dict[c]
	}
	if valid != nil {
		zeroNulls(s.list[:s.at], valid, 0)
	}
	s.code = nil
}

// lookup decodes codes into views, when a vector has pages of both kinds.
func (s *texts) lookup(dst []vec.View) error {
	codes := vec.Make[uint32](len(dst))
	if err := s.codes.read(codes); err != nil {
		return err
	}
	if s.check && !inRange(codes, s.size) {
		return errCode
	}
	base := uint32(len(s.v.bufs))
	s.v.bufs = append(s.v.bufs, s.dict.Bufs...)
	dict := vec.Values[vec.View](s.dict)
	for i, c := range codes {
		dst[i] = dict[c]
		if dst[i].Len > vec.ViewInline {
			dst[i].Buf += base
		}
	}
	return nil
}

// zeroNulls clears the values of rows without a bit in valid.
func zeroNulls[T vec.Fixed](dst []T, valid vec.Bitmap, at int) {
	var zero T
	for i := range dst {
		if b := at + i; valid[b>>6]>>(uint(b)&63)&1 == 0 {
			dst[i] = zero
		}
	}
}

func (s *texts) finish(valid vec.Bitmap) *vec.Vector {
	if s.list != nil {
		v := vec.New(s.col.typ, s.col.kind, s.list, valid)
		v.Bufs = s.v.bufs
		s.list = nil
		return v
	}
	v := vec.NewDict(s.code, valid, s.dict)
	s.code = nil
	return v
}
