package parquet

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v15/parquet/compress"
)

// snappyInputs are blocks whose compressed forms have all kinds of elements.
func snappyInputs(r *rand.Rand) map[string][]byte {
	in := map[string][]byte{"empty": nil, "byte": {7}, "zeros": make([]byte, 3000)}
	noise := make([]byte, 200_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	in["noise"] = noise
	var ints, words []byte
	for range 20_000 {
		ints = binary.LittleEndian.AppendUint64(ints, uint64(r.IntN(1<<22)))
		words = append(words, "the quick brown fox jumps over lazy dogs again "[r.IntN(20):20+r.IntN(27)]...)
	}
	in["ints"], in["words"] = ints, words
	for period := 1; period <= 40; period++ { // copies that overlap themselves
		var b []byte
		for len(b) < 2000 {
			b = append(b, noise[len(b):len(b)+r.IntN(20)]...)
			for range r.IntN(5 * period) {
				b = append(b, b[max(len(b)-period, 0):][:min(1, len(b))]...)
			}
		}
		in["period "+string(rune('0'+period/10))+string(rune('0'+period%10))] = b
	}
	return in
}

func TestSnappy(t *testing.T) {
	codec, err := compress.GetCodec(compress.Codecs.Snappy)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range snappyInputs(rand.New(rand.NewPCG(1, 2))) {
		block := codec.Encode(nil, want)
		got, err := snappyBlock(make([]byte, len(want)), block)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, or other bytes", name, err)
		}
		for cut := range min(len(block), 200) {
			if _, err := snappyBlock(make([]byte, len(want)), block[:len(block)-1-cut]); err == nil {
				t.Errorf("%s: no error when %d bytes are missing", name, cut+1)
			}
		}
	}
}

// TestSnappyElements decodes elements that the encoder at hand does not write.
func TestSnappyElements(t *testing.T) {
	long := bytes.Repeat([]byte{'x'}, 300)
	for _, c := range []struct {
		name, block string
		want        string // "" for an error
	}{
		{"a copy with an offset of four bytes", "\x08\x0cabcd\x0f\x04\x00\x00\x00", "abcdabcd"},
		{"a copy from before the start", "\x08\x0cabcd\x0e\x05\x00", ""},
		{"a copy with offset 0", "\x08\x0cabcd\x0e\x00\x00", ""},
		{"a copy beyond the end", "\x06\x0cabcd\x0e\x04\x00", ""},
		{"a literal beyond the end", "\x03\x0cabcd", ""},
		{"an offset that is cut", "\x08\x0cabcd\x0e\x04", ""},
		{"a literal's length that is cut", "\xac\x02\xf4\x2b", ""},
		{"a literal of a two-byte length", "\xac\x02\xf4\x2b\x01" + string(long), string(long)},
		{"a literal of a three-byte length", "\xac\x02\xf8\x2b\x01\x00" + string(long), string(long)},
		{"less than the length says", "\x05\x0cabcd", ""},
		{"far too long a literal", "\x05\xfc\xff\xff\xff\xffabcd", ""},
	} {
		n, _ := binary.Uvarint([]byte(c.block))
		got, err := snappyBlock(make([]byte, n), []byte(c.block))
		if (err != nil) != (c.want == "") || err == nil && string(got) != c.want {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}

// FuzzSnappy compares the decoder with arrow's on blocks of any content.
func FuzzSnappy(f *testing.F) {
	codec, err := compress.GetCodec(compress.Codecs.Snappy)
	if err != nil {
		f.Fatal(err)
	}
	for _, b := range snappyInputs(rand.New(rand.NewPCG(3, 4))) {
		f.Add(codec.Encode(nil, b[:min(len(b), 4000)]))
	}
	f.Fuzz(func(t *testing.T, block []byte) {
		n, k := binary.Uvarint(block)
		if k <= 0 || n > 1<<20 {
			return
		}
		want, wantErr := inflateArrow(codecSnappy, make([]byte, n), block)
		got, err := snappyBlock(make([]byte, n), block)
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("error %v, want %v", err, wantErr)
		}
		if err == nil && !bytes.Equal(got, want) {
			t.Fatal("other bytes")
		}
	})
}

func BenchmarkSnappy(b *testing.B) {
	codec, err := compress.GetCodec(compress.Codecs.Snappy)
	if err != nil {
		b.Fatal(err)
	}
	in := snappyInputs(rand.New(rand.NewPCG(1, 2)))
	for _, name := range []string{"ints", "words", "noise", "zeros"} {
		block := codec.Encode(nil, in[name])
		dst := make([]byte, len(in[name]))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(dst)))
			for b.Loop() {
				if _, err := snappyBlock(dst, block); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
