// Package lake has what tables have in common whose rows are those that a log says, not those that lie in a folder:
// which files they are of, what is known of each, and which of their rows are deleted. A format reads its log and makes a
// Table of it.
package lake

import (
	"context"
	"errors"
	"io"
	"sync"

	"gsql/exec/sqlstate"
	"gsql/exec/vec"
	"gsql/storage/file"
	"gsql/storage/parquet"
)

// FS is where a table lies. Paths are those that its metadata has: relative to the table's folder, or absolute, or URLs.
// It refuses what queries may not read.
type FS interface {
	// Name is the table's folder, for messages.
	Name() string
	// List returns the files right in a folder, in the order of their names; none when there is no such folder.
	List(ctx context.Context, dir string) ([]file.File, error)
	// Stat looks for a file.
	Stat(ctx context.Context, path string) (file.File, error)
	// Data returns a file of which metadata says the size. Where that takes long, it is not looked for.
	Data(ctx context.Context, path string, size int64) (file.File, error)
}

// Table is a table in one of its states. It is immutable and safe for concurrent use.
type Table struct {
	State    string // which of its states it is, as EXPLAIN shows it
	Identity string // tells states from each other
	Fields   []parquet.Field
	Visible  int // of the fields: those behind are none of its columns
	By       parquet.Matching
	Files    []File
	Keys     []Key
	Bytes    int64 // that it takes in memory, about

	// Bounds returns what is known of the values of a column in each file, nil for nothing.
	Bounds func(column int) *Bounds
	// MayHave returns what tells whether a file may have a value of a column beside what its bounds say; nil for nothing. It
	// may be nil itself.
	MayHave func(column int) func(file int, value *vec.Vector) bool
	// Constant returns what a column is in a file that lacks it, nil for what its field says; nil: it always is.
	Constant func(file, column int) *vec.Vector
	// Deletes returns the deleted rows of a file that has a number of rows; nil: there are none.
	Deletes func(ctx context.Context, fs FS, file int, rows int64) (*parquet.Deletes, error)
	// KeyColumns are the columns whose values tell that rows are deleted.
	KeyColumns []int
}

// File is a file with rows of a table.
type File struct {
	Path          string
	Size          int64
	Rows, Deleted int64  // -1: unknown
	From          string // what named it, for messages
}

// Key is a column that has one value in each file.
type Key struct {
	Column int
	Dict   *vec.Vector // flat
	Code   []uint32    // by file
}

// Bounds are values between which those of a column lie, by file, flat; NULL where they are not known. Nulls is how many
// are NULL, -1 where that is not known.
type Bounds struct {
	Min, Max *vec.Vector
	Nulls    []int64
}

// Options say which state of a table is wanted. The zero value is the newest.
type Options struct {
	Version   *int64 // of a log, or the number of a snapshot
	Timestamp *int64 // microseconds: the state as of then
	Ref       string // a branch or a tag
}

// MaxFiles bounds the files of a table.
const MaxFiles = 1_000_000

// maxMetadata bounds the bytes of one file of metadata that is read as a whole.
const maxMetadata = 1 << 30

// ReadAll returns the bytes of a file of metadata.
func ReadAll(ctx context.Context, f file.File) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if f.Size > maxMetadata {
		return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "file \"%s\" has more than %d bytes", f.Path, maxMetadata)
	}
	f.Codec = "" // whatever its name says
	h, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer h.Close()
	b := make([]byte, f.Size)
	if n, err := h.ReadAt(b, 0); n < len(b) {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, sqlstate.New(sqlstate.DataCorrupted, "file \"%s\" has become shorter while it was read", f.Path)
		}
		return nil, file.Error(f.Path, err)
	}
	return b, nil
}

// Memo keeps the bounds of columns that were asked for.
type Memo struct {
	mu    sync.Mutex
	known map[int]*Bounds
}

// Of returns the bounds of a column, which make finds out once.
func (m *Memo) Of(column int, make func() *Bounds) *Bounds {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b, ok := m.known[column]; ok {
		return b
	}
	b := make()
	if m.known == nil {
		m.known = map[int]*Bounds{}
	}
	m.known[column] = b
	return b
}

// Keys collects the values of a column that has one in each file.
type Keys struct {
	b     *vec.Builder
	codes map[string]uint32
	Code  []uint32
}

// NewKeys returns an empty collection of values that b takes.
func NewKeys(b *vec.Builder) *Keys { return &Keys{b: b, codes: map[string]uint32{}} }

// Add adds the value of the next file, which is told from others by text. put appends it.
func (k *Keys) Add(text string, put func(b *vec.Builder) error) error {
	code, ok := k.codes[text]
	if !ok {
		code = uint32(len(k.codes))
		if err := put(k.b); err != nil {
			return err
		}
		k.codes[text] = code
	}
	k.Code = append(k.Code, code)
	return nil
}

// Key ends the collection.
func (k *Keys) Key(column int) Key { return Key{column, k.b.Finish(), k.Code} }
