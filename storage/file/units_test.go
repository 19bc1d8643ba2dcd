package file

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// packBGZF compresses data in members that say how long they are.
func packBGZF(text string, member int) []byte {
	var out bytes.Buffer
	for len(text) > 0 || out.Len() == 0 {
		n := min(member, len(text))
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Extra = []byte("BC\x02\x00\x00\x00")
		io.WriteString(w, text[:n])
		w.Close()
		binary.LittleEndian.PutUint16(b.Bytes()[16:], uint16(b.Len()-1))
		out.Write(b.Bytes())
		text = text[n:]
	}
	return out.Bytes()
}

// packFrames compresses data in frames of zstd of some bytes each, that say how long their text is, or not.
func packFrames(text string, frame int, sized bool) []byte {
	var out bytes.Buffer
	w, _ := zstd.NewWriter(nil)
	for len(text) > 0 {
		n := min(frame, len(text))
		if sized {
			out.Write(w.EncodeAll([]byte(text[:n]), nil))
		} else {
			s, _ := zstd.NewWriter(&out)
			io.WriteString(s, text[:n])
			s.Close()
		}
		out.Write(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, zstdSkippable+3), 5))
		out.WriteString("skip!")
		text = text[n:]
	}
	return out.Bytes()
}

const unitText = 1_500_000

// unitFiles are files that have units, all of the same text but that of bzip2, which is part of it.
func unitFiles(t testing.TB) (files map[string][]byte, text string) {
	t.Helper()
	text = randomText(unitText)
	blocks, err := os.ReadFile("testdata/blocks.bz2") // bzip2 -1 of randomText(unitText)'s first 400,000 bytes
	if err != nil {
		t.Fatal(err)
	}
	var plain bytes.Buffer
	w := gzip.NewWriter(&plain)
	io.WriteString(w, text[unitText/2:])
	w.Close()
	return map[string][]byte{
		"x.gz":      packBGZF(text, 60_000),
		"mixed.gz":  append(append(packBGZF(text[:unitText/2], 1000), plain.Bytes()...), 0, 0, 0), // the rest does not say how long it is
		"x.zst":     packFrames(text, 100_000, true),
		"pzstd.zst": append([]byte("\x50\x2a\x4d\x18\x04\x00\x00\x00size"), packFrames(text, 200_000, true)...), // as pzstd writes them
		"small.zst": packFrames(text, 3000, true),
		"x.zstd":    packFrames(text, 500_000, false),
		"x.bz2":     blocks,
		"twice.bz2": append(bytes.Clone(blocks), blocks...),
	}, text
}

func unitWant(name, text string) string {
	switch name {
	case "x.bz2":
		return text[:400_000]
	case "twice.bz2":
		return strings.Repeat(text[:400_000], 2)
	}
	return text
}

// readTogether reads a file by some goroutines, which take its blocks.
func readTogether(f File, readers int, block int64) (string, error) {
	text, err := f.OpenText("", block)
	if err != nil {
		return "", err
	}
	defer text.Close()
	var mu sync.Mutex
	parts, first := map[int]string{}, error(nil)
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			for {
				b, ok, err := text.Take()
				p := make([]byte, block)
				n := 0
				if ok {
					if n, err = text.ReadAt(p, int64(b.Number)*block); err == io.EOF {
						err = nil
					}
					text.Done(b.Number)
				}
				mu.Lock()
				if err != nil {
					first = err
				}
				parts[b.Number] += string(p[:n])
				mu.Unlock()
				if err != nil || !ok {
					return
				}
			}
		})
	}
	wg.Wait()
	var out strings.Builder
	for i := range len(parts) {
		out.WriteString(parts[i])
	}
	return out.String(), first
}

// Many read what one after the other would read.
func TestUnits(t *testing.T) {
	files, text := unitFiles(t)
	for name, data := range files {
		want := unitWant(name, text)
		f := put(t, name, data)
		if h, err := f.OpenText("", 1<<20); err != nil || h.seq == nil || h.seq.r.units == nil {
			t.Errorf("%s is not read in units: %v", name, err)
		} else {
			h.Close()
		}
		for _, readers := range []int{1, 4} {
			for _, block := range []int64{100_000, 1 << 20} {
				if got, err := readTogether(f, readers, block); err != nil || got != want {
					t.Errorf("%s, %d readers, blocks of %d: %d bytes, %v; want %d", name, readers, block, len(got), err, len(want))
				}
			}
		}
	}
}

