package arrow

import (
	"encoding/binary"
	"io"
	"maps"
	"sync"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
)

const (
	magic        = "ARROW1"
	magicFeather = "FEA1" // version 1, which is no Arrow IPC
	continuation = 0xFFFFFFFF
	maxMeta      = 256 << 20 // bytes of a description
)

// Kinds of messages.
const (
	messageSchema     = 1
	messageDictionary = 2
	messageBatch      = 3
)

// index says what is where in a file.
type index struct {
	fields  []*field
	batches []*batch // in their order
}

// batch is where a record batch lies, and the dictionaries that its codes refer to.
type batch struct {
	block
	dicts map[int64]*dictionary
}

// block is where a message lies.
type block struct {
	off  int64
	meta int64 // bytes of the description, with what tells its length
}

// dictionary is one state of a dictionary: what was there before, if it goes on, and what a message adds.
type dictionary struct {
	before *dictionary
	block

	mu   sync.Mutex
	done map[*field]*decoded
}

// message is a message's description.
type message struct {
	kind   int
	header table
	body   int64 // where it begins
	size   int64 // of the body
	buf    *flat
}

// loadIndex reads the index of an open file.
func loadIndex(f file.File, h io.ReaderAt) (*index, error) {
	var head [8]byte
	if _, err := h.ReadAt(head[:], 0); err != nil && err != io.EOF {
		return nil, file.Error(f.Path, err)
	}
	switch {
	case string(head[:len(magic)]) == magic:
		return loadFile(f, h)
	case string(head[:len(magicFeather)]) == magicFeather:
		return nil, sqlstate.Unsupported("Write it again with a newer version of Feather, or as Parquet.", "file \"%s\" is of version 1 of Feather", f.Path)
	}
	return loadStream(f, h)
}

// readMeta reads n bytes at off that a file says are there.
func readMeta(f file.File, h io.ReaderAt, off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || n > maxMeta || off > f.Size-n {
		return nil, corrupt(f, "it has no %d bytes at %d", n, off)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(h, off, n), b); err != nil {
		return nil, file.Error(f.Path, err)
	}
	return b, nil
}

// readMessage reads the message at a block.
func readMessage(f file.File, h io.ReaderAt, b block) (*message, error) {
	buf, err := readMeta(f, h, b.off, b.meta)
	if err != nil {
		return nil, err
	}
	skip := 4
	if len(buf) >= 8 && binary.LittleEndian.Uint32(buf) == continuation {
		skip = 8
	}
	m := &message{buf: &flat{b: buf[min(skip, len(buf)):]}, body: b.off + b.meta}
	root := m.buf.root()
	m.kind, m.size = int(root.byte(1)), root.int64(3)
	m.header, _ = root.table(2)
	if m.buf.bad || m.size < 0 || m.size > f.Size-m.body {
		return nil, corrupt(f, "the message at %d is not valid", b.off)
	}
	return m, nil
}

// loadFile reads the index at the end of an Arrow file.
func loadFile(f file.File, h io.ReaderAt) (*index, error) {
	const tail = 4 + len(magic)
	end, err := readMeta(f, h, f.Size-int64(tail), int64(tail))
	if err != nil || string(end[4:]) != magic {
		return nil, corrupt(f, "it does not end as an Arrow file does").WithHint("It was not written or not copied to its end.")
	}
	n := int64(int32(binary.LittleEndian.Uint32(end)))
	buf, err := readMeta(f, h, f.Size-int64(tail)-n, n)
	if err != nil {
		return nil, err
	}
	foot := &flat{b: buf}
	root := foot.root()
	schema, _ := root.table(1)
	x := &index{}
	if x.fields, err = (&schemaReader{file: f}).read(schema); err != nil {
		return nil, err
	}
	dicts := map[int64]*dictionary{}
	for _, b := range blocks(root, 2) {
		if err := addDictionary(f, h, b, dicts); err != nil {
			return nil, err
		}
	}
	for _, b := range blocks(root, 3) {
		x.batches = append(x.batches, &batch{b, dicts})
	}
	if foot.bad {
		return nil, corrupt(f, "its index is not valid")
	}
	return x, nil
}

