package json

// span is a value: the bytes from start to end-1 of a window's buffer. end 0 says that there is none.
type span struct{ start, end uint32 }

// walker finds the rows of a window and where the values of wanted members lie in them.
type walker struct {
	indexer
	members members
	spans   [][]span // of the wanted members, by slot: one for each row
	rows    int      // in spans
	list    listState

	buf  []byte
	k    int // next mark
	prev int // behind the mark before
	row  int // where the row begins that is being read or would be next

	bad  int    // where what is wrong
	what string // "" if nothing is
}

// listState is where in an array of objects the walker is.
type listState uint8

const (
	noList    listState = iota // objects follow each other
	listBegin                  // before [
	listFirst                  // behind [
	listItem                   // behind an object
	listNext                   // behind a comma
	listEnd                    // behind ]
)

// begin sets the text: buf[from:n], which begins between rows. There are no rows in spans then.
func (w *walker) begin(buf []byte, from, n int) {
	w.reset()
	w.build(buf, from, n)
	w.buf, w.k, w.prev, w.row, w.what = buf[:n+padding], 0, from, from, ""
}

// reset empties the spans.
func (w *walker) reset() {
	for _, s := range w.spans {
		clear(s[:min(w.rows+1, len(s))]) // and of a row that was not read to its end
	}
	w.rows = 0
}

// fill reads rows into the spans, up to limit in all. It stops at the first mistake and where the text ends;
// what follows w.row then is not a whole row.
func (w *walker) fill(limit int) {
	for w.rows < limit && w.nextRow() && w.object(w.rows) {
		if w.list != noList {
			w.list = listItem
		}
		w.rows++
	}
}

// blank reports whether there is only white space from i to end-1.
func (w *walker) blank(i, end int) bool { return w.skipBlank(i, end) == end }

// skipBlank returns the first place from i on, or end, that is not white space.
func (w *walker) skipBlank(i, end int) int {
	for i < end && (w.buf[i] == ' ' || w.buf[i] == '\t' || w.buf[i] == '\r' || w.buf[i] == '\n') {
		i++
	}
	return i
}

// wrong notes a mistake.
func (w *walker) wrong(at int, what string) bool {
	w.bad, w.what = at, what
	return false
}

// wrongMark is wrong for a mark that should not be there.
func (w *walker) wrongMark(at int, what string) bool {
	if w.buf[at] == '\n' && w.newline {
		what = "the line ends within an object"
	}
	return w.wrong(at, what)
}

// nextRow goes to the start of the next row and reports whether there is one.
func (w *walker) nextRow() bool {
	for {
		p := int(w.pos[w.k])
		if p != w.prev && !w.blank(w.prev, p) {
			w.row = w.skipBlank(w.prev, p)
			return w.wrong(w.row, w.expected())
		}
		w.row = p
		if p >= w.stop {
			return false
		}
		switch c := w.buf[p]; {
		case c == '{' && (w.list == noList || w.list == listFirst || w.list == listNext):
			return true
		case c == '\n' && w.newline:
		case c == '[' && w.list == listBegin:
			w.list = listFirst
		case c == ',' && w.list == listItem:
			w.list = listNext
		case c == ']' && (w.list == listItem || w.list == listFirst):
			w.list = listEnd
		default:
			return w.wrong(p, w.expected())
		}
		w.k++
		w.prev = p + 1
	}
}

// expected says what should stand between rows.
func (w *walker) expected() string {
	switch w.list {
	case listBegin:
		return "expected an array of objects"
	case listItem:
		return "expected a comma or the end of the array behind an object"
	case listEnd:
		return "there is text behind the end of the array"
	}
	return "expected an object: each row is one"
}

// object reads the object at the next mark. It returns false where the text ends before the object does and
// where the object is broken.
func (w *walker) object(row int) bool {
	buf, pos, stop := w.buf, w.pos, w.stop
	prev, k := int(pos[w.k])+1, w.k+1
	if p := int(pos[k]); p < stop && buf[p] == '}' && w.blank(prev, p) {
		w.k, w.prev = k+1, p+1
		return true
	}
	last := &w.members.head
	for {
		// The name, which is usually the one that followed the same member before.
		p, q := int(pos[k]), int(pos[k+1])
		switch {
		case p >= stop:
			return false
		case p != prev && !w.blank(prev, p):
			return w.wrong(w.skipBlank(prev, p), "expected a name in quotes")
		case buf[p] != '"':
			return w.wrongMark(p, "expected a name in quotes")
		case q >= stop:
			return false
		}
		k += 2
		m := &w.members.other
		if len(w.spans) > 0 || w.members.added != nil {
			name := buf[p+1 : q]
			if m = last.next; m == nil || m.name != string(name) {
				if m = w.members.find(last, name); m.what != "" {
					return w.wrong(p, m.what)
				}
			}
			last = m
		}

		// The colon, and where the value begins, both before the next mark unless that is the value's first.
		mark := int(pos[k])
		v := q + 1
		if buf[v] != ':' || v >= mark {
			if v = w.skipBlank(v, mark); v >= stop {
				return false
			} else if buf[v] != ':' || v == mark {
				return w.wrongMark(v, "expected a colon")
			}
		}
		if v++; v < mark && buf[v] <= ' ' {
			v = w.skipBlank(v, mark)
		}
		if v >= stop {
			return false
		}

		// The value.
		end := 0
		switch c := buf[v]; {
		case v == mark && c == '"':
			if end = int(pos[k+1]) + 1; end > stop {
				return false
			}
			k += 2
		case v == mark && (c == '{' || c == '['):
			if k = w.nested(k); k < 0 {
				return false
			}
			end = int(pos[k-1]) + 1
		case v == mark:
			return w.wrongMark(mark, "expected a value")
		case mark >= stop:
			return false
		default:
			for end = mark; buf[end-1] <= ' ' && w.blank(end-1, end); end-- {
			}
			if m.slot < 0 && !validScalar(buf[v:end]) {
				return w.wrong(v, "expected a value")
			}
		}
		if m.slot >= 0 {
			s := &w.spans[m.slot][row]
			if s.end != 0 {
				return w.wrong(p, "two members of one object have this name")
			}
			*s = span{uint32(v), uint32(end)}
		}

		// The comma or the brace.
		mark = int(pos[k])
		switch {
		case mark != end && !w.blank(end, mark):
			return w.wrong(w.skipBlank(end, mark), "expected a comma or the end of the object")
		case mark >= stop:
			return false
		}
		k++
		prev = mark + 1
		if c := buf[mark]; c == ',' {
			continue
		} else if c != '}' {
			return w.wrongMark(mark, "expected a comma or the end of the object")
		}
		w.k, w.prev = k, prev
		return true
	}
}

// nested returns the number of the mark behind the nested value that begins at mark k, or -1.
func (w *walker) nested(k int) int {
	for depth := 0; ; k++ {
		p := int(w.pos[k])
		if p >= w.stop {
			return -1
		}
		switch w.buf[p] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return k + 1
			}
		case '\n':
			w.wrongMark(p, "")
			return -1
		}
	}
}
