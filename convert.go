package gsql

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
	"time"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// value returns a value as one of the types that database/sql/driver knows.
func value(v *vec.Vector, i int, st *text.Style) any {
	if v.IsNull(i) {
		return nil
	}
	switch v.Type.ID {
	case types.Bool:
		return vec.At[uint8](v, i) != 0
	case types.Int16:
		return int64(vec.At[int16](v, i))
	case types.Int32:
		return int64(vec.At[int32](v, i))
	case types.Int64, types.OID:
		return vec.At[int64](v, i)
	case types.Float32:
		return float64(vec.At[float32](v, i))
	case types.Float64:
		return vec.At[float64](v, i)
	case types.Bytea:
		return append([]byte(nil), v.Bytes(i)...)
	case types.Date:
		if d := vec.At[int32](v, i); d != text.DateInfinity && d != text.DateNegInfinity {
			return time.Unix(int64(d)*86400, 0).UTC()
		}
	case types.Timestamp, types.TimestampTZ:
		if ts := vec.At[int64](v, i); ts != text.TimestampInfinity && ts != text.TimestampNegInf {
			t := time.UnixMicro(ts).UTC()
			if v.Type.ID == types.TimestampTZ && st != nil && st.Location != nil {
				t = t.In(st.Location)
			}
			return t
		}
	}
	return string(text.Append(nil, v, i, st))
}

// assign stores row i of v in the variable that dest points to.
func assign(dest any, v *vec.Vector, i int, st *text.Style) error {
	switch d := dest.(type) {
	case *any:
		*d = value(v, i, st)
		return nil
	case sql.Scanner:
		return d.Scan(value(v, i, st))
	case *string:
		if v.IsNull(i) {
			return fmt.Errorf("NULL does not fit into %T; use a **string or sql.NullString", dest)
		}
		*d = string(text.Append(nil, v, i, st))
		return nil
	case *[]byte:
		*d = nil
		if !v.IsNull(i) {
			if v.Type.ID == types.Bytea {
				*d = append([]byte{}, v.Bytes(i)...)
			} else {
				*d = text.Append([]byte{}, v, i, st)
			}
		}
		return nil
	}
	p := reflect.ValueOf(dest)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return fmt.Errorf("%T is not a pointer", dest)
	}
	return assignReflect(p.Elem(), v, i, st)
}

func assignReflect(dst reflect.Value, v *vec.Vector, i int, st *text.Style) error {
	if dst.Kind() == reflect.Pointer {
		if v.IsNull(i) {
			dst.SetZero()
			return nil
		}
		p := reflect.New(dst.Type().Elem())
		if err := assign(p.Interface(), v, i, st); err != nil {
			return err
		}
		dst.Set(p)
		return nil
	}
	if v.IsNull(i) {
		return fmt.Errorf("NULL does not fit into %s; use a *%s", dst.Type(), dst.Type())
	}
	if v.Type.ID == types.Array && dst.Kind() == reflect.Slice {
		return assignSlice(dst, v, i, st)
	}
	x := value(v, i, st)
	src := reflect.ValueOf(x)
	switch {
	case src.Type().AssignableTo(dst.Type()):
		dst.Set(src)
		return nil
	case dst.Kind() == reflect.String:
		dst.SetString(string(text.Append(nil, v, i, st)))
		return nil
	case dst.CanInt():
		n, err := toInt(x)
		if err == nil && !dst.OverflowInt(n) {
			dst.SetInt(n)
			return nil
		}
	case dst.CanUint():
		n, err := toInt(x)
		if err == nil && n >= 0 && !dst.OverflowUint(uint64(n)) {
			dst.SetUint(uint64(n))
			return nil
		}
	case dst.CanFloat():
		if f, err := toFloat(x); err == nil {
			dst.SetFloat(f)
			return nil
		}
	}
	return fmt.Errorf("%s of type %s does not fit into %s", text.String(v, i, st), v.Type, dst.Type())
}

// assignSlice stores an array: in slices of slices when it has more than one dimension, of the depth that it has. Lower bounds
// are lost.
func assignSlice(dst reflect.Value, v *vec.Vector, i int, st *text.Style) error {
	l := vec.At[vec.List](v, i)
	child := v.Child
	if v.Enc == vec.Dict {
		child = v.Dict.Child
	}
	d := l.Dims()
	n := 0
	if d.N > 0 {
		n = int(d.Len[0])
	}
	s := sliceReader{child: child, at: int(l.Off), dims: d, style: st}
	return s.assign(dst, 0, n)
}

// sliceReader stores the elements of an array one after the other.
type sliceReader struct {
	child *vec.Vector
	at    int
	dims  vec.Dims
	style *text.Style
}