// blocks reads a vector of the footer.
func blocks(t table, k int) []block {
	const size = 24
	pos, n := t.vector(k, size)
	out := make([]block, n)
	for i := range out {
		at := pos + i*size
		out[i] = block{t.f.int64(at), int64(t.f.int32(at + 8))}
	}
	return out
}

// addDictionary notes a dictionary that a message has.
func addDictionary(f file.File, h io.ReaderAt, b block, dicts map[int64]*dictionary) error {
	m, err := readMessage(f, h, b)
	if err != nil {
		return err
	}
	if m.kind != messageDictionary {
		return corrupt(f, "the message at %d is no dictionary", b.off)
	}
	return noteDictionary(f, m, b, dicts)
}

func noteDictionary(f file.File, m *message, b block, dicts map[int64]*dictionary) error {
	id := m.header.int64(0)
	d := &dictionary{block: b, done: map[*field]*decoded{}}
	if m.header.bool(2) {
		d.before = dicts[id]
	}
	dicts[id] = d
	if m.buf.bad {
		return corrupt(f, "the message at %d is not valid", b.off)
	}
	return nil
}

// loadStream walks over the messages of a stream.
func loadStream(f file.File, h io.ReaderAt) (*index, error) {
	x := &index{}
	dicts, shared := map[int64]*dictionary{}, false
	for off := int64(0); ; {
		b, err := nextBlock(f, h, off)
		if err != nil {
			return nil, err
		}
		if b.meta == 0 {
			break
		}
		m, err := readMessage(f, h, b)
		if err != nil {
			return nil, err
		}
		switch {
		case m.kind == messageSchema && x.fields == nil:
			if x.fields, err = (&schemaReader{file: f}).read(m.header); err != nil {
				return nil, err
			}
		case x.fields == nil:
			return nil, corrupt(f, "it does not begin as an Arrow file or stream does")
		case m.kind == messageDictionary:
			if shared {
				dicts, shared = maps.Clone(dicts), false
			}
			if err := noteDictionary(f, m, b, dicts); err != nil {
				return nil, err
			}
		case m.kind == messageBatch:
			x.batches, shared = append(x.batches, &batch{b, dicts}), true
		default:
			return nil, corrupt(f, "the message at %d is of an unknown kind", off)
		}
		off = m.body + m.size
	}
	if x.fields == nil {
		return nil, corrupt(f, "it does not begin as an Arrow file or stream does")
	}
	return x, nil
}

// nextBlock returns the message at off of a stream; one without a description is the end.
func nextBlock(f file.File, h io.ReaderAt, off int64) (block, error) {
	if off == f.Size && off > 0 {
		return block{}, nil
	}
	head, err := readMeta(f, h, off, min(8, max(f.Size-off, 4)))
	if err != nil {
		return block{}, corrupt(f, "it ends in the middle of a message").WithHint("It was not written or not copied to its end.")
	}
	n, prefix := binary.LittleEndian.Uint32(head), int64(4)
	if n == continuation && len(head) == 8 {
		n, prefix = binary.LittleEndian.Uint32(head[4:]), 8
	}
	switch {
	case n == 0 && off == 0, int64(n) > f.Size:
		return block{}, corrupt(f, "it does not begin as an Arrow file or stream does")
	case n == 0 && off+prefix < f.Size:
		return block{}, sqlstate.Unsupported("Write each stream to a file of its own.", "Arrow file \"%s\" has data behind the end of its stream", f.Path)
	case n == 0:
		return block{}, nil
	case off+prefix+int64(n) > f.Size:
		return block{}, corrupt(f, "it ends in the middle of a message").WithHint("It was not written or not copied to its end.")
	}
	return block{off, prefix + int64(n)}, nil
}
