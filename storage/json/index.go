package json

import "slices"

// The marks of a JSON text are its structure: braces, brackets and commas outside of strings, and the quotes
// around strings. What lies between two marks is white space, colons, a number or a word, or a string's text.
// Where every line is one object, newlines outside of strings are marks too, so that a broken object is
// found broken at its line's end.

// indexer finds the marks of a text.
type indexer struct {
	newline bool     // newlines are marks
	pos     []uint32 // marks in order, then three times stop
	high    bool     // there is a byte that is not ASCII
	escapes bool     // there is a backslash
	stop    int      // where indexing stopped: a control character within a string, or the end of the text
}

const (
	block    = 64       // bytes that are looked at together
	chunk    = 16 << 10 // bytes for which room is made at once
	padding  = block    // bytes behind a text that the indexer overwrites
	sentinel = 3        // positions behind the marks
)

// build indexes buf[from:n], which begins outside of strings. Behind buf[:n] there must be room for padding,
// which is overwritten.
func (x *indexer) build(buf []byte, from, n int) {
	x.pos, x.high, x.escapes, x.stop = x.pos[:0], false, false, n
	buf = buf[:n+padding]
	for i := n; i < len(buf); i++ {
		buf[i] = ' '
	}
	if useSIMD {
		x.buildFast(buf, from, n)
	} else {
		x.buildSlow(buf[:n], from, false, false)
	}
	for range sentinel {
		x.pos = append(x.pos, uint32(x.stop))
	}
}

func (x *indexer) buildFast(buf []byte, from, n int) {
	bytes := [8]byte{'"', '\\', ',', ',', '{', '}', 0x20, 0x1f}
	if x.newline {
		bytes[3] = '\n'
	}
	var state [3]uint64
	for from < n {
		blocks := (min(n-from, chunk) + block - 1) / block
		x.pos = slices.Grow(x.pos, blocks*block+block)
		k := len(x.pos)
		room := x.pos[:cap(x.pos)]
		m, done, high := indexAVX2(&buf[from], blocks, uint32(from), &bytes, &state, &room[k])
		x.pos = room[:k+m]
		x.high, x.escapes = x.high || high != 0, state[2] != 0
		if from += done * block; done < blocks {
			x.buildSlow(buf[:n], from, state[0] != 0, state[1] != 0)
			return
		}
	}
}

// isMark has the bytes that are marks outside of strings, newlines apart.
var isMark = [256]bool{'{': true, '}': true, '[': true, ']': true, ',': true, '"': true}

// buildSlow goes on at from, given whether the byte there is escaped and whether it is within a string.
func (x *indexer) buildSlow(buf []byte, from int, escaped, inString bool) {
	marks := isMark
	marks['\n'] = x.newline
	if escaped && from < len(buf) && (buf[from] == '"' || buf[from] == '\\') {
		from++
	}
	for i := from; i < len(buf); i++ {
		c := buf[i]
		x.high = x.high || c >= 0x80
		switch {
		case c == '\\':
			x.escapes = true
			if i+1 < len(buf) && (buf[i+1] == '"' || buf[i+1] == '\\') {
				i++
			}
		case c == '"':
			inString = !inString
			x.pos = append(x.pos, uint32(i))
		case !inString && marks[c]:
			x.pos = append(x.pos, uint32(i))
		case !inString:
		case c < ' ':
			x.stop = i
			return
		}
	}
}
