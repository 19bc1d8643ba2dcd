package catalog

import (
	"fmt"
	"iter"
	"time"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// A part makes rows of a relation. It appends, for each row, one value to each of the builders, which are of the
// columns that the scan wants.
type part func(s *Snapshot, sc *scan) error

// parts has what makes the rows of the relations that have some, by schema and name.
var parts = map[string][]part{}

// columnsOf says how the columns of a relation come from a value of T that its row is made of: each a func(T) or
// func(*Snapshot, T) of a Go type that appendGo knows. Columns that are not there have their default; see blank.
type columnsOf[T any] map[string]any

// define adds rows to a relation: one for each value that rows yields. Only the columns that a scan wants are computed.
func define[T any](name string, rows func(s *Snapshot, sc *scan) iter.Seq[T], columns columnsOf[T]) {
	getters := map[string]func(*Snapshot, *vec.Builder, T) error{}
	for column, f := range columns {
		getters[column] = getter[T](f)
	}
	parts[name] = append(parts[name], func(s *Snapshot, sc *scan) error {
		get := make([]func(*Snapshot, *vec.Builder, T) error, len(sc.out))
		for i, f := range sc.out {
			get[i] = getters[f.Name]
		}
		for x := range rows(s, sc) {
			for i, g := range get {
				var err error
				if g != nil {
					err = g(s, sc.builders[i], x)
				} else {
					sc.appendBlank(i)
				}
				if err != nil {
					return err
				}
			}
			sc.rows++
		}
		return nil
	})
}

// getter returns what appends the value of a column's function.
func getter[T any](f any) func(*Snapshot, *vec.Builder, T) error {
	switch f := f.(type) {
	case func(T) string:
		return func(s *Snapshot, b *vec.Builder, x T) error { return s.appendText(b, f(x)) }
	case func(T) uint32:
		return func(_ *Snapshot, b *vec.Builder, x T) error { vec.Append(b, int64(f(x))); return nil }
	case func(T) int32:
		return func(_ *Snapshot, b *vec.Builder, x T) error { return appendInt(b, int64(f(x))) }
	case func(T) bool:
		return func(_ *Snapshot, b *vec.Builder, x T) error { b.AppendBool(f(x)); return nil }
	case func(T) any:
		return func(s *Snapshot, b *vec.Builder, x T) error { return s.appendGo(b, f(x)) }
	case func(*Snapshot, T) any:
		return func(s *Snapshot, b *vec.Builder, x T) error { return s.appendGo(b, f(s, x)) }
	}
	panic(fmt.Sprintf("catalog: a column computed by a %T", f))
}

// appendGo appends a Go value to a builder of a type that goes with it. nil is NULL; strings are read as the type's
// text form.
func (s *Snapshot) appendGo(b *vec.Builder, v any) error {
	switch v := v.(type) {
	case nil:
		b.AppendNull()
	case string:
		return s.appendText(b, v)
	case bool:
		b.AppendBool(v)
	case uint32:
		vec.Append(b, int64(v))
	case int:
		return appendInt(b, int64(v))
	case int32:
		return appendInt(b, int64(v))
	case int64:
		return appendInt(b, v)
	case float32:
		vec.Append(b, v)
	case float64:
		vec.Append(b, v)
	case time.Time:
		if v.IsZero() {
			b.AppendNull()
		} else {
			vec.Append(b, v.UnixMicro())
		}
	case []string:
		var err error
		b.AppendList(func(c *vec.Builder) {
			for _, x := range v {
				if e := s.appendText(c, x); e != nil {
					err = e
				}
			}
		})
		return err
	case []uint32:
		b.AppendList(func(c *vec.Builder) {
			for _, x := range v {
				vec.Append(c, int64(x))
			}
		})
	default:
		panic(fmt.Sprintf("catalog: a value of type %T", v))
	}
	return nil
}

func appendInt(b *vec.Builder, x int64) error {
	switch b.Type().ID {
	case types.Int16:
		vec.Append(b, int16(x))
	case types.Int32:
		vec.Append(b, int32(x))
	case types.Float32:
		vec.Append(b, float32(x))
	case types.Float64:
		vec.Append(b, float64(x))
	default:
		vec.Append(b, x)
	}
	return nil
}

func (s *Snapshot) appendText(b *vec.Builder, v string) error {
	switch t := b.Type(); t.ID {
	case types.Text, types.Name:
		b.AppendString(v)
		return nil
	default:
		return text.Parse(b, t, []byte(v), nil)
	}
}

// static adds the rows of a section of postgres.tsv for which keep, if there is one, is true.
func static(name string, keep func(row []string) bool, constants map[string]string) {
	_, table, _ := cutName(name)
	parts[name] = append(parts[name], func(s *Snapshot, sc *scan) error {
		sec := sections()[table]
		at := make([]int, len(sc.out))
		for i, f := range sc.out {
			at[i] = sec.index(f.Name)
		}
		for _, row := range sec.rows {
			if keep != nil && !keep(row) {
				continue
			}
			for i, b := range sc.builders {
				constant, ok := constants[sc.out[i].Name]
				field, null := constant, false
				if at[i] >= 0 {
					field, null = unescape(row[at[i]])
				}
				switch {
				case at[i] < 0 && !ok:
					sc.appendBlank(i)
				case null:
					b.AppendNull()
				default:
					if err := s.appendText(b, field); err != nil {
						return err
					}
				}
			}
			sc.rows++
		}
		return nil
	})
}
