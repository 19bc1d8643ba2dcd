package expr

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Key returns a string that two expressions share exactly when they are the same: the same tree over the
// same columns. It is not for reading.
func Key(e Expr) string { return string(appendKey(nil, e)) }

// Equal reports whether two expressions are the same tree over the same columns.
func Equal(a, b Expr) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a == b || a.Type() == b.Type() && Key(a) == Key(b)
}

// IsVolatile reports whether e calls a volatile function.
func IsVolatile(e Expr) bool { return volatility(e) == fn.Volatile }

// IsImmutable reports whether e calls immutable functions alone.
func IsImmutable(e Expr) bool { return volatility(e) == fn.Immutable }

// volatility returns the least stable volatility of the functions in e.
func volatility(e Expr) fn.Volatility {
	most := fn.Immutable
	Walk(e, func(x Expr) bool {
		switch x := x.(type) {
		case *Call:
			most = max(most, x.Fn.Volatility)
		case *Cast:
			if x.Cast.Scalar != nil {
				most = max(most, x.Cast.Scalar.Volatility)
			}
		}
		return true
	})
	return most
}

// Every node is written as a letter, its own data, and its children between brackets, so that no two trees
// read the same.
func appendKey(b []byte, e Expr) []byte {
	switch e := e.(type) {
	case nil:
		return append(b, '0')
	case *Column:
		return binary.AppendVarint(append(b, 'c'), int64(e.ID))
	case *Const:
		return appendConst(append(b, 'k'), e.Value)
	case *Param:
		return appendType(binary.AppendVarint(append(b, '$'), int64(e.N)), e.Typ)
	case *Call:
		b = appendPointer(append(b, 'f'), e.Fn)
		return appendKeys(appendType(b, e.Typ), e.Args)
	case *Cast:
		b = appendPointer(append(b, 't'), e.Cast)
		return appendKeys(appendType(b, e.Typ), []Expr{e.Arg})
	case *And:
		return appendKeys(append(b, '&'), e.Terms)
	case *Or:
		return appendKeys(append(b, '|'), e.Terms)
	case *Not:
		return appendKey(append(b, '!'), e.Arg)
	case *IsNull:
		return appendKey(appendBool(append(b, 'n'), e.Not), e.Arg)
	case *Case:
		b = appendType(append(b, '?'), e.Typ)
		return appendKeys(appendBool(b, e.Else != nil), Children(e))
	case *Coalesce:
		return appendKeys(appendType(append(b, 'o'), e.Typ), e.Args)
	case *In:
		b = appendKey(append(appendPointer(append(b, 'i'), e.Eq), '('), e.Arg)
		for _, c := range e.List {
			b = appendConst(b, c.Value)
		}
		return append(b, ')')
	case *Var:
		return binary.AppendVarint(append(b, 'v'), int64(e.ID))
	case *Lambda:
		b = append(append(b, 'l'), byte(e.Kind))
		for _, v := range []*Var{e.Acc, e.Elem, e.Index} {
			if v != nil {
				b = binary.AppendVarint(b, int64(v.ID))
			}
			b = append(b, ',')
		}
		return appendKeys(appendType(b, e.Typ), Children(e))
	case *Aggregate:
		return appendAggregate(append(b, 'a'), e)
	case *Window:
		return appendWindow(append(b, 'w'), e)
	case *Subquery:
		return appendKey(fmt.Appendf(append(b, 'q'), "%p,%d", e.Query, e.Kind), e.Cond)
	}
	panic(fmt.Sprintf("expr: Key of %T", e))
}

func appendKeys(b []byte, es []Expr) []byte {
	b = append(b, '(')
	for _, e := range es {
		b = append(appendKey(b, e), ',')
	}
	return append(b, ')')
}

// appendPointer writes which function it is.
func appendPointer[T any](b []byte, p *T) []byte {
	return binary.AppendUvarint(b, uint64(uintptr(unsafe.Pointer(p))))
}

func appendBool(b []byte, x bool) []byte {
	if x {
		return append(b, '1')
	}
	return append(b, '0')
}

func appendType(b []byte, t types.Type) []byte {
	return t.AppendKey(b)
}

func appendConst(b []byte, v *vec.Vector) []byte {
	b = appendType(b, v.Type)
	switch {
	case v.IsNull(0):
		return append(b, 'N')
	case v.Kind == types.KView:
		s := v.Bytes(0)
		return append(binary.AppendUvarint(append(b, 'S'), uint64(len(s))), s...)
	case v.Kind == types.KList:
		l := vec.At[vec.List](v, 0)
		b = binary.AppendUvarint(append(b, 'L'), uint64(l.Len))
		b = binary.AppendUvarint(b, uint64(l.Shape))
		for i := range l.Len {
			b = appendConst(b, vec.Gather(v.Child, []uint32{l.Off + i}))
		}
		return b
	case v.Kind == types.KRow:
		b = append(b, 'R')
		for k := range v.Type.Fields() {
			b = appendConst(b, vec.Field(v.WithLen(1), k))
		}
		return b
	}
	return append(append(b, 'F', byte(v.Kind)), v.Data[:v.Kind.Width()]...)
}

func appendAggregate(b []byte, e *Aggregate) []byte {
	b = appendBool(appendPointer(b, e.Fn), e.Distinct)
	b = appendKeys(appendType(b, e.Typ), e.Args)
	return appendSortKeys(appendKey(b, e.Filter), e.OrderBy)
}

func appendWindow(b []byte, e *Window) []byte {
	b = fmt.Appendf(b, "%p", e.Fn)
	if e.Agg != nil {
		b = appendAggregate(append(b, 'a'), e.Agg)
	}
	b = appendKeys(appendType(b, e.Typ), e.Args)
	b = appendSortKeys(appendKeys(b, e.PartitionBy), e.OrderBy)
	b = append(appendBool(b, e.IgnoreNulls), byte(e.Frame.Mode), byte(e.Frame.Exclude))
	for _, x := range []Bound{e.Frame.Start, e.Frame.End} {
		b = appendKey(append(b, byte(x.Kind)), x.Offset)
	}
	return b
}

func appendSortKeys(b []byte, keys []SortKey) []byte {
	b = append(b, '[')
	for _, k := range keys {
		b = appendBool(appendBool(appendKey(b, k.Expr), k.Desc), k.NullsFirst)
	}
	return append(b, ']')
}
