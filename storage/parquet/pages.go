package parquet

import (
	"errors"
	"io"
	"unsafe"

	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// pages walks the pages of one column chunk. A page's body is read and decompressed only when it is asked
// for, so that passing over a page costs its header.
type pages struct {
	path     string
	column   string
	r        io.ReaderAt
	codec    int32
	pos, end int64 // where the next header is, and where the chunk ends

	// win is a piece of the file at winAt. kept says that somebody refers to its memory.
	win   []byte
	winAt int64
	kept  bool
	ahead int   // bytes to read at once; grows, so that the first rows of a file cost little
	until int64 // what lies behind it will not be needed soon; 0: unknown

	page []byte // memory for decompressed pages that nobody keeps
	read int64  // bytes read since the caller last asked
}

const (
	firstRead     = 64 << 10
	skimRead      = 1 << 10 // while bodies are passed over
	maxRead       = 1 << 20
	maxPageHeader = 16 << 20 // headers carry statistics, which may be long strings
)

// newPages starts at the first page of a chunk.
func newPages(path, column string, r io.ReaderAt, fileSize int64, m *chunkMeta) (*pages, error) {
	start := m.dataAt
	if m.dictAt > 0 && m.dictAt < start {
		start = m.dictAt
	}
	p := &pages{path: path, column: column, r: r, codec: m.codec, pos: start, end: start + m.size, ahead: firstRead}
	switch {
	case m.encrypted:
		return nil, encrypted(path)
	case m.elsewhere:
		return nil, sqlstate.Unsupported("", "Parquet file %q keeps its columns in other files", path)
	case start < 4 || m.size < 0 || m.size > fileSize || p.end > fileSize:
		return nil, p.corrupt("its column chunk lies outside the file")
	}
	return p, nil
}

// corrupt returns an error that names the file and the column.
func (p *pages) corrupt(format string, args ...any) *sqlstate.Error {
	return corrupt(p.path, format, args...).WithDetail("Column %q.", p.column)
}

// next reads the next header; io.EOF follows the last page.
func (p *pages) next() (pageHeader, error) {
	if p.pos >= p.end {
		return pageHeader{}, io.EOF
	}
	for want := 512; ; want *= 8 {
		b, err := p.peek(want)
		if err != nil {
			return pageHeader{}, err
		}
		h, n, err := readPageHeader(b)
		if err == nil {
			p.pos += int64(n)
			if int64(h.size) > p.end-p.pos {
				return h, p.corrupt("a page is larger than its column chunk")
			}
			return h, nil
		}
		if !errors.Is(err, errThriftShort) || len(b) < want || want > maxPageHeader {
			return h, p.corrupt("bad page header at offset %d: %v", p.pos, err)
		}
	}
}

// peek returns at least want bytes at pos, or as many as the chunk has.
func (p *pages) peek(want int) ([]byte, error) {
	if rest := p.end - p.pos; int64(want) > rest {
		want = int(rest)
	}
	if p.pos >= p.winAt && p.pos+int64(want) <= p.winAt+int64(len(p.win)) {
		return p.win[p.pos-p.winAt:], nil
	}
	n := min(int64(max(want, p.ahead)), p.end-p.pos)
	if p.until > p.pos {
		n = min(n, max(int64(want), p.until-p.pos))
	}
	return p.fill(int(n))
}

// fill reads the next n bytes.
func (p *pages) fill(n int) ([]byte, error) {
	if cap(p.win) < n || p.kept {
		p.win = alignedBytes(n)
		p.kept = false
	}
	p.win, p.winAt = p.win[:n], p.pos
	p.read += int64(n)
	if err := readAt(p.path, p.r, p.win, p.pos); err != nil {
		return nil, err
	}
	return p.win, nil
}

// skip passes over the body of the page whose header was read last.
func (p *pages) skip(h *pageHeader) {
	p.pos += int64(h.size)
	p.ahead = skimRead
}

// body returns the decompressed body of the page whose header was read last. With keep set the bytes belong
// to the caller; otherwise they are valid until the next call.
func (p *pages) body(h *pageHeader, keep bool) ([]byte, error) {
	raw, err := p.stored(h.size, keep && (p.codec == codecNone || !h.compressed))
	if err != nil {
		return nil, err
	}
	if p.codec == codecNone || !h.compressed {
		if h.size != h.rawSize {
			return nil, p.corrupt("an uncompressed page of %d bytes says it has %d", h.size, h.rawSize)
		}
		return raw, nil
	}
	dst := p.page
	if keep {
		dst = nil
	}
	levels := h.defLen + h.repLen // of v2 pages, before the compressed part
	var out []byte
	if levels == 0 {
		out, err = inflate(p.codec, dst, raw, h.rawSize)
	} else {
		out, err = inflateV2(p.codec, dst, raw, h.rawSize, levels)
	}
	if err != nil {
		if errors.Is(err, errCodec) {
			return nil, sqlstate.Unsupported("Rewrite the file with another codec, such as ZSTD.",
				"column %q of Parquet file %q: %v", p.column, p.path, err)
		}
		return nil, p.corrupt("%v", err)
	}
	if !keep && cap(out) > cap(p.page) {
		p.page = out[:0]
	}
	return out, nil
}

// inflateV2 decompresses the values of a v2 page behind its levels.
func inflateV2(codec int32, dst, raw []byte, size, levels int) ([]byte, error) {
	if err := plausible(codec, len(raw)-levels, size-levels); err != nil {
		return nil, err
	}
	dst = grow(dst, size)
	copy(dst, raw[:levels])
	out, err := inflate(codec, dst[levels:levels:size], raw[levels:], size-levels)
	if err != nil {
		return nil, err
	}
	if len(out) > 0 && unsafe.SliceData(out) != unsafe.SliceData(dst[levels:]) {
		copy(dst[levels:], out)
	}
	return dst, nil
}

// stored returns the n bytes at pos as they are in the file and passes over them. With keep set they are
// never overwritten.
func (p *pages) stored(n int, keep bool) ([]byte, error) {
	p.ahead = min(max(p.ahead*4, firstRead), maxRead)
	if n > maxRead && p.pos+int64(n) > p.winAt+int64(len(p.win)) {
		// Larger than what is read ahead: read it for itself.
		buf := alignedBytes(n)
		p.read += int64(n)
		if err := readAt(p.path, p.r, buf, p.pos); err != nil {
			return nil, err
		}
		p.pos += int64(n)
		return buf, nil
	}
	b, err := p.peek(n)
	if err != nil {
		return nil, err
	}
	if len(b) < n {
		return nil, p.corrupt("a page is larger than its column chunk")
	}
	p.kept = p.kept || keep
	p.pos += int64(n)
	return b[:n:n], nil
}

// alignedBytes returns n bytes of memory aligned for every kind of value, which hold anything.
func alignedBytes(n int) []byte { return vec.BytesOf(vec.Make[uint64]((n + 7) / 8))[:n] }
