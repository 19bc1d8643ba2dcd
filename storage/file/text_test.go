package file

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"

	"gsql/exec/sqlstate"
)

// pack compresses data in two parts, which become two members, frames or blocks where the format has them.
var packers = map[string]func(t *testing.T, parts ...string) []byte{
	"x.gz": framed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }),
	"x.zst": framed(func(w io.Writer) io.WriteCloser {
		z, _ := zstd.NewWriter(w)
		return z
	}),
	"x.xz": framed(func(w io.Writer) io.WriteCloser {
		z, _ := xz.NewWriter(w)
		return z
	}),
	"x.lz4":    framed(func(w io.Writer) io.WriteCloser { return lz4.NewWriter(w) }),
	"x.sz":     framed(func(w io.Writer) io.WriteCloser { return s2.NewWriter(w, s2.WriterSnappyCompat()) }),
	"x.snappy": hadoopPack,
}

func framed(open func(io.Writer) io.WriteCloser) func(*testing.T, ...string) []byte {
	return func(t *testing.T, parts ...string) []byte {
		var b bytes.Buffer
		for _, p := range parts {
			w := open(&b)
			io.WriteString(w, p)
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		return b.Bytes()
	}
}

func hadoopPack(_ *testing.T, parts ...string) []byte {
	var b []byte
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		for len(p) > 0 {
			n := min(len(p), 1000)
			chunk := snappy.Encode(nil, []byte(p[:n]))
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(chunk))), chunk...)
			p = p[n:]
		}
	}
	return b
}

func put(t testing.TB, name string, data []byte) File {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// read returns the whole text of a file, taken block by block.
func read(f File, encoding string, block int64) (string, error) {
	t, err := f.OpenText(encoding, block)
	if err != nil {
		return "", err
	}
	defer t.Close()
	if !t.Sequential() {
		b, err := io.ReadAll(t.Reader())
		return string(b), err
	}
	var out []byte
	for {
		b, ok, err := t.Take()
		if err != nil || !ok {
			return string(out), err
		}
		p := make([]byte, block)
		n, err := t.ReadAt(p, int64(b.Number)*block)
		if err != nil && err != io.EOF {
			return "", err
		}
		out = append(out, p[:n]...)
		t.Done(b.Number)
	}
}

func randomText(n int) string {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "%d,word%d\n", r.IntN(1000), r.IntN(50))
	}
	return b.String()[:n]
}

// TestCodecs reads what each codec packs, in several parts, by the file's name and without it.
func TestCodecs(t *testing.T) {
	for name, pack := range packers {
		for _, n := range []int{1, 100, 3000, chunkBytes, chunkBytes + 1, 900_000} {
			text := randomText(n)
			data := pack(t, text[:n/3], text[n/3:])
			names := []string{name}
			if name != "x.snappy" {
				names = append(names, "noext") // nothing but the name tells Hadoop's framing
			}
			for _, name := range names {
				for _, block := range []int64{int64(n), 1000, 1 << 20} {
					if block < int64(n)/1000 {
						continue
					}
					got, err := read(put(t, name, data), "", block)
					if err != nil || got != text {
						t.Fatalf("%s, %d bytes, block %d: %v, %d bytes", name, n, block, err, len(got))
					}
				}
			}
		}
	}
	// Nothing here writes bzip2: two streams of the same text.
	packed, err := hex.DecodeString("425a6839314159265359bcc728450000045980001000043000300000602000310c0823419a8e0422178bb9229c28485e63942280")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"x.bz2", "noext"} {
		if got, err := read(put(t, name, append(packed, packed...)), "", 5); err != nil || got != "a,b\n1,x\n2,y\na,b\n1,x\n2,y\n" {
			t.Errorf("bzip2: %q, %v", got, err)
		}
	}
}

// TestCutOff reads files that end too early, of which nothing may pass for the whole.
func TestCutOff(t *testing.T) {
	text := randomText(50_000)
	for name, pack := range packers {
		data := pack(t, text)
		for _, n := range []int{len(data) - 1, len(data) - 5, len(data) / 2, 20} {
			got, err := read(put(t, name, data[:n]), "", 1<<20)
			if err == nil && got != text {
				t.Errorf("%s cut to %d of %d bytes: no error, %d bytes of text", name, n, len(data), len(got))
			}
			if err != nil && sqlstate.Of(err) != sqlstate.DataCorrupted {
				t.Errorf("%s cut to %d bytes: %v", name, n, err)
			}
		}
	}
}

// TestDamaged changes bytes: text that comes without an error must be the text.
func TestDamaged(t *testing.T) {
	text := randomText(20_000)
	r := rand.New(rand.NewPCG(5, 5))
	for _, name := range []string{"x.gz", "x.zst", "x.xz", "x.sz"} { // the others have no checksum as written here
		data := packers[name](t, text)
		for range 200 {
			bad := bytes.Clone(data)
			bad[10+r.IntN(len(bad)-10)] ^= 1 << r.IntN(8)
			got, err := read(put(t, name, bad), "", 1<<20)
			if err == nil && got != text {
				t.Fatalf("%s: other text without an error", name)
			}
		}
	}
}