// What is damaged or cut off is found out as by one who reads from the start to the end, with the same text before it.
func TestUnitsDamaged(t *testing.T) {
	files, _ := unitFiles(t)
	r := rand.New(rand.NewPCG(5, 5))
	for name, data := range files {
		data = data[:min(len(data), 400_000)]
		for round := range 9 {
			bad := bytes.Clone(data)
			if round%3 == 0 {
				bad = bad[:r.IntN(len(bad))]
			} else {
				bad[r.IntN(len(bad))] += byte(1 + r.IntN(255))
			}
			if len(bad) < magicBytes || codecFor(File{Codec: "zstd"}, bad) == nil {
				continue
			}
			want, serialErr := serial(bad)
			got, err := inUnits(bad)
			if (err == nil) != (serialErr == nil) || err == nil && !bytes.Equal(got, want) {
				t.Errorf("%s, round %d: %d bytes, %v; one after the other %d bytes, %v", name, round, len(got), err, len(want), serialErr)
			}
		}
	}
}

func serial(b []byte) ([]byte, error) {
	r, err := codecFor(File{Codec: "zstd"}, b).open(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func inUnits(b []byte) ([]byte, error) {
	var read atomic.Int64
	c := newCutter(codecFor(File{Codec: "zstd"}, b).name, bytes.NewReader(b), int64(len(b)), &read)
	if c == nil {
		return serial(b)
	}
	u := newUnits(c, &read)
	defer u.Close()
	return io.ReadAll(u)
}

// A block of bzip2 that has a marker in it by chance is put together.
func TestBzip2Join(t *testing.T) {
	files, text := unitFiles(t)
	data := files["x.bz2"]
	c := newBzip2Blocks(rawFile{r: bytes.NewReader(data), size: int64(len(data)), read: new(atomic.Int64)}).(*bzip2Blocks)
	first, err := c.next()
	if err != nil {
		t.Fatal(err)
	}
	want, err := first.decode(nil)
	if err != nil || !strings.HasPrefix(text, string(want)) {
		t.Fatalf("%d bytes, %v", len(want), err)
	}
	got, err := c.join(c.level, 32, c.bit-5000, nil, io.ErrUnexpectedEOF)
	if err != nil || !bytes.Equal(got, want) || c.skipped != c.bit {
		t.Errorf("%d bytes, %v; want %d", len(got), err, len(want))
	}
}

// Markers are found at every bit.
func TestMarker(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for at := range int64(200) {
		for _, m := range []uint64{bzip2Block, bzip2End} {
			w := bitWriter{}
			for range at {
				w.put(uint64(r.IntN(2)), 1)
			}
			w.put(m, bzip2MarkerBits)
			w.put(uint64(r.Uint32()), 29)
			got, end := marker(w.b, 0)
			if got != at || end != (m == bzip2End) {
				t.Fatalf("at %d: %d, %v", at, got, end)
			}
			if got, _ := marker(w.b, at+1); got >= 0 {
				t.Fatalf("at %d: %d behind it", at, got)
			}
		}
	}
}

// A frame that has more text than a unit may have is read as a stream, and so are files of one frame.
func TestLongFrames(t *testing.T) {
	long := strings.Repeat("all the same ", maxUnitText/10)
	data := slices.Concat(packFrames("first\n", 10, true), packFrames(long, len(long), false), packFrames("last\n", 10, true))
	for _, readers := range []int{1, 3} {
		got, err := readTogether(put(t, "x.zst", data), readers, 1<<20)
		if want := "first\n" + long + "last\n"; err != nil || got != want {
			t.Errorf("%d bytes, %v; want %d", len(got), err, len(want))
		}
	}
}

// BenchmarkUnits reads files by as many goroutines as there are processors.
func BenchmarkUnits(b *testing.B) {
	files, text := unitFiles(b)
	for name, data := range files {
		for _, readers := range []int{1, 2, 4} {
			b.Run(fmt.Sprintf("%s/%d", name, readers), func(b *testing.B) {
				f := put(b, name, data)
				b.SetBytes(int64(len(unitWant(name, text))))
				for b.Loop() {
					if _, err := readTogether(f, readers, 1<<18); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