// assign stores n members of dimension k.
func (s *sliceReader) assign(dst reflect.Value, k, n int) error {
	if dst.Kind() != reflect.Slice {
		return fmt.Errorf("an array of %d dimensions does not fit into %s", s.dims.N, dst.Type())
	}
	out := reflect.MakeSlice(dst.Type(), n, n)
	for m := range n {
		var err error
		if k+1 < s.dims.N {
			err = s.assign(out.Index(m), k+1, int(s.dims.Len[k+1]))
		} else {
			err = assign(out.Index(m).Addr().Interface(), s.child, s.at, s.style)
			s.at++
		}
		if err != nil {
			return fmt.Errorf("element %d: %w", m+1, err)
		}
	}
	dst.Set(out)
	return nil
}

func toInt(x any) (int64, error) {
	switch x := x.(type) {
	case int64:
		return x, nil
	case string:
		return text.ParseInt([]byte(x))
	}
	return 0, fmt.Errorf("no whole number")
}

func toFloat(x any) (float64, error) {
	switch x := x.(type) {
	case int64:
		return float64(x), nil
	case float64:
		return x, nil
	case string:
		return text.ParseFloat([]byte(x), 64)
	}
	return 0, fmt.Errorf("no number")
}

// parameter turns a Go value into a one-row vector. Strings and nil come out with unknown type, which the
// statement settles.
func parameter(x any) (*vec.Vector, error) {
	switch x := x.(type) {
	case nil:
		return vec.NewNull(types.Type{}, 1), nil
	case *vec.Vector:
		return x, nil
	case bool:
		var b uint8
		if x {
			b = 1
		}
		return vec.NewConst(types.Of(types.Bool), types.KBool, b, 1), nil
	case string:
		return vec.NewText(types.Type{}, x, 1), nil
	case []byte:
		return vec.NewText(types.Of(types.Bytea), string(x), 1), nil
	case time.Time:
		return vec.NewConst(types.Of(types.TimestampTZ), types.KInt64, x.UnixMicro(), 1), nil
	}
	v := reflect.ValueOf(x)
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return vec.NewNull(types.Type{}, 1), nil
	}
	if x, ok := x.(driver.Valuer); ok {
		y, err := x.Value()
		if err != nil {
			return nil, err
		}
		if _, again := y.(driver.Valuer); again {
			return nil, fmt.Errorf("gsql: the value of a %T is a driver.Valuer again", x)
		}
		return parameter(y)
	}
	switch {
	case v.Kind() == reflect.Pointer:
		return parameter(v.Elem().Interface())
	case v.CanInt():
		return vec.NewConst(types.Of(types.Int64), types.KInt64, v.Int(), 1), nil
	case v.CanUint() && v.Uint() < 1<<63:
		return vec.NewConst(types.Of(types.Int64), types.KInt64, int64(v.Uint()), 1), nil
	case v.CanUint():
		return vec.NewText(types.Type{}, fmt.Sprint(v.Uint()), 1), nil
	case v.CanFloat():
		return vec.NewConst(types.Of(types.Float64), types.KFloat64, v.Float(), 1), nil
	case v.Kind() == reflect.String:
		return vec.NewText(types.Type{}, v.String(), 1), nil
	case v.Kind() == reflect.Bool:
		return parameter(v.Bool())
	case v.Kind() == reflect.Slice:
		return arrayParameter(v)
	}
	return nil, fmt.Errorf("gsql: arguments of type %T are not supported", x)
}

// arrayParameter writes a slice as the text of an array, whose type the statement settles; slices of slices are arrays of more
// dimensions.
func arrayParameter(v reflect.Value) (*vec.Vector, error) {
	b, err := appendSlice(nil, v)
	if err != nil {
		return nil, err
	}
	return vec.NewText(types.Type{}, string(b), 1), nil
}

// appendSlice appends the text of an array. Members none of which has elements make one without elements.
func appendSlice(b []byte, v reflect.Value) ([]byte, error) {
	start, empty := len(b), true
	b = append(b, '{')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		from := len(b)
		var err error
		if inner, ok := innerSlice(v.Index(i)); ok {
			b, err = appendSlice(b, inner)
			empty = empty && string(b[from:]) == "{}"
		} else {
			b, err = appendMember(b, v.Index(i).Interface())
			empty = false
		}
		if err != nil {
			return nil, err
		}
	}
	if empty {
		b = append(b[:start], '{')
	}
	return append(b, '}'), nil
}

// innerSlice returns the slice that a member of a slice is; ok is false where it is another value.
func innerSlice(v reflect.Value) (inner reflect.Value, ok bool) {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.Kind() != reflect.Slice || v.Type().Elem().Kind() == reflect.Uint8 {
		return v, false
	}
	_, valuer := v.Interface().(driver.Valuer)
	return v, !valuer
}

func appendMember(b []byte, x any) ([]byte, error) {
	v, err := parameter(x)
	if err != nil {
		return nil, err
	}
	if v.IsNull(0) {
		return append(b, "NULL"...), nil
	}
	b = append(b, '"')
	for _, c := range text.Append(nil, v, 0, nil) {
		if c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return append(b, '"'), nil
}
