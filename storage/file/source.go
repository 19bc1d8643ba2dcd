package file

import (
	"sync"
	"sync/atomic"
)

// Source is a file during one execution of a scan, which its streams read together: in units, which are counted, so
// that the file is open no longer than it is read.
type Source struct {
	File     File
	Number   int // among the scan's files
	encoding string
	block    int64

	mu    sync.Mutex
	text  *Text
	err   error
	users int
	left  int  // units that are not done
	over  bool // a sequential text's blocks are all given out
	taken atomic.Bool
}

// Acquire begins with a unit: it returns the file's text, opened at the first call. The text is nil when the file is
// read already: nothing is left for the unit. Release must be called in any case.
func (s *Source) Acquire() (*Text, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users++
	if s.over {
		return nil, nil
	}
	if s.text == nil && s.err == nil {
		s.text, s.err = s.File.OpenText(s.encoding, s.block)
	}
	return s.text, s.err
}

// Release ends a unit.
func (s *Source) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users--
	s.left--
	if s.users == 0 && (s.left == 0 || s.over) {
		s.close()
	}
}

// Take gives the next block of a sequential text, as Text.Take does.
func (s *Source) Take() (Block, bool, error) {
	b, ok, err := s.text.Take()
	if !ok {
		s.mu.Lock()
		s.over = true
		s.mu.Unlock()
	}
	return b, ok, err
}

// TakeAll gives a text to the first that asks, who reads all of it.
func (s *Source) TakeAll() bool { return s.taken.CompareAndSwap(false, true) }

func (s *Source) close() {
	if s.text != nil {
		s.text.Close()
		s.text = nil
	}
}

// Units are what the streams of a scan take of its files, numbered in their order. A unit of a file that can be read at
// any place is a stretch of its bytes. A file that must be decoded from its start has one unit for each stream that may
// read it: to take one means to take blocks of the file until none is left. The first of them is in the order of the
// files, the others are behind all files: streams read different files as long as there are any.
type Units struct {
	Sources []*Source
	ends    []int // ends[i]: the number of units, such as are in order, in files up to i
	size    int64
	packed  []int // files that are decoded from their start
	helpers int
}

// NewUnits cuts files into units of size bytes of text in an encoding. streams may read a file together that is decoded
// from its start.
func NewUnits(files []File, size int64, streams int, encoding string) *Units {
	u := &Units{size: size, helpers: streams - 1}
	total := 0
	for i, f := range files {
		n := unitsOf(f, size)
		src := &Source{File: f, Number: i, encoding: encoding, block: size, left: n}
		if f.Packed() && n > 0 {
			src.left = streams
			u.packed = append(u.packed, i)
		}
		total += n
		u.Sources = append(u.Sources, src)
		u.ends = append(u.ends, total)
	}
	return u
}

// unitsOf returns the number of a file's units that are in order.
func unitsOf(f File, size int64) int {
	if f.Packed() {
		return int(min(f.Size, 1))
	}
	return int((f.Size + size - 1) / size)
}

// Spread returns how many streams may share the reading of files in units of size bytes, as far as is known before they
// are read.
func Spread(files []File, size int64) int {
	const ratio = 4 // of text to file that compression may be expected to have
	n := 0
	for _, f := range files {
		if f.Packed() {
			f.Size, f.Codec, f.Member = f.Size*ratio, "", nil
		}
		n += unitsOf(f, size)
	}
	return n
}

// InOrder returns the number of units that are in the order of the files.
func (u *Units) InOrder() int {
	if len(u.ends) == 0 {
		return 0
	}
	return u.ends[len(u.ends)-1]
}

// Count returns the number of units.
func (u *Units) Count() int { return u.InOrder() + u.helpers*len(u.packed) }

// At returns unit n: the file, and which of its units.
func (u *Units) At(n int) (s *Source, k int) {
	if total := u.InOrder(); n >= total {
		n -= total
		return u.Sources[u.packed[n%len(u.packed)]], 1 + n/len(u.packed)
	}
	lo, hi := 0, len(u.ends)
	for lo < hi {
		if m := (lo + hi) / 2; u.ends[m] <= n {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo > 0 {
		n -= u.ends[lo-1]
	}
	return u.Sources[lo], n
}

// Close closes the files that are still open.
func (u *Units) Close() error {
	for _, s := range u.Sources {
		s.mu.Lock()
		s.close()
		s.over = true
		s.mu.Unlock()
	}
	return nil
}
