// Package json reads JSON: objects one after the other, usually one a line (NDJSON), or one array of objects.
// Each object is a row; its members are columns, found with their types in a sample. Nested values are json.
package json

import (
	"bytes"
	"context"
	"io"
	"math"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/storage/file"
)

const (
	sampleRows  = 20_480
	sampleFiles = 8
)

// Shape is what is known of files before they are read.
type Shape struct {
	Columns exec.Schema
	// Splittable: no object spans lines, so that a file can be read from any newline.
	Splittable bool
	rowBytes   float64
}

// kind is what the values of a member have been so far.
type kind uint8

const (
	kNone kind = iota
	kBool
	kInt
	kFloat
	kDate
	kTimestamp
	kText
	kJSON
)

var kindTypes = [...]types.ID{kNone: types.JSON, kBool: types.Bool, kInt: types.Int64, kFloat: types.Float64,
	kDate: types.Date, kTimestamp: types.Timestamp, kText: types.Text, kJSON: types.JSON}

// kindOf returns what a value could be.
func kindOf(v []byte) kind {
	switch c := v[0]; c {
	case 'n':
		return kNone
	case 't', 'f':
		return kBool
	case '{', '[':
		return kJSON
	case '"':
		s := v[1 : len(v)-1]
		if _, ok := text.ParseDateISO(s); ok {
			return kDate
		}
		if _, ok := text.ParseTimestampISO(s); ok {
			return kTimestamp
		}
		return kText
	}
	if bytes.ContainsAny(v, ".eE") {
		return kFloat
	}
	if _, err := text.ParseInt(v); err != nil {
		return kFloat
	}
	return kInt
}

// join returns the kind that holds values of both.
func join(a, b kind) kind {
	switch {
	case a == b || b == kNone:
		return a
	case a == kNone:
		return b
	case a > b:
		a, b = b, a
	}
	switch {
	case a == kInt && b == kFloat:
		return kFloat
	case a == kDate && b == kTimestamp:
		return kTimestamp
	case a >= kDate && b <= kText:
		return kText
	}
	return kJSON
}

// Infer finds the columns in a sample of the first files.
func Infer(ctx context.Context, files []file.File) (*Shape, error) {
	if len(files) == 0 {
		return nil, sqlstate.New(sqlstate.UndefinedFile, "no files")
	}
	s := &sampler{index: map[string]int{}, splittable: true}
	for _, f := range files[:min(len(files), sampleFiles)] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := s.sample(f); err != nil {
			return nil, err
		}
	}
	shape := &Shape{Splittable: s.splittable, rowBytes: float64(s.bytes) / max(float64(s.rows), 1)}
	for i, name := range s.names {
		shape.Columns = append(shape.Columns, exec.Field{Name: name, Type: types.Of(kindTypes[s.kinds[i]])})
	}
	if len(shape.Columns) == 0 {
		return nil, sqlstate.New(sqlstate.DataCorrupted, "file \"%s\" has no objects with members", files[0].Path)
	}
	return shape, nil
}

type sampler struct {
	index      map[string]int
	names      []string
	kinds      []kind
	rows       int
	bytes      int64
	splittable bool
}

func (s *sampler) sample(f file.File) error {
	w, err := openWindow(f, 0, math.MaxInt64, func(int64) {})
	if err != nil {
		return err
	}
	defer w.close()
	if w.list {
		s.splittable = false
	}
	for s.rows < sampleRows {
		obj, err := w.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		s.rows++
		s.bytes += int64(len(obj)) + 1
		s.splittable = s.splittable && bytes.IndexByte(obj, '\n') < 0
		err = members(obj, func(key, value []byte) error { s.add(key, value); return nil })
		if err != nil {
			return w.error(w.at-len(obj), err.Error(), sqlstate.BadTextValue)
		}
	}
	return nil
}

func (s *sampler) add(key, value []byte) {
	i, ok := s.index[string(key)]
	if !ok {
		i = len(s.names)
		s.index[string(key)] = i
		s.names, s.kinds = append(s.names, string(key)), append(s.kinds, kNone)
	}
	s.kinds[i] = join(s.kinds[i], kindOf(value))
}

// members calls f for each member of a checked object with its name, unescaped, and its value as it stands.
func members(obj []byte, f func(key, value []byte) error) error {
	if obj[0] != '{' {
		return bad(0, "a row must be an object")
	}
	i := skipSpace(obj, 1)
	var name []byte
	for obj[i] != '}' {
		keyEnd, err := skipString(obj, i)
		if err != nil {
			return err
		}
		key := obj[i+1 : keyEnd-1]
		if bytes.IndexByte(key, '\\') >= 0 {
			ok := false
			if name, ok = unquote(name[:0], obj[i:keyEnd]); !ok {
				return bad(i, "a wrong escape sequence")
			}
			key = name
		}
		from, err := skipKey(obj, i)
		if err != nil {
			return err
		}
		to, err := skipValue(obj, from, 1)
		if err != nil {
			return err
		}
		if err := f(key, obj[from:to]); err != nil {
			return err
		}
		if i = skipSpace(obj, to); obj[i] == ',' {
			i = skipSpace(obj, i+1)
		}
	}
	return nil
}
