package parquet

import (
	"errors"
	"math/bits"

	"gsql/exec/vec"
)

var errCode = errors.New("a dictionary code is out of range")

// fixed decodes columns whose vectors have values of fixed width. Dictionary-encoded pages are decoded to
// flat values: looking a number up is as cheap as carrying its code. convert is nil for types whose memory is
// the file's: then a passing vector may be a part of its page.
type fixed[T vec.Fixed] struct {
	col     *column
	convert converter[T]

	src    source // of the current page, when it is not dictionary encoded
	plain  plainSource
	delta  deltaSource
	codes  hybrid
	inDict bool
	dict   []T
	check  bool // codes may be out of range

	// The vector being made.
	rows, at int
	passing  bool
	out      []T
	spare    []T // memory of passing vectors
	buf      [512]uint32
}

func newFixed[T vec.Fixed](c *column, convert converter[T]) decoder {
	return &fixed[T]{col: c, convert: convert}
}

func (f *fixed[T]) keeps(int) bool { return false }

func (f *fixed[T]) dictionary(data []byte, n int) (any, error) {
	if f.col.phys == physBool {
		return nil, encodingError(encRLEDict)
	}
	src, err := f.source(data, encPlain)
	if err != nil {
		return nil, err
	}
	if n > len(data) {
		return nil, errShort
	}
	b, err := src.next(n)
	if err != nil {
		return nil, err
	}
	d := make([]T, n)
	return d, f.convert.fill(d, b)
}

func (f *fixed[T]) shareDictionary(d any) { f.dict = d.([]T) }

func (f *fixed[T]) page(data []byte, encoding, rows int) error {
	f.inDict = encoding == encPlainDict || encoding == encRLEDict
	if f.inDict {
		w, err := startCodes(&f.codes, data)
		f.check = w >= 32 || len(f.dict) < 1<<w
		return err
	}
	var err error
	f.src, err = f.source(data, encoding)
	return err
}

// startCodes starts a page of dictionary codes, whose first byte is their width.
func startCodes(h *hybrid, data []byte) (width uint, err error) {
	if len(data) == 0 {
		// A page of NULLs only may have nothing.
		return 0, h.reset(nil, 0)
	}
	return uint(data[0]), h.reset(data[1:], uint(data[0]))
}

// source returns the source of a page's values.
func (f *fixed[T]) source(data []byte, encoding int) (source, error) {
	c := f.col
	switch {
	case c.phys == physBool && (encoding == encPlain || encoding == encRLE):
		return newBoolSource(data, encoding == encRLE)
	case c.phys == physBytes:
		b, err := newByteSource(data, encoding)
		return &decimalSource{b: b}, err
	case encoding == encPlain && c.phys != physBool:
		f.plain = plainSource{data, c.width()}
		return &f.plain, nil
	case encoding == encSplit && c.phys != physBool && c.phys != physInt96:
		return newSplitSource(data, c.width()), nil
	case encoding == encDelta && (c.phys == physInt32 || c.phys == physInt64):
		f.delta.narrow = c.phys == physInt32
		return &f.delta, f.delta.d.reset(data)
	case encoding == encDeltaBytes && c.phys == physFixed:
		b, err := newDeltaBytes(data)
		return &fixedBytesSource{b: b, width: c.width()}, err
	}
	return nil, encodingError(encoding)
}

func (f *fixed[T]) skip(values int) error {
	if f.inDict {
		return f.codes.skip(values)
	}
	return f.src.skip(values)
}

func (f *fixed[T]) begin(rows int, passing bool) {
	f.rows, f.passing, f.out, f.at = rows, passing, nil, 0
}

func (f *fixed[T]) append(k, values int, valid vec.Bitmap, at int) error {
	if f.out == nil {
		if f.passing && k == f.rows && values == k && !f.inDict && f.convert == nil && f.isPlain() {
			b, err := f.plain.next(k)
			f.out = vec.As[T](b)
			return err
		}
		f.out = room(f.rows, f.passing, &f.spare)
	}
	dst := f.out[f.at : f.at+k]
	f.at += k
	if err := f.values(dst[:values]); err != nil {
		return err
	}
	if values < k {
		spread(dst, values, valid, at)
	}
	return nil
}

// isPlain reports whether the current page is in PLAIN encoding.
func (f *fixed[T]) isPlain() bool {
	p, ok := f.src.(*plainSource)
	return ok && p == &f.plain
}

// values decodes the next len(dst) values.
func (f *fixed[T]) values(dst []T) error {
	if f.inDict {
		return f.lookup(dst)
	}
	b, err := f.src.next(len(dst))
	if err != nil {
		return err
	}
	return f.convert.fill(dst, b)
}

// lookup decodes codes and looks them up in the dictionary.
func (f *fixed[T]) lookup(dst []T) error {
	for len(dst) > 0 {
		codes := f.buf[:min(len(f.buf), len(dst))]
		if err := f.codes.read(codes); err != nil {
			return err
		}
		if f.check && !inRange(codes, len(f.dict)) {
			return errCode
		}
		dict := f.dict
		for i, c := range codes {
			dst[i] = dict[c]
		}
		dst = dst[len(codes):]
	}
	return nil
}

// inRange reports whether all codes are below n.
func inRange(codes []uint32, n int) bool {
	if n == 0 {
		return len(codes) == 0
	}
	// A code that is too large makes the difference negative, which shows in its sign.
	last := uint64(n - 1)
	var a, b uint64
	for len(codes) >= 8 {
		c := (*[8]uint32)(codes)
		a |= (last - uint64(c[0])) | (last - uint64(c[1])) | (last - uint64(c[2])) | (last - uint64(c[3]))
		b |= (last - uint64(c[4])) | (last - uint64(c[5])) | (last - uint64(c[6])) | (last - uint64(c[7]))
		codes = codes[8:]
	}
	for _, c := range codes {
		a |= last - uint64(c)
	}
	return int64(a|b) >= 0
}

func (f *fixed[T]) finish(valid vec.Bitmap) *vec.Vector {
	out := f.out
	f.out = nil
	return vec.New(f.col.typ, f.col.kind, out, valid)
}

// spread moves the first values of dst to the rows that have a bit in valid, whose bit at belongs to dst[0].
// It works from the end, in place: a value never moves down.
func spread[T vec.Fixed](dst []T, values int, valid vec.Bitmap, at int) {
	if nulls := len(dst) - values; nulls > len(dst)/sparseNulls {
		j := values - 1
		for i := len(dst) - 1; j >= 0 && i > j; i-- {
			b := at + i
			dst[i] = dst[j]
			j -= int(valid[b>>6] >> (uint(b) & 63) & 1)
		}
		return
	}
	// Few NULLs: the values between two of them move together.
	for i, j := len(dst), values; j > 0 && i > j; {
		last := uint(at + i - 1)
		w := valid[last>>6] << (63 - last&63) // the row's bit is the highest
		n := min(i, int(last&63)+1)
		if k := min(bits.LeadingZeros64(^w), n); k > 0 {
			copy(dst[i-k:i], dst[j-k:j])
			i, j = i-k, j-k
			continue
		}
		i -= min(bits.LeadingZeros64(w), n)
	}
}

// sparseNulls is how many times as many rows as NULLs there are where NULLs are few.
const sparseNulls = 8
