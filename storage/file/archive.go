package file

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"

	"gsql/exec/sqlstate"
)

// Member says where in an archive a file lies.
type Member struct {
	Archive string // its path
	Size    int64  // of the archive
	Offset  int64  // of the member's bytes: in the archive, or in what a compressed tar holds
	Length  int64  // of its text
	Packed  bool   // the bytes at Offset are not the member's as they stand
	Method  uint16 // of compression in a zip
	CRC     uint32 // of the text, in a zip
	Tar     bool
}

// IsArchive reports whether a path names an archive, whose members are files: by its extension.
func IsArchive(path string) bool { return archiveOf(path) != nil }

// archiveOf returns what lists an archive's members.
func archiveOf(name string) func(File, Handle) ([]File, error) {
	codec, inner := CodecOf(name)
	switch ext := strings.ToLower(path.Ext(inner)); {
	case (ext == ".zip" || ext == ".npz") && codec == "":
		return listZip
	case ext == ".tar" || codec == "" && (ext == ".tgz" || ext == ".tbz2" || ext == ".txz" || ext == ".tzst"):
		return listTar
	}
	return nil
}

// maxMembers bounds the members of an archive.
const maxMembers = 1_000_000

// Members returns the files in an archive in their order there: folders, links and the like left out, and what macOS
// and others add for themselves.
func Members(archive File) ([]File, error) {
	h, err := archive.open()
	if err != nil {
		return nil, err
	}
	defer h.Close()
	return archiveOf(archive.Path)(archive, h)
}

// member returns a member with the name it has in the archive, and whether it is one to be read.
func (f File) member(name string, m Member) (File, bool) {
	name = path.Clean(strings.ReplaceAll(name, "\\", "/"))
	if base := path.Base(name); strings.HasPrefix(name, "__MACOSX/") || base[0] == '.' || name == ".." || strings.HasPrefix(name, "../") {
		return File{}, false
	}
	m.Archive, m.Size = f.Path, f.Size
	codec, _ := CodecOf(name)
	return File{Path: f.Path + "/" + strings.TrimPrefix(name, "/"), Size: m.Length, ModTime: f.ModTime, Codec: codec, Member: &m, Store: f.Store, Version: f.Version}, true
}

func badArchive(f File, kind string, err error) error {
	var e *sqlstate.Error
	if errors.As(err, &e) {
		return err
	}
	e = sqlstate.New(sqlstate.DataCorrupted, "could not read the members of \"%s\": %v", f.Path, err).WithDetail("Its name says that it is a %s archive.", kind)
	e.Err = err
	return e
}

func listZip(f File, h Handle) ([]File, error) {
	z, err := zip.NewReader(h, f.Size)
	if err != nil {
		return nil, badArchive(f, "zip", err)
	}
	if len(z.File) > maxMembers {
		return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "archive \"%s\" has more than %d members", f.Path, maxMembers)
	}
	var out []File
	for _, zf := range z.File {
		if !zf.Mode().IsRegular() {
			continue
		}
		off, err := zf.DataOffset()
		if err != nil {
			return nil, badArchive(f, "zip", err)
		}
		m := Member{Offset: off, Length: int64(zf.UncompressedSize64), Method: zf.Method, CRC: zf.CRC32}
		m.Packed = zf.Method != zip.Store || encryptedZip(zf)
		if encryptedZip(zf) {
			m.Method = methodEncrypted
		}
		if o, ok := f.member(zf.Name, m); ok {
			if m.Packed {
				o.Size = int64(zf.CompressedSize64)
			}
			out = append(out, o)
		}
	}
	return out, nil
}

const (
	methodEncrypted = 99 // as WinZip's AES has it
	methodZstd      = 93
)

func encryptedZip(zf *zip.File) bool { return zf.Flags&1 != 0 }

func listTar(f File, h Handle) ([]File, error) {
	d, err := (&Text{file: f, h: h}).decoder(h)
	if err != nil {
		return nil, err
	}
	var in io.Reader
	var offset func() int64
	if d == nil {
		s := io.NewSectionReader(h, 0, f.Size)
		in, offset = s, func() int64 { n, _ := s.Seek(0, io.SeekCurrent); return n }
	} else {
		defer d.Close()
		c := &counter{r: d}
		in, offset = c, func() int64 { return c.n }
	}
	tr := tar.NewReader(in)
	var out []File
	for {
		hd, err := tr.Next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, badArchive(f, "tar", err)
		}
		if hd.Typeflag != tar.TypeReg {
			continue
		}
		if len(out) == maxMembers {
			return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "archive \"%s\" has more than %d members", f.Path, maxMembers)
		}
		if o, ok := f.member(hd.Name, Member{Offset: offset(), Length: hd.Size, Packed: d != nil, Tar: true}); ok {
			out = append(out, o)
		}
	}
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int64
}

func (p *counter) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.n += int64(n)
	return n, err
}

// unpack returns the bytes of a member of an archive, which r reads: of a compressed tar from its start, of a zip from
// the member's offset.
func (d *decoder) unpack(r *bufio.Reader, m *Member) (io.Reader, error) {
	if m.Tar {
		return d.unpackTar(r, m)
	}
	d.kind = "zip"
	var text io.ReadCloser
	switch m.Method {
	case zip.Deflate:
		text = flate.NewReader(r)
	case methodZstd:
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, unreadable(d.file, d.kind, err)
		}
		text = z.IOReadCloser()
	case methodEncrypted:
		return nil, sqlstate.Unsupported("Extract the file first.", "file \"%s\" is encrypted, which is not supported", d.file.Path)
	default:
		return nil, sqlstate.Unsupported("Extract the file first.", "file \"%s\" is compressed by method %d of zip, which is not supported", d.file.Path, m.Method)
	}
	d.closes = append(d.closes, text)
	return &checked{r: text, left: m.Length, want: m.CRC}, nil
}

func (d *decoder) unpackTar(r *bufio.Reader, m *Member) (io.Reader, error) {
	head, _ := r.Peek(magicBytes)
	c := codecFor(File{Path: m.Archive, Size: m.Size}, head)
	if c == nil {
		return nil, unreadable(d.file, "tar", errors.New("the archive has changed"))
	}
	d.kind = string(c.name)
	z, err := c.open(r)
	if err != nil {
		return nil, unreadable(d.file, d.kind, err)
	}
	d.closes = append(d.closes, z)
	if _, err := io.CopyN(io.Discard, z, m.Offset); err != nil {
		return nil, unreadable(d.file, d.kind, noEOF(err))
	}
	return &whole{r: z, left: m.Length}, nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// whole reads left bytes; less is an error.
type whole struct {
	r    io.Reader
	left int64
}

func (w *whole) Read(p []byte) (int, error) {
	if w.left == 0 {
		return 0, io.EOF
	}
	n, err := w.r.Read(p[:min(int64(len(p)), w.left)])
	if w.left -= int64(n); w.left == 0 {
		return n, nil
	}
	return n, noEOF(err)
}

// checked reads the text of a zip's member, of which the length and the checksum are known.
type checked struct {
	r    io.Reader
	left int64
	sum  uint32
	want uint32
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.sum = crc32.Update(c.sum, crc32.IEEETable, p[:n])
	if c.left -= int64(n); c.left < 0 {
		return n, errors.New("the member is longer than the archive says")
	}
	if err != io.EOF {
		return n, err
	}
	if c.left > 0 {
		return n, io.ErrUnexpectedEOF
	}
	if c.sum != c.want {
		return n, fmt.Errorf("checksum %08x is not %08x", c.sum, c.want)
	}
	return n, io.EOF
}
