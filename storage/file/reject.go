package file

import (
	"bytes"
	"cmp"
	"slices"
	"sync"

	"gsql/exec"
)

// Rejects gathers the rows of a scan's files that are left out. It is safe for concurrent use.
type Rejects struct {
	Encoding string // of the files
	Newline  byte

	mu    sync.Mutex
	rows  []reject
	total int64
}

type reject struct {
	file int
	off  int64
	exec.Reject
}

// Add adds a row of a file, which begins at an offset of its text.
func (r *Rejects) Add(s *Source, off int64, column string, value []byte, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.total++; len(r.rows) < exec.MaxRejects {
		const most = 1000
		v := bytes.ToValidUTF8(value[:min(len(value), most)], []byte("\uFFFD"))
		r.rows = append(r.rows, reject{s.Number, off, exec.Reject{File: s.File.Path, Column: column, Value: string(v), Reason: reason}})
	}
}

// Flush hands all over, with the numbers of their lines, for which it reads the files once more.
func (r *Rejects) Flush(to *exec.Rejects, sources []*Source) {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.SortFunc(r.rows, func(a, b reject) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.off, b.off))
	})
	var out []exec.Reject
	for i := 0; i < len(r.rows); {
		from := i
		for i < len(r.rows) && r.rows[i].file == r.rows[from].file {
			i++
		}
		r.number(r.rows[from:i], sources[r.rows[from].file].File)
	}
	for _, x := range r.rows {
		out = append(out, x.Reject)
	}
	to.Add(out, r.total)
	r.rows, r.total = nil, 0
}

// number fills in the lines of rows of one file, which are in order.
func (r *Rejects) number(rows []reject, f File) {
	t, err := f.OpenText(r.Encoding, 0)
	if err != nil {
		return
	}
	in := t.Reader()
	defer in.Close()
	buf := make([]byte, chunkBytes)
	at, line := int64(0), int64(1)
	for i := range rows {
		for at < rows[i].off {
			n, err := in.Read(buf[:min(int64(len(buf)), rows[i].off-at)])
			line += int64(bytes.Count(buf[:n], []byte{r.Newline}))
			if at += int64(n); err != nil && n == 0 {
				return
			}
		}
		rows[i].Line = line
	}
}
