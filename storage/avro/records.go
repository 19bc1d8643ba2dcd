package avro

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"gsql/exec/types"
	"gsql/storage/file"
)

// Record is a record of a file as values of Go: nil, bool, int64, float64, string, []byte, []any, a *Record, or a
// map[string]any. Logical types are left as they lie.
type Record struct {
	Values []any
	node   *node
}

// Get returns the value of a field, nil if there is none.
func (r *Record) Get(name string) any {
	v, _ := r.Lookup(name)
	return v
}

// Lookup returns the value of a field; ok is false if there is none.
func (r *Record) Lookup(name string) (value any, ok bool) {
	if r == nil {
		return nil, false
	}
	if i := slices.Index(r.node.names, name); i >= 0 {
		return r.Values[i], true
	}
	return nil, false
}

// ByID returns the value of the field with an ID; ok is false if there is none.
func (r *Record) ByID(id int) (value any, ok bool) {
	if r == nil {
		return nil, false
	}
	if i := slices.Index(r.node.ids, id); i >= 0 {
		return r.Values[i], true
	}
	return nil, false
}

// Records calls each with the records of a file, in order. Fields of the names in skip are nil.
func Records(ctx context.Context, f file.File, skip []string, each func(r *Record) error) error {
	h, err := f.Open()
	if err != nil {
		return err
	}
	defer h.Close()
	x, err := loadIndex(f, h)
	if err != nil {
		return err
	}
	if x.schema.form != formRecord {
		return corrupt(f, "its schema is no record")
	}
	v := &valueReader{skip: skip}
	for _, b := range x.blocks {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		data, err := x.read(f, h, b)
		if err != nil {
			return err
		}
		v.decoder = decoder{b: data}
		for n := range b.rows {
			r, _ := v.any(x.schema).(*Record)
			if v.err == nil && x.schema.least == 0 && n > int64(len(data)) {
				v.err = errCount
			}
			if v.err != nil {
				return corrupt(f, "%v", v.err).WithDetail("File \"%s\"%s.", f.Path, place(b.off, n+1))
			}
			if err := each(r); err != nil {
				return err
			}
		}
		if v.i < len(v.b) {
			return corrupt(f, "the block at %d has bytes behind its rows", b.off)
		}
	}
	return nil
}

var errAgain = errors.New("it has a record that has itself within")

// valueReader reads values of Go.
type valueReader struct {
	decoder
	skip []string
}

func (v *valueReader) any(n *node) any {
	switch n.form {
	case formBool:
		p := v.take(1)
		return p != nil && p[0] != 0
	case formInt:
		return v.long()
	case formFloat, formDouble:
		return v.float(n)
	case formBytes:
		return v.text(n, v.decoder.bytes())
	case formFixed:
		return slices.Clone(v.take(int64(n.size)))
	case formEnum:
		if k := v.long(); k >= 0 && k < int64(len(n.symbols)) {
			return n.symbols[k]
		}
		v.fail(errIndex)
	case formUnion:
		if c := v.branch(n); c != nil {
			return v.any(c)
		}
	case formRecord:
		return v.record(n)
	case formArray, formMap:
		return v.items(n)
	case formAgain:
		v.fail(errAgain)
	}
	return nil
}

func (v *valueReader) record(n *node) any {
	r := &Record{node: n, Values: make([]any, len(n.children))}
	for i, c := range n.children {
		if v.err != nil {
			break
		}
		if slices.Contains(v.skip, n.names[i]) {
			v.decoder.skip(c)
		} else {
			r.Values[i] = v.any(c)
		}
	}
	return r
}

// items reads an array, or a map of texts.
func (v *valueReader) items(n *node) any {
	if v.depth++; v.depth > maxDepth {
		v.fail(errDepth)
	}
	defer func() { v.depth-- }()
	var list []any
	var pairs map[string]any
	if n.form == formMap {
		pairs = map[string]any{}
	}
	for v.err == nil {
		k, _ := v.decoder.items()
		if k > int64(len(v.b)-v.i) {
			v.fail(errCount)
		}
		if k == 0 {
			break
		}
		for ; k > 0 && v.err == nil; k-- {
			if n.form == formMap {
				key := string(v.decoder.bytes())
				pairs[key] = v.any(n.children[0])
			} else {
				list = append(list, v.any(n.children[0]))
			}
		}
	}
	if n.form == formMap {
		return pairs
	}
	return list
}

func (v *valueReader) text(n *node, p []byte) any {
	if n.typ.ID == types.Text || n.meaning == uuidText {
		return string(p)
	}
	return slices.Clone(p)
}

func (v *valueReader) float(n *node) any {
	if n.form == formFloat {
		if p := v.take(4); p != nil {
			return float64(math.Float32frombits(binary.LittleEndian.Uint32(p)))
		}
	} else if p := v.take(8); p != nil {
		return math.Float64frombits(binary.LittleEndian.Uint64(p))
	}
	return 0.0
}