// TestDecompressedUnderItsOldName reads plain text whose name says otherwise.
func TestDecompressedUnderItsOldName(t *testing.T) {
	for _, name := range []string{"x.csv.gz", "x.zst", "x.snappy", "x.bz2"} {
		for _, text := range []string{"", "a", "a,b\n1,2\n", "BZh91 is no magic\n"} {
			if got, err := read(put(t, name, []byte(text)), "", 10); err != nil || got != text {
				t.Errorf("%s with %q: %q, %v", name, text, got, err)
			}
		}
	}
}

// TestReadersTogether lets many goroutines take the blocks of one text, which each reads with what lies around it, and
// then again what is forgotten.
func TestReadersTogether(t *testing.T) {
	text := randomText(20_000_000)
	f := put(t, "x.gz", packers["x.gz"](t, text))
	const block = 40_000
	txt, err := f.OpenText("", block)
	if err != nil {
		t.Fatal(err)
	}
	defer txt.Close()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var bytesRead int64
	for range 4 {
		wg.Go(func() {
			for {
				b, ok, err := txt.Take()
				mu.Lock()
				bytesRead += b.Bytes
				mu.Unlock()
				if err != nil || !ok {
					if err != nil {
						t.Error(err)
					}
					return
				}
				from := max(int64(b.Number)*block-1, 0)
				p := make([]byte, block+block/2)
				n, err := txt.ReadAt(p, from)
				if err != nil && err != io.EOF || string(p[:n]) != text[from:min(int(from)+len(p), len(text))] {
					t.Errorf("block %d: %v", b.Number, err)
				}
				txt.Done(b.Number)
			}
		})
	}
	wg.Wait()
	if bytesRead != f.Size || txt.Size() != int64(len(text)) {
		t.Errorf("read %d of %d bytes, text of %d", bytesRead, f.Size, txt.Size())
	}
	// Who holds a block for long makes the text keep those that others take meanwhile.
	if n := len(txt.seq.chunks) + len(txt.seq.spare); n > 40 {
		t.Errorf("%d chunks are kept", n)
	}
	p := make([]byte, 100)
	if n, err := txt.ReadAt(p, 5); n != 100 || err != nil || string(p) != text[5:105] {
		t.Errorf("again: %d, %v", n, err)
	}
	if line, start := txt.Line(1_000_000, '\n'); line != int64(1+strings.Count(text[:1_000_000], "\n")) || start != int64(strings.LastIndex(text[:1_000_000], "\n")+1) {
		t.Errorf("line %d from %d", line, start)
	}
}

// TestArchives lists and reads members of archives of all kinds.
func TestArchives(t *testing.T) {
	members := [][2]string{{"a.csv", "a\n1\n"}, {"dir/b.csv", randomText(100_000)}, {"dir/c.csv.gz", ""}, {"__MACOSX/._a.csv", "junk"}, {"empty.csv", ""}}
	inner := randomText(5000)
	members[2][1] = string(packers["x.gz"](t, inner))
	want := map[string]string{"a.csv": members[0][1], "dir/b.csv": members[1][1], "dir/c.csv.gz": inner, "empty.csv": ""}
	tarred := tarOf(t, members)
	for name, data := range map[string][]byte{
		"x.tar": tarred, "x.tar.gz": packers["x.gz"](t, string(tarred)), "x.tgz": packers["x.gz"](t, string(tarred)), "x.tar.zst": packers["x.zst"](t, string(tarred)),
		"x.zip": zipOf(t, members, zip.Deflate), "stored.zip": zipOf(t, members, zip.Store),
	} {
		f := put(t, name, data)
		list, err := Members(f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(list) != len(want) {
			t.Errorf("%s: %d members", name, len(list))
		}
		for _, m := range list {
			short := strings.TrimPrefix(m.Path, f.Path+"/")
			got, err := read(m, "", 10_000)
			if text, ok := want[short]; !ok || err != nil || got != text {
				t.Errorf("%s of %s: %v, %d bytes", short, name, err, len(got))
			}
		}
		for _, n := range []int{len(data) / 2, 100} {
			cut := put(t, name, data[:n])
			list, err := Members(cut)
			if err == nil {
				for _, m := range list {
					if _, err = read(m, "", 10_000); err != nil {
						break
					}
				}
			}
			if sqlstate.Of(err) != sqlstate.DataCorrupted {
				t.Errorf("%s cut to %d bytes: %v", name, n, err)
			}
		}
	}
}

func tarOf(t *testing.T, members [][2]string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Name: m[0], Size: int64(len(m[1])), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, m[1])
	}
	w.Close()
	return b.Bytes()
}

func zipOf(t *testing.T, members [][2]string, method uint16) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		h, err := w.CreateHeader(&zip.FileHeader{Name: m[0], Method: method})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(h, m[1])
	}
	w.Close()
	return b.Bytes()
}
