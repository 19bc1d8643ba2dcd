package plain

import (
	"context"
	"fmt"
	"io"
	"sync"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/storage/file"
	"gsql/storage/scan"
)

// splitBytes is the size of a split of a file whose lines are read. Tests change it.
var splitBytes int64 = 4 << 20

// lineBytes is a guess at the length of a line.
const lineBytes = 80

// NewTable returns the table with a name, for messages, over files that are read as the options say. Columns that are not
// in the files have the ordinals behind those of the options.
func NewTable(name string, files []file.File, opt *Options, extra *file.Extras) exec.Table {
	t := scan.Table{Format: string(opt.Kind), Name: name, Files: files, Unit: splitBytes, Schema: opt.Schema(), Extra: extra}
	t.Options = []any{opt.Encoding, opt.Skip, opt.Widths}
	switch opt.Kind {
	case Text, Blob:
		t.Unit, t.Rows = scan.WholeFile, float64(len(files))
		t.Open = func(f file.File) (scan.Source, error) { return &whole{file: f, opt: *opt}, nil }
	default:
		for _, f := range files {
			t.Rows += float64(f.Size) / lineBytes
		}
		t.Open = func(f file.File) (scan.Source, error) { return openLines(f, opt) }
	}
	return scan.New(t)
}

// Schema returns the columns of tables over files that are read as the options say.
func (o *Options) Schema() exec.Schema {
	text, big := types.Of(types.Text), types.Of(types.Int64)
	switch o.Kind {
	case Lines:
		return exec.Schema{{Name: "line_number", Type: big}, {Name: "line", Type: text}}
	case Fixed:
		var out exec.Schema
		for _, c := range o.Columns {
			out = append(out, exec.Field{Name: c.Name, Type: c.Type})
		}
		return out
	}
	content := text
	if o.Kind == Blob {
		content = types.Of(types.Bytea)
	}
	return exec.Schema{{Name: "filename", Type: text}, {Name: "content", Type: content}, {Name: "size", Type: big},
		{Name: "last_modified", Type: types.Of(types.TimestampTZ)}}
}

// lineSource is an open file whose lines are read.
type lineSource struct {
	file  file.File
	opt   *Options
	text  *file.Text
	begin int64 // where the first line begins that is not skipped

	mu      sync.Mutex
	counted []int64 // counted[k]: newlines before the last byte in front of split k
}

func openLines(f file.File, opt *Options) (scan.Source, error) {
	t, err := f.OpenText(opt.Encoding, splitBytes)
	if err != nil {
		return nil, err
	}
	s := &lineSource{file: f, opt: opt, text: t}
	if !t.Sequential() && opt.Skip > 0 {
		if s.begin, err = s.skipped(opt.Skip); err != nil {
			t.Close()
			return nil, err
		}
	}
	return s, nil
}

func (s *lineSource) Close() error { return s.text.Close() }

// Read returns the lines that begin in a split.
func (s *lineSource) Read(_ context.Context, split scan.Split, r *scan.Request) (scan.Rows, error) {
	l := &lineReader{source: s, bytes: r.Bytes, to: split.To}
	switch {
	case s.text.Sequential() && split.From > 0: // the first split is all of it
		l.eof = true
	case s.text.Sequential():
		l.r, l.to, l.skip = s.text.Reader(), scan.WholeFile, s.opt.Skip
		l.bytes = func(int64) {}
	default:
		l.start(max(split.From, s.begin))
	}
	if s.opt.Kind == Fixed {
		return newFixed(l, r), nil
	}
	return &lines{lineReader: l, request: r, numbered: wants(r.Columns, 0), split: split}, nil
}

func wants(columns []int, c int) bool {
	for _, x := range columns {
		if x == c {
			return true
		}
	}
	return false
}

// skipped returns where the line behind the first n begins.
func (s *lineSource) skipped(n int) (int64, error) {
	buf := make([]byte, windowBytes)
	for off := int64(0); ; {
		k, err := s.text.ReadAt(buf, off)
		for i, c := range buf[:k] {
			if c == '\n' {
				if n--; n == 0 {
					return off + int64(i) + 1, nil
				}
			}
		}
		off += int64(k)
		if err == io.EOF {
			return off, nil
		}
		if err != nil {
			return 0, file.Error(s.file.Path, err)
		}
	}
}

// before returns the number of newlines in front of byte off, at which a line begins, read again if off is not 0.
func (s *lineSource) before(off int64) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counted == nil {
		s.counted = []int64{0}
	}
	k := int(off / splitBytes)
	for len(s.counted) <= k {
		n := len(s.counted)
		more, err := s.count(int64(n-1)*splitBytes, int64(n)*splitBytes)
		if err != nil {
			return 0, err
		}
		s.counted = append(s.counted, s.counted[n-1]+more)
	}
	more, err := s.count(int64(k)*splitBytes, off)
	return s.counted[k] + more, err
}

// count counts the newlines in a stretch of the text.
func (s *lineSource) count(from, to int64) (n int64, err error) {
	buf := make([]byte, min(int64(windowBytes), to-from))
	for from < to && err == nil {
		var k int
		k, err = s.text.ReadAt(buf[:min(int64(len(buf)), to-from)], from)
		n += newlines(buf[:k])
		from += int64(k)
	}
	if err != nil && err != io.EOF {
		return 0, file.Error(s.file.Path, err)
	}
	return n, nil
}

// badText says that a line is no text.
func (s *lineSource) badText(line int64, what string) error {
	return sqlstate.New(sqlstate.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\"%s", what).
		WithDetail("File \"%s\", line %d.", s.file.Path, line).
		WithHint("Say which encoding the file is in: encoding => 'latin-1', or whichever it is.")
}

func place(f file.File, line int64, column string) string {
	return fmt.Sprintf("File \"%s\", line %d, column \"%s\"", f.Path, line, column)
}
