package gsql_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// tortureFile is a file of a case.
type tortureFile struct {
	name    string
	archive string // that it is a member of; "" for none
	data    []byte
	mtime   time.Time
}

// steps make the bytes of a file from the text of its section, one behind the other.
var steps = map[string]func(f *tortureFile, arg string) error{
	// escapes reads \xNN, \r, \0 and the like, as Go has them.
	"escapes": func(f *tortureFile, _ string) error { return f.unescape() },
	// base64 decodes what no step can make.
	"base64": func(f *tortureFile, _ string) (err error) {
		f.data, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(f.data)), ""))
		return err
	},
	// nonl takes the last newline away.
	"nonl": func(f *tortureFile, _ string) error { f.data = bytes.TrimSuffix(f.data, []byte("\n")); return nil },
	"crlf": func(f *tortureFile, _ string) error { f.replace("\n", "\r\n"); return nil },
	"cr":   func(f *tortureFile, _ string) error { f.replace("\n", "\r"); return nil },
	// repeat=L:N writes line L, the first is 1, N times; {i} in it is the number.
	"repeat": (*tortureFile).repeat,
	// tail=TEXT adds a text, in which escapes are read.
	"tail": func(f *tortureFile, arg string) error {
		t := tortureFile{data: []byte(arg)}
		err := t.unescape()
		f.data = append(f.data[:len(f.data):len(f.data)], t.data...)
		return err
	},
	// from=PATH takes a file of testdata/files instead of the text.
	"from": func(f *tortureFile, arg string) (err error) {
		f.data, err = os.ReadFile(filepath.Join("testdata/files", arg))
		return err
	},
	// fill=WORD:N:TEXT writes a text N times in the place of a word.
	"fill": func(f *tortureFile, arg string) error {
		parts := strings.SplitN(arg, ":", 3)
		if len(parts) < 3 {
			return fmt.Errorf("it is not WORD:N:TEXT")
		}
		n, err := strconv.Atoi(parts[1])
		f.replace(parts[0], strings.Repeat(parts[2], n))
		return err
	},
	"bom": func(f *tortureFile, _ string) error { f.data = append([]byte("\ufeff"), f.data...); return nil },
	"utf16le": func(f *tortureFile, _ string) error {
		return f.through(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes)
	},
	"utf16be": func(f *tortureFile, _ string) error {
		return f.through(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().Bytes)
	},
	"latin1": func(f *tortureFile, _ string) error { return f.through(charmap.ISO8859_1.NewEncoder().Bytes) },
	"cp1252": func(f *tortureFile, _ string) error { return f.through(charmap.Windows1252.NewEncoder().Bytes) },
	"gz": func(f *tortureFile, _ string) error {
		return f.pack(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	},
	"lz4": func(f *tortureFile, _ string) error {
		return f.pack(func(w io.Writer) io.WriteCloser { return lz4.NewWriter(w) })
	},
	"sz": func(f *tortureFile, _ string) error {
		return f.pack(func(w io.Writer) io.WriteCloser { return s2.NewWriter(w, s2.WriterSnappyCompat()) })
	},
	"zst": func(f *tortureFile, _ string) error {
		return f.pack(func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z })
	},
	"xz": func(f *tortureFile, _ string) error {
		return f.pack(func(w io.Writer) io.WriteCloser { x, _ := xz.NewWriter(w); return x })
	},
	// twice writes all a second time behind itself.
	"twice": func(f *tortureFile, _ string) error {
		f.data = append(f.data[:len(f.data):len(f.data)], f.data...)
		return nil
	},
	// cut=N keeps the first N bytes, or leaves the last out where N is negative.
	"cut": (*tortureFile).cut,
	// flip=N changes the byte at N, from the end where N is negative.
	"flip": (*tortureFile).flip,
	"in":   func(f *tortureFile, arg string) error { f.archive = arg; return nil },
	"mtime": func(f *tortureFile, arg string) (err error) {
		f.mtime, err = time.Parse("2006-01-02T15:04:05", arg)
		return err
	},
}

