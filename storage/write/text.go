package write

import (
	"context"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/vec"
	"gsql/storage/copytext"
)

const (
	// plainBytes of text are appended to a file at once, memberBytes are compressed at once.
	plainBytes  = 128 << 10
	memberBytes = 1 << 20
	// keptBytes are kept by a block that waits for its turn.
	keptBytes = 64 << 20
	// pieceRows are encoded between two looks at the context.
	pieceRows = 4096
)

// lines is what files of text consist of: a row each.
type lines interface {
	// header is what stands in front of the rows.
	header(dst []byte) []byte
	// rows appends those of a batch with flat columns.
	rows(dst []byte, b *vec.Batch) ([]byte, error)
}

// textFormat makes files of lines.
type textFormat struct {
	lines    func() lines // for one goroutine
	compress *compressor
	limit    int // bytes of a block
	array    bool
}

func (f *textFormat) begin(out *output) (file, error) {
	t := &textFile{textFormat: f, out: out}
	head := f.lines().header(nil)
	if f.array {
		head = append(head, '[')
	}
	if f.array && f.compress == nil || !f.array {
		return t, t.appendText(head, nil)
	}
	t.pending = head
	return t, nil
}

// textFile is a file of lines.
type textFile struct {
	*textFormat
	out     *output
	begun   bool   // of an array: there are rows
	pending []byte // of an array: what the first member begins with
}

// appendText appends bytes once they are compressed and pass, if there is one, has returned.
func (t *textFile) appendText(b []byte, pass func() error) error {
	m, err := t.compress.member(b)
	if err == nil && pass != nil {
		err = pass()
	}
	if err != nil || len(m) == 0 {
		return err
	}
	return t.out.append(m)
}

// appendRows appends rows of an array, each of which begins with a comma: the first one's is taken off.
func (t *textFile) appendRows(b []byte, pass func() error) error {
	if !t.array {
		return t.appendText(b, pass)
	}
	if err := pass(); err != nil {
		return err
	}
	t.out.mu.Lock()
	defer t.out.mu.Unlock()
	if !t.begun {
		t.begun = true
		b = append(t.pending, b[1:]...)
	}
	m, err := t.compress.member(b)
	if err != nil {
		return err
	}
	return t.out.write(m)
}

func (t *textFile) block() block { return &textBlock{file: t, lines: t.lines()} }

func (t *textFile) end() error {
	if t.array {
		tail := "\n]\n"
		if !t.begun {
			tail = string(t.pending) + "]\n"
		}
		if err := t.appendText([]byte(tail), nil); err != nil {
			return err
		}
	}
	return t.out.close()
}

// textBlock is lines that are not in the file yet.
type textBlock struct {
	gate
	file  *textFile
	lines lines
	buf   []byte
}

func (t *textBlock) add(ctx context.Context, b *vec.Batch) (err error) {
	flat := &vec.Batch{Rows: b.Rows, Cols: make([]*vec.Vector, len(b.Cols))}
	for i, v := range b.Cols {
		flat.Cols[i] = vec.Flatten(v)
	}
	for from := 0; from < b.Rows; from += pieceRows {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		piece := flat
		if b.Rows > pieceRows {
			piece = flat.Slice(from, min(from+pieceRows, b.Rows))
		}
		if t.buf, err = t.lines.rows(t.buf, piece); err != nil {
			return err
		}
		if len(t.buf) >= t.limit() {
			if err := t.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// limit is how much text is kept.
func (t *textBlock) limit() int {
	if t.turn != nil {
		return keptBytes
	}
	return t.file.limit
}

func (t *textBlock) held() int64 { return int64(len(t.buf)) }

func (t *textBlock) flush() error {
	if len(t.buf) == 0 {
		return nil
	}
	err := t.file.appendRows(t.buf, t.pass)
	t.buf = t.buf[:0]
	return err
}

// newTextFormat returns the format of CSV or of PostgreSQL's text.
func newTextFormat(o *Options, columns exec.Schema, style *text.Style) (format, error) {
	var names []string
	for _, c := range columns {
		names = append(names, c.Name)
	}
	if _, err := copytext.NewWriter(names, o.text, style); err != nil {
		return nil, err
	}
	return compressed(o, &textFormat{lines: func() lines {
		w, _ := copytext.NewWriter(names, o.text, style) // checked above
		return &csvLines{w}
	}})
}

// compressed completes a format of text.
func compressed(o *Options, f *textFormat) (format, error) {
	var err error
	f.limit = plainBytes
	if f.compress, err = newCompressor(o.Compression, o.Level); f.compress != nil {
		f.limit = memberBytes
	}
	return f, err
}

type csvLines struct{ w *copytext.Writer }

func (l *csvLines) header(dst []byte) []byte { return l.w.AppendHeader(dst) }

func (l *csvLines) rows(dst []byte, b *vec.Batch) ([]byte, error) {
	for i := range b.Rows {
		dst = l.w.AppendRow(dst, b.Cols, i)
	}
	return dst, nil
}

func unknownFormat(name string) error {
	return sqlstate.New(sqlstate.InternalError, "there is no writer of format %s", name)
}
