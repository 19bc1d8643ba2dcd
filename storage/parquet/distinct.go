package parquet

import (
	"io"

	"gsql/exec/types"
)

// How the number of distinct values is estimated from one row group's dictionaries.
const (
	// distinctColumns bounds the columns of a table that this is done for: each takes a read.
	distinctColumns = 64
	// A dictionary smaller than this share of its rows is taken to have all values there are; of a larger
	// one it is assumed that other row groups have as many new values.
	saturated = 0.1
)

// distinct estimates the distinct values of each column from the dictionary sizes in the first row group; 0
// where nothing is known.
func distinct(m *meta, rows float64) []float64 {
	est := make([]float64, len(m.cols))
	if len(m.groups) == 0 || m.groups[0].rows == 0 || len(m.cols) > distinctColumns {
		return est
	}
	h, err := m.file.Open()
	if err != nil {
		return est
	}
	defer h.Close()
	for i := range m.cols {
		c := &m.cols[i]
		if c.missing {
			continue
		}
		k, err := m.chunk(0, i)
		if err != nil || c.refuse != "" || c.root != nil {
			continue
		}
		if c.typ.ID == types.Bool {
			est[i] = 2
			continue
		}
		size := float64(dictionarySize(m, c, k, h))
		first := float64(m.groups[0].rows)
		if size/first > saturated || clustered(m, i) {
			size *= rows / first
		}
		est[i] = min(size, rows)
	}
	return est
}

// dictionarySize returns the number of values in a chunk's dictionary, 0 when it has none or not for all
// values.
func dictionarySize(m *meta, c *column, k *chunkMeta, r io.ReaderAt) int {
	if !k.allDict {
		return 0
	}
	p, err := newPages(m.file.Path, c.name, r, m.file.Size, k)
	if err != nil {
		return 0
	}
	p.ahead = skimRead
	h, err := p.next()
	if err != nil || h.typ != pageDict {
		return 0
	}
	return h.values
}

// clustered reports whether the first and the last row group have different ranges of a column, as when a
// file is sorted by it.
func clustered(m *meta, i int) bool {
	last := len(m.groups) - 1
	first, end := m.bounds(0, i), m.bounds(last, i)
	up, ok := compareBound(first.max, end.min)
	if ok && up < 0 {
		return true
	}
	down, ok := compareBound(first.min, end.max)
	return ok && down > 0
}
