package parquet

import (
	"io"
	"slices"
	"sync"
	"unsafe"

	"gsql/storage/file"
)

// Footers keeps what was read of files' footers, as long as the files do not change, up to a number of bytes. It is safe
// for concurrent use.
type Footers struct {
	limit int64

	mu      sync.Mutex
	files   map[string]*fileMeta // by path
	bytes   int64
	schemas []*fileSchema // the latest first
}

// NewFooters returns a cache of some bytes.
func NewFooters(limit int64) *Footers {
	return &Footers{limit: limit, files: map[string]*fileMeta{}}
}

// fileMeta is a file's footer.
type fileMeta struct {
	file file.File
	*footer
	schema *fileSchema
	bytes  int64
}

// fileSchema is the columns of files. Files of the same columns share it.
type fileSchema struct {
	elements []schemaElement
	cols     []column
}

// maxSchemas is how many schemas are kept to be shared.
const maxSchemas = 64

// get returns the footer of a file, and the file, if it had to be opened for that.
func (c *Footers) get(f file.File) (*fileMeta, file.Handle, error) {
	c.mu.Lock()
	m := c.files[f.Path]
	c.mu.Unlock()
	if m != nil && m.file.Size == f.Size && m.file.Inode == f.Inode && m.file.Version == f.Version && m.file.ModTime.Equal(f.ModTime) {
		return m, nil, nil
	}
	h, err := f.Open()
	if err != nil {
		return nil, nil, err
	}
	if m, err = c.read(f, h); err != nil {
		h.Close()
		return nil, nil, err
	}
	c.keep(m)
	return m, h, nil
}

func (c *Footers) read(f file.File, h io.ReaderAt) (*fileMeta, error) {
	ft, err := readFooter(f, h)
	if err != nil {
		return nil, err
	}
	m := &fileMeta{file: f, footer: ft}
	if m.schema, err = c.schema(f, ft); err != nil {
		return nil, err
	}
	ft.schema = m.schema.elements
	m.bytes = ft.compact() + int64(len(f.Path)) + int64(unsafe.Sizeof(*m)+unsafe.Sizeof(*ft)) + 100
	return m, nil
}

// schema returns the schema of a file, shared with others that have the same.
func (c *Footers) schema(f file.File, ft *footer) (*fileSchema, error) {
	c.mu.Lock()
	for i, s := range c.schemas {
		if slices.Equal(s.elements, ft.schema) {
			copy(c.schemas[1:i+1], c.schemas[:i])
			c.schemas[0] = s
			c.mu.Unlock()
			return s, nil
		}
	}
	c.mu.Unlock()
	cols, err := columnsOf(f, ft)
	if err != nil {
		return nil, err
	}
	s := &fileSchema{ft.schema, cols}
	c.mu.Lock()
	c.schemas = slices.Insert(c.schemas, 0, s)
	c.schemas = c.schemas[:min(len(c.schemas), maxSchemas)]
	c.mu.Unlock()
	return s, nil
}

// keep adds a footer, and drops others if there is no room.
func (c *Footers) keep(m *fileMeta) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.files[m.file.Path]; old != nil {
		c.bytes -= old.bytes
	}
	c.files[m.file.Path] = m
	for c.bytes += m.bytes; c.bytes > c.limit && len(c.files) > 1; {
		for path, old := range c.files { // whichever comes first
			if old != m {
				delete(c.files, path)
				c.bytes -= old.bytes
				break
			}
		}
	}
}

// compact moves the statistics, which point into the footer's bytes, to memory of their own and returns how many bytes the
// row groups take.
func (ft *footer) compact() int64 {
	n := 0
	bytes := int64(0)
	for _, g := range ft.groups {
		bytes += int64(unsafe.Sizeof(g)) + int64(len(g.cols))*int64(unsafe.Sizeof(chunkMeta{}))
		for i := range g.cols {
			n += len(g.cols[i].stats.min) + len(g.cols[i].stats.max)
		}
	}
	own := make([]byte, 0, n)
	move := func(b *[]byte) {
		if *b == nil {
			return
		}
		at := len(own)
		own = append(own, *b...)
		*b = own[at:len(own):len(own)]
	}
	for _, g := range ft.groups {
		for i := range g.cols {
			move(&g.cols[i].stats.min)
			move(&g.cols[i].stats.max)
		}
	}
	return bytes + int64(n)
}