// makeTorture makes a file from the heading of its section, its name and steps, and its text. The steps zip and tar make an
// archive of the files before with in=NAME.
func makeTorture(heading string, text []byte, members map[string][]tortureFile) (tortureFile, error) {
	quoted, err := strconv.QuotedPrefix(heading)
	if err != nil {
		return tortureFile{}, fmt.Errorf("the name must be quoted: %s", heading)
	}
	f := tortureFile{data: text}
	if f.name, err = strconv.Unquote(quoted); err != nil {
		return f, err
	}
	for _, step := range strings.Fields(heading[len(quoted):]) {
		name, arg, _ := strings.Cut(step, "=")
		switch do := steps[name]; {
		case name == "zip":
			err = f.zip(members[f.name], arg)
		case name == "tar":
			err = f.tar(members[f.name])
		case do == nil:
			err = fmt.Errorf("no step %q", name)
		default:
			err = do(&f, arg)
		}
		if err != nil {
			return f, fmt.Errorf("%s: %w", step, err)
		}
	}
	return f, nil
}

// write writes the file into a folder; a name that ends in a slash is a folder.
func (f *tortureFile) write(dir string) error {
	path := filepath.Join(dir, f.name)
	if strings.HasSuffix(f.name, "/") {
		return os.MkdirAll(path, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, f.data, 0o644); err != nil || f.mtime.IsZero() {
		return err
	}
	return os.Chtimes(path, f.mtime, f.mtime)
}

func (f *tortureFile) replace(old, new string) {
	f.data = bytes.ReplaceAll(f.data, []byte(old), []byte(new))
}

func (f *tortureFile) through(encode func([]byte) ([]byte, error)) (err error) {
	f.data, err = encode(f.data)
	return err
}

func (f *tortureFile) pack(open func(io.Writer) io.WriteCloser) error {
	var b bytes.Buffer
	w := open(&b)
	if _, err := w.Write(f.data); err != nil {
		return err
	}
	err := w.Close()
	f.data = b.Bytes()
	return err
}

func (f *tortureFile) unescape() error {
	var out []byte
	for s := string(f.data); s != ""; {
		if s[0] != '\\' {
			out, s = append(out, s[0]), s[1:]
			continue
		}
		r, multibyte, rest, err := strconv.UnquoteChar(s, 0)
		if err != nil {
			return err
		}
		if s = rest; multibyte {
			out = append(out, string(r)...)
		} else {
			out = append(out, byte(r))
		}
	}
	f.data = out
	return nil
}

func (f *tortureFile) repeat(arg string) error {
	var line, n int
	if _, err := fmt.Sscanf(arg, "%d:%d", &line, &n); err != nil {
		return err
	}
	lines := bytes.SplitAfter(f.data, []byte("\n"))
	if line < 1 || line > len(lines) {
		return fmt.Errorf("there is no line %d", line)
	}
	var out []byte
	for i, l := range lines {
		if i != line-1 {
			out = append(out, l...)
			continue
		}
		for k := range n {
			out = append(out, bytes.ReplaceAll(l, []byte("{i}"), strconv.AppendInt(nil, int64(k+1), 10))...)
		}
	}
	f.data = out
	return nil
}

func (f *tortureFile) cut(arg string) error {
	n, err := strconv.Atoi(arg)
	if n < 0 {
		n += len(f.data)
	}
	if err != nil || n < 0 || n > len(f.data) {
		return fmt.Errorf("%d bytes are no part of %d", n, len(f.data))
	}
	f.data = f.data[:n:n]
	return nil
}

func (f *tortureFile) flip(arg string) error {
	n, err := strconv.Atoi(arg)
	if n < 0 {
		n += len(f.data)
	}
	if err != nil || n < 0 || n >= len(f.data) {
		return fmt.Errorf("byte %d is none of %d", n, len(f.data))
	}
	f.data = bytes.Clone(f.data)
	f.data[n] ^= 0xff
	return nil
}

// zip makes an archive of the members: with arg "store" they are not compressed.
func (f *tortureFile) zip(members []tortureFile, arg string) error {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	method := zip.Deflate
	if arg == "store" {
		method = zip.Store
	}
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: method}
		if strings.HasSuffix(m.name, "/") {
			h.Method = zip.Store
		}
		to, err := w.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := to.Write(m.data); err != nil {
			return err
		}
	}
	err := w.Close()
	f.data = b.Bytes()
	return err
}

func (f *tortureFile) tar(members []tortureFile) error {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Size: int64(len(m.data)), Mode: 0o644, Typeflag: tar.TypeReg}
		if strings.HasSuffix(m.name, "/") {
			h = &tar.Header{Name: m.name, Mode: 0o755, Typeflag: tar.TypeDir}
		}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		if _, err := w.Write(m.data); err != nil {
			return err
		}
	}
	err := w.Close()
	f.data = b.Bytes()
	return err
}
