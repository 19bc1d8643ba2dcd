package vec

import (
	"bytes"
	"math/rand"
	"strings"
	"testing"
)

// TestFinder compares with the plainest search.
func TestFinder(t *testing.T) {
	defer func(was bool) { useSIMD = was }(useSIMD)
	r := rand.New(rand.NewSource(1))
	letters := func(n int) []byte {
		s := make([]byte, n)
		for i := range s {
			s[i] = "aabcAB [{\xe4"[r.Intn(10)]
		}
		return s
	}
	for i := range 200_000 {
		needle, text := letters(1+r.Intn(5)), letters(r.Intn(200))
		if r.Intn(2) == 0 && len(text) > len(needle) {
			copy(text[r.Intn(len(text)-len(needle)+1):], needle)
		}
		useSIMD = i%2 == 0 && useSIMDHere
		text = text[:len(text):len(text)] // a byte read behind the end would be a fault for the race detector only
		if got, want := NewFinder(needle, false).Find(text), bytes.Index(text, needle); got != want {
			t.Fatalf("%q in %q: %d, want %d", needle, text, got, want)
		}
		low := asciiLower(needle)
		if got, want := NewFinder(low, true).Find(text), bytes.Index(asciiLower(text), low); got != want {
			t.Fatalf("%q in %q in any case: %d, want %d", low, text, got, want)
		}
	}
}

var useSIMDHere = useSIMD

func asciiLower(s []byte) []byte {
	out := bytes.Clone(s)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c | 0x20
		}
	}
	return out
}

func BenchmarkFinder(b *testing.B) {
	text := []byte(strings.Repeat("furiously regular deposits sleep blithely among the pending accounts. ", 2000) + "special")
	for name, find := range map[string]func() int{
		"finder":      func() int { return NewFinder([]byte("special"), false).Find(text) },
		"bytes.Index": func() int { return bytes.Index(text, []byte("special")) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				find()
			}
		})
	}
}
