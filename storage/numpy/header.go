package numpy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/storage/file"
	"gsql/storage/scan"
)

const (
	magic      = "\x93NUMPY"
	maxHeader  = 16 << 20
	maxDims    = 64 // as in numpy
	maxItem    = 16 << 20
	maxFields  = 1500
	maxNesting = 10 // of the description
)

// array says how the elements of a file lie.
type array struct {
	data    int64 // where the first lies
	item    int   // bytes of one
	shape   []int64
	count   int64
	fortran bool // the first index changes fastest
	fields  []field
}

func corrupt(f file.File, what string, args ...any) *sqlstate.Error {
	return scan.Corrupt("numpy", f, what, args...)
}

// readHeader reads the description at the beginning of a file.
func readHeader(f file.File, h io.ReaderAt) (*array, error) {
	var head [12]byte
	n, err := h.ReadAt(head[:], 0)
	if err != nil && err != io.EOF {
		return nil, file.Error(f.Path, err)
	}
	if n < 10 || string(head[:6]) != magic {
		return nil, corrupt(f, "it does not begin as an array does")
	}
	from, size := int64(10), int64(binary.LittleEndian.Uint16(head[8:]))
	if head[6] > 1 {
		from, size = 12, int64(binary.LittleEndian.Uint32(head[8:]))
	}
	if head[6] < 1 || head[6] > 3 || size > maxHeader || from+size > f.Size {
		return nil, corrupt(f, "its description is not valid")
	}
	text := make([]byte, size)
	if _, err := h.ReadAt(text, from); err != nil && err != io.EOF {
		return nil, file.Error(f.Path, err)
	}
	a := &array{data: from + size}
	return a, a.describe(f, string(text))
}

// describe takes what the description says.
func (a *array) describe(f file.File, text string) error {
	p := literals{s: text}
	v, err := p.parse()
	d, ok := v.(map[string]any)
	if err != nil || !ok {
		return corrupt(f, "its description is not valid")
	}
	a.fortran, _ = d["fortran_order"].(bool)
	shape, ok := d["shape"].([]any)
	if !ok || len(shape) > maxDims {
		return corrupt(f, "its shape is not valid")
	}
	a.count = 1
	empty := false
	for _, x := range shape {
		n, ok := x.(int64)
		if !ok || n < 0 {
			return corrupt(f, "its shape is not valid")
		}
		if a.shape = append(a.shape, n); n == 0 {
			empty = true
		} else if a.count > math.MaxInt64/n {
			return corrupt(f, "its shape is not valid")
		} else {
			a.count *= n
		}
	}
	if empty {
		a.count = 0
	}
	if err := a.types(f, d["descr"]); err != nil {
		return err
	}
	return a.fits(f)
}

// fits checks that the file has all elements, and nothing else.
func (a *array) fits(f file.File) error {
	left := f.Size - a.data
	if a.count > left/int64(a.item) {
		return corrupt(f, "it ends before its last element").WithHint("It was not written or not copied to its end.")
	}
	if left > a.count*int64(a.item) {
		return sqlstate.Unsupported("Write each array to a file of its own.", "file \"%s\" has data behind its array", f.Path)
	}
	return nil
}

// types finds the types of elements.
func (a *array) types(f file.File, descr any) error {
	unsupported := func(what any) error {
		return sqlstate.Unsupported("Write it with another dtype.", "file \"%s\" has elements of dtype %v, which is not supported", f.Path, what)
	}
	switch d := descr.(type) {
	case string:
		fs, err := fieldsOf("value", d)
		if err != nil {
			return unsupported(d)
		}
		a.fields, a.item = fs, fs[0].size(len(fs))
	case []any:
		for _, x := range d {
			t, ok := x.([]any)
			if !ok || len(t) != 2 {
				return unsupported(fmt.Sprint(x))
			}
			name, ok := t[0].(string)
			kind, ok2 := t[1].(string)
			if !ok || !ok2 {
				return unsupported(fmt.Sprint(x))
			}
			if pad, err := strconv.Atoi(strings.TrimPrefix(kind, "|V")); name == "" && err == nil && pad >= 0 && pad <= maxItem {
				a.item += pad // between fields
				continue
			}
			fs, err := fieldsOf(name, kind)
			if err != nil || len(a.fields) > maxFields {
				return unsupported(kind)
			}
			for i := range fs {
				fs[i].off += a.item
			}
			a.fields, a.item = append(a.fields, fs...), a.item+fs[0].size(len(fs))
		}
	default:
		return corrupt(f, "its dtype is not valid")
	}
	if a.item == 0 {
		return unsupported("without bytes")
	}
	if a.item > maxItem {
		return sqlstate.New(sqlstate.ProgramLimitExceeded, "an element of file \"%s\" has more than %d bytes", f.Path, maxItem)
	}
	return nil
}

// literals reads the part of Python's literals that descriptions have: dictionaries, lists, tuples, strings, numbers and
// booleans.
type literals struct {
	s     string
	depth int
}

var errLiteral = errors.New("not a literal")

func (p *literals) parse() (any, error) {
	v, err := p.value()
	if p.space(); err == nil && p.s != "" {
		err = errLiteral
	}
	return v, err
}

func (p *literals) space() { p.s = strings.TrimLeft(p.s, " \t\r\n") }

// take passes a prefix, if it is there.
func (p *literals) take(prefix string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.s, prefix)
	if ok {
		p.s = rest
	}
	return ok
}

func (p *literals) value() (any, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, errLiteral
	}
	defer func() { p.depth-- }()
	switch {
	case p.take("{"):
		return p.dictionary()
	case p.take("["):
		return p.list("]")
	case p.take("("):
		return p.list(")")
	case p.take("True"):
		return true, nil
	case p.take("False"):
		return false, nil
	}
	if p.s != "" && (p.s[0] == '\'' || p.s[0] == '"') {
		i := strings.IndexByte(p.s[1:], p.s[0])
		if i < 0 || strings.IndexByte(p.s[1:1+i], '\\') >= 0 {
			return nil, errLiteral
		}
		v := p.s[1 : 1+i]
		p.s = p.s[i+2:]
		return v, nil
	}
	n := 0
	for n < len(p.s) && p.s[n]-'0' <= 9 {
		n++
	}
	x, err := strconv.ParseInt(p.s[:n], 10, 64)
	p.s = strings.TrimPrefix(p.s[n:], "L") // of Python 2
	return x, err
}

func (p *literals) list(end string) (any, error) {
	out := []any{}
	for !p.take(end) {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		if out = append(out, v); !p.take(",") {
			if !p.take(end) {
				return nil, errLiteral
			}
			break
		}
	}
	return out, nil
}

func (p *literals) dictionary() (any, error) {
	out := map[string]any{}
	for !p.take("}") {
		k, err := p.value()
		key, ok := k.(string)
		if err != nil || !ok || !p.take(":") {
			return nil, errLiteral
		}
		if out[key], err = p.value(); err != nil {
			return nil, err
		}
		if !p.take(",") {
			if !p.take("}") {
				return nil, errLiteral
			}
			break
		}
	}
	return out, nil
}
