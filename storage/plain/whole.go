package plain

import (
	"context"
	"io"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
	"gsql/storage/scan"
)

// maxContent bounds the bytes of a value.
const maxContent = 1 << 30

// whole is a file that is one row.
type whole struct {
	file file.File
	opt  Options
}

func (w *whole) Close() error { return nil }

func (w *whole) Read(_ context.Context, _ scan.Split, r *scan.Request) (scan.Rows, error) {
	return &oneRow{whole: w, request: r}, nil
}

// oneRow yields the row of a file.
type oneRow struct {
	*whole
	request *scan.Request
	done    bool
}

func (o *oneRow) Next(context.Context) (*vec.Batch, error) {
	if o.done {
		return nil, io.EOF
	}
	o.done = true
	out := &vec.Batch{Rows: 1}
	var content []byte
	if wants(o.request.Columns, 1) {
		var err error
		if content, err = o.content(); err != nil {
			return nil, err
		}
		o.request.Bytes(o.file.Size)
	}
	for i, c := range o.request.Columns {
		t := o.request.Schema[i].Type
		var v *vec.Vector
		switch c {
		case 0:
			v = vec.NewText(t, o.opt.Name(o.file.Path), 1)
		case 1:
			v = vec.New(t, t.Kind(), []vec.View{vec.MakeView(content, 0, 0)}, nil)
			v.Bufs = [][]byte{content}
		case 2:
			v = vec.NewConst(t, t.Kind(), o.file.Size, 1)
		default:
			v = vec.NewConst(t, types.KInt64, o.file.ModTime.UnixMicro(), 1)
		}
		out.Cols = append(out.Cols, v)
	}
	return out, nil
}

// content reads the file.
func (w *whole) content() ([]byte, error) {
	var r io.ReadCloser
	var err error
	if w.opt.Kind == Blob {
		r, err = w.file.OpenRaw()
	} else {
		var t *file.Text
		if t, err = w.file.OpenText(w.opt.Encoding, 0); err == nil {
			r = t.Reader()
		}
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxContent+1))
	switch {
	case err != nil:
		return nil, fault(w.file, err)
	case len(b) > maxContent:
		return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "file \"%s\" has more than %d bytes", w.file.Path, maxContent).
			WithHint("Read its lines with read_lines.")
	case w.opt.Kind == Text && !plainText(b):
		return nil, sqlstate.New(sqlstate.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\"").
			WithDetail("File \"%s\".", w.file.Path).
			WithHint("Say which encoding the file is in: encoding => 'latin-1', or read its bytes with read_blob.")
	}
	return b, nil
}
