package exec

import (
	"context"

	"gsql/exec/spill"
	"gsql/exec/types"
	"gsql/exec/vec"
)

const (
	// spillFanout is into how many files an operator deals what it spills: a file holds a sixteenth of it.
	spillFanout = 16
	// spillLevels is how often rows are dealt out again before what shares a file is taken to have one hash.
	spillLevels = 6
	// spillPieceBytes is what is gathered for one file before it is written, so that batches on disk are large
	// enough to compress and to read.
	spillPieceBytes = 64 << 10
	// spillPieceRows is how many rows are dealt out at a time.
	spillPieceRows = 16 << 10
)

// spillParts deals rows to a number of spill files by their hash, so that equal rows are in one file. Rows of one
// file keep their order. What does not fit when a file is read is dealt out again on the next level, where the hash
// decides anew. It holds a few megabytes of rows that wait to be written, which are not accounted, as batches in
// flight are not. One goroutine uses it.
type spillParts struct {
	env    *Env
	types  []types.Type
	salt   uint64
	parts  []spillPart
	counts []int
	of     []uint8 // scratch: the part of each row
	stats  *Spill  // counts the files when they are complete
}

// spillPart is one file, made with the first rows.
type spillPart struct {
	w       *spill.Writer
	pending []*vec.Batch
	rows    int
	bytes   int64
}

// newSpillParts returns a dealer of p's rows of types ts to n files, at most 256. Levels count from 0.
func newSpillParts(env *Env, p Plan, ts []types.Type, n, level int) *spillParts {
	return &spillParts{env: env, types: ts, stats: env.spilled(p), salt: vec.Mix(uint64(level + 1)), parts: make([]spillPart, n), counts: make([]int, n)}
}

// add takes rows of dense columns with their hashes, as vec.Hash makes them. It keeps nothing of the columns.
func (s *spillParts) add(ctx context.Context, cols []*vec.Vector, rows int, hashes []uint64) error {
	for from := 0; from < rows; from += spillPieceRows {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		to := min(from+spillPieceRows, rows)
		piece := (&vec.Batch{Cols: cols, Rows: rows}).Slice(from, to)
		if err := s.deal(piece.Cols, hashes[from:to]); err != nil {
			return err
		}
	}
	return nil
}

func (s *spillParts) deal(cols []*vec.Vector, hashes []uint64) error {
	clear(s.counts)
	s.of = resize(s.of, len(hashes))
	for i, h := range hashes {
		p := s.partOf(h)
		s.of[i] = uint8(p)
		s.counts[p]++
	}
	all := vec.Make[uint32](len(hashes))
	sels := make([][]uint32, len(s.parts))
	at := 0
	for p, c := range s.counts {
		sels[p] = all[at : at : at+c]
		at += c
	}
	for i, p := range s.of {
		sels[p] = append(sels[p], uint32(i))
	}
	for p, sel := range sels {
		if len(sel) == 0 {
			continue
		}
		if err := s.keep(&s.parts[p], cols, sel); err != nil {
			return err
		}
	}
	return nil
}

// partOf returns the number of the part for a hash. Exchanges and hash tables take bits of the hash as it is, so
// its halves are the same in all rows here.
func (s *spillParts) partOf(h uint64) int {
	return int(vec.Mix(h^s.salt) >> 32 * uint64(len(s.parts)) >> 32)
}

// keep adds rows to a part, and writes the part when it has enough.
func (s *spillParts) keep(p *spillPart, cols []*vec.Vector, sel []uint32) error {
	b := &vec.Batch{Rows: len(sel), Cols: make([]*vec.Vector, len(cols))}
	for i, v := range cols {
		b.Cols[i] = vec.OwnRows(v, sel)
		p.bytes += b.Cols[i].Size()
	}
	p.pending = append(p.pending, b)
	p.rows += len(sel)
	if p.bytes < spillPieceBytes {
		return nil
	}
	return s.write(p)
}

// write writes the rows that wait.
func (s *spillParts) write(p *spillPart) error {
	if p.rows == 0 {
		return nil
	}
	if p.w == nil {
		w, err := s.env.Spill.Create(s.types)
		if err != nil {
			return err
		}
		p.w = w
	}
	b := joinBatches(p.pending, p.rows)
	p.pending, p.rows, p.bytes = nil, 0, 0
	return p.w.Write(b)
}

// finish returns the files, nil for parts without rows. The files are the caller's, who removes them. After an error
// or without it the dealer is empty.
func (s *spillParts) finish() ([]*spill.File, error) {
	files := make([]*spill.File, len(s.parts))
	for i := range s.parts {
		p := &s.parts[i]
		err := s.write(p)
		if err == nil && p.w != nil {
			files[i], err = s.stats.finish(p.w)
			p.w = nil // an error has removed it
		}
		if err != nil {
			s.close()
			removeFiles(files)
			return nil, err
		}
	}
	return files, nil
}

// close drops what was written. It may be called at any time, also on nil.
func (s *spillParts) close() {
	if s == nil {
		return
	}
	for i := range s.parts {
		if w := s.parts[i].w; w != nil {
			w.Close()
		}
		s.parts[i] = spillPart{}
	}
}

func removeFiles(files []*spill.File) {
	for _, f := range files {
		if f != nil {
			f.Remove()
		}
	}
}
