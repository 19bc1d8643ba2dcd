package write

import (
	"context"
	"os"
	"sync"
	"sync/atomic"

	"gsql/exec"
	"gsql/exec/text"
	"gsql/exec/vec"
	"gsql/storage/commit"
)

// A format makes files of one kind.
type format interface {
	// begin starts a file, which it takes over.
	begin(out *output) (file, error)
}

// A file is one that is being written.
type file interface {
	// block returns what takes rows for the file, for one goroutine. Rows that are in no block but this one keep
	// their order.
	block() block
	// end writes what stands at the end, when all blocks were flushed.
	end() error
}

// A block is rows for a file, most of them encoded.
type block interface {
	// add takes the rows of a batch, all of which count, and appends to the file what is complete.
	add(ctx context.Context, b *vec.Batch) error
	// held returns how many bytes are kept, 0 when there are no rows.
	held() int64
	// flush appends what is kept to the file.
	flush() error
	// await makes the block keep what it is given until flush, as far as it can, and call turn before it appends anything.
	await(turn func() error)
}

// gate is a block's part of await.
type gate struct{ turn func() error }

func (g *gate) await(turn func() error) { g.turn = turn }

// pass returns when the block may append.
func (g *gate) pass() error {
	if g.turn == nil {
		return nil
	}
	return g.turn()
}

// newFormat returns the format that the options name, of files with these columns.
func newFormat(o *Options, columns exec.Schema, style *text.Style) (format, error) {
	switch o.Format {
	case "parquet":
		return newParquetFormat(o, columns, style)
	case "arrow":
		return newArrowFormat(o, columns, style)
	case "json":
		return newJSONFormat(o, columns, style)
	case "csv", "text":
		return newTextFormat(o, columns, style)
	}
	return nil, unknownFormat(o.Format)
}

// output is a file on disk, to which several goroutines may append.
type output struct {
	name string // for messages
	f    *os.File
	mu   sync.Mutex
	size atomic.Int64
}

// create makes the file at path; name is what messages call it.
func create(path, name string) (*output, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, commit.Error(name, err)
	}
	return &output{name: name, f: f}, nil
}

// append writes bytes at the end.
func (o *output) append(b []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.write(b)
}

// write is append with the lock held.
func (o *output) write(b []byte) error {
	n, err := o.f.Write(b)
	o.size.Add(int64(n))
	return commit.Error(o.name, err)
}

// Write is write, for encoders that hold the lock.
func (o *output) Write(b []byte) (int, error) { return len(b), o.write(b) }

func (o *output) close() error { return commit.Error(o.name, o.f.Close()) }
