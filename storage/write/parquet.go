package write

import (
	"context"
	"slices"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/vec"
	"gsql/storage/write/parquet"
)

// parquetFormat makes Parquet files.
type parquetFormat struct {
	opts    *Options
	columns []parquet.Column
	codec   *parquet.Codec
	style   *text.Style
}

func newParquetFormat(o *Options, columns exec.Schema, style *text.Style) (format, error) {
	f := &parquetFormat{opts: o, style: style}
	for _, name := range o.Bloom {
		if name != "*" && !slices.ContainsFunc(columns, func(c exec.Field) bool { return c.Name == name }) {
			return nil, sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" does not exist", name)
		}
	}
	for _, c := range columns {
		bloom := slices.Contains(o.Bloom, c.Name) || slices.Contains(o.Bloom, "*")
		f.columns = append(f.columns, parquet.Column{Name: c.Name, Type: c.Type, Bloom: bloom})
	}
	if len(columns) == 0 {
		return nil, sqlstate.Unsupported("Select at least one column.", "a Parquet file without columns is not supported")
	}
	var err error
	if f.codec, err = parquet.NewCodec(o.Compression, o.Level); err != nil {
		return nil, err
	}
	_, err = parquet.NewFile(f.columns, f.codec, style)
	return f, err
}

func (f *parquetFormat) begin(out *output) (file, error) {
	p, err := parquet.NewFile(f.columns, f.codec, f.style)
	if err != nil {
		return nil, err
	}
	return &parquetFile{f, p, out}, out.append([]byte(parquet.Magic))
}

type parquetFile struct {
	*parquetFormat
	file *parquet.File
	out  *output
}

func (p *parquetFile) block() block { return &parquetBlock{file: p, group: p.file.NewGroup()} }

func (p *parquetFile) end() error {
	if err := p.out.append(p.file.Footer(p.out.size.Load())); err != nil {
		return err
	}
	return p.out.close()
}

// parquetBlock is a row group.
type parquetBlock struct {
	gate
	file  *parquetFile
	group *parquet.Group
}

func (p *parquetBlock) add(ctx context.Context, b *vec.Batch) error {
	o := p.file.opts
	for from := 0; from < b.Rows; {
		n := min(b.Rows-from, o.GroupRows-p.group.Rows())
		piece := b
		if n < b.Rows {
			piece = b.Slice(from, from+n)
		}
		if err := p.group.Add(ctx, piece); err != nil {
			return err
		}
		if p.group.Rows() >= o.GroupRows || p.group.Bytes() >= o.GroupBytes {
			if err := p.flush(); err != nil {
				return err
			}
		}
		from += n
	}
	return nil
}

func (p *parquetBlock) held() int64 {
	if p.group.Rows() == 0 {
		return 0
	}
	return p.group.Bytes()
}

func (p *parquetBlock) flush() error {
	if err := p.group.Finish(); err != nil {
		return err
	}
	if err := p.pass(); err != nil {
		return err
	}
	out := p.file.out
	out.mu.Lock()
	defer out.mu.Unlock()
	return p.group.Append(out, out.size.Load())
}
