package json

import (
	"bytes"
	"encoding/json"
	"math/rand"
	"slices"
	"testing"
)

// randomText returns text of the bytes that matter, mostly with its strings closed.
func randomText(r *rand.Rand, n int) []byte {
	const bytes = `{}[],:"\"\\\ ab0` + "\n\x01\xc3"
	out := make([]byte, 0, n)
	for len(out) < n {
		switch r.Intn(6) {
		case 0:
			out = append(out, `{"a":1,"b\"":[true,"x\\"]}`+"\n"...)
		case 1:
			out = append(out, bytes[r.Intn(len(bytes))])
		case 2:
			out = append(out, []byte(`\\\\\\\\\`)[:r.Intn(9)]...)
		default:
			out = append(out, bytes[r.Intn(len(bytes)-3)])
		}
	}
	return out
}

// TestIndexFastIsSlow compares the assembly with the loop in Go.
func TestIndexFastIsSlow(t *testing.T) {
	if !useSIMD {
		t.Skip("no assembly")
	}
	r := rand.New(rand.NewSource(1))
	for i := range 20_000 {
		text := randomText(r, r.Intn(400))
		checkIndex(t, text, i%2 == 0, r.Intn(len(text)+1)*(i%3/2))
	}
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"a":"\\\"","b":[1,2]}`), true)
	f.Fuzz(func(t *testing.T, text []byte, newline bool) {
		if useSIMD {
			checkIndex(t, text, newline, 0)
		}
	})
}

func checkIndex(t *testing.T, text []byte, newline bool, from int) {
	t.Helper()
	fast, slow := indexer{newline: newline}, indexer{newline: newline}
	buf := append(slices.Clone(text), make([]byte, padding)...)
	fast.build(buf, from, len(text))
	if !bytes.Equal(buf[:len(text)], text) {
		t.Fatalf("build changed %q to %q", text, buf[:len(text)])
	}
	slow.stop = len(text)
	slow.buildSlow(text, from, false, false)
	if fast.stop != slow.stop {
		t.Fatalf("%q from %d: stopped at %d, not at %d", text, from, fast.stop, slow.stop)
	}
	if got := fast.pos[:len(fast.pos)-sentinel]; !slices.Equal(got, slow.pos) {
		t.Fatalf("%q from %d: marks %v, want %v", text, from, got, slow.pos)
	}
	if fast.stop == len(text) && (fast.high != slow.high || fast.escapes != slow.escapes) {
		t.Fatalf("%q: high %v, escapes %v, want %v, %v", text, fast.high, fast.escapes, slow.high, slow.escapes)
	}
}

// TestCheckValue compares with encoding/json.
func TestCheckValue(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	const bytes = `{}[],:"\/ ub012.-e+trufalsn` + "\t\x02"
	for range 300_000 {
		text := make([]byte, r.Intn(8)+1)
		for i := range text {
			text[i] = bytes[r.Intn(len(bytes))]
		}
		checkOne(t, text)
	}
	for _, s := range []string{`{"a":1}`, `{"a":1,}`, `{,}`, `[1,]`, `[]`, `{}`, `{"a"}`, `{"a":}`, `{1:2}`, `[1 2]`, `"\u12fG"`, `"\u12fa"`, `"\x"`, `01`, `-`, `1.`, `.5`, `1e`, `1e+5`, `-0`, `[[[]]]`, `[}`, `tru`, `truex`, `nullnull`, ` [ 1 , {"a" : [ ] } ] `} {
		checkOne(t, []byte(s))
	}
}

func checkOne(t *testing.T, text []byte) {
	t.Helper()
	if text[0] <= ' ' || text[len(text)-1] <= ' ' {
		return // values come without white space around them
	}
	if what, _ := checkValue(text); (what == "") != json.Valid(text) {
		t.Fatalf("%q: %q, encoding/json: %v", text, what, json.Valid(text))
	}
}

func TestUnquote(t *testing.T) {
	for in, want := range map[string]string{
		``: "", `a`: "a", `\"\\\/\b\f\n\r\t`: "\"\\/\b\f\n\r\t", `\u0041\u00e9\u20AC`: "Aé€", `\ud83d\ude00!`: "😀!",
		`\ud83d`: "!" + loneHigh, `\ud83dx`: "!" + loneHigh, `\ud83d\n`: "!" + loneHigh, `\ude00`: "!" + loneHigh, `\ud83d\u0041`: "!" + loneHigh, `\ud83d\uqqqq`: "!" + badHex,
		`\u00`: "!" + badHex, `\u00g0`: "!" + badHex, `\x`: "!" + badEscape, `\`: "!" + badEscape, `a\u0000b`: "!" + nulEscape,
	} {
		out, what := unquote(nil, []byte(in))
		got := string(out)
		if what != "" {
			got = "!" + what
		}
		if got != want {
			t.Errorf("%s is %q, want %q", in, got, want)
		}
	}
}
