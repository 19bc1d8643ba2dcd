package sql

import (
	"strings"

	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/sql/syntax"
)

func textConst(t types.Type, s string) *expr.Const { return &expr.Const{Value: vec.NewText(t, s, 1)} }

func int32Const(x int32) *expr.Const {
	return &expr.Const{Value: vec.NewConst(types.Of(types.Int32), types.KInt32, x, 1)}
}

func int64Const(x int64) *expr.Const {
	return &expr.Const{Value: vec.NewConst(types.Of(types.Int64), types.KInt64, x, 1)}
}

// numberConst binds a number as the lexer found it: the first of integer, bigint and numeric that holds it.
func numberConst(s string) (*expr.Const, error) {
	if strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0 {
		if x, err := text.ParseInt([]byte(s)); err == nil {
			if x == int64(int32(x)) {
				return int32Const(int32(x)), nil
			}
			return int64Const(x), nil
		}
	}
	n, err := vec.ParseNum([]byte(s))
	if err != nil {
		return nil, err
	}
	return numericConst(n), nil
}

// isWideNumber reports whether e is a number that is beyond what numeric holds here, such as 1e308.
func isWideNumber(e syntax.Expr) bool {
	if op, ok := e.(*syntax.Op); ok && op.Left == nil && (op.Name == "-" || op.Name == "+") {
		e = op.Right
	}
	n, ok := e.(*syntax.Number)
	if !ok {
		return false
	}
	_, err := numberConst(n.Text)
	return err != nil
}

// wideNumber binds a wide number as a floating-point number.
func (b *binder) wideNumber(e syntax.Expr, t types.Type) (value, error) {
	sign, n := "", e
	if op, ok := e.(*syntax.Op); ok {
		sign, n = op.Name, op.Right
	}
	c, err := b.literal(sign+n.(*syntax.Number).Text, t, true, e.Position())
	return value{e: c, pos: e.Position()}, err
}

// numericConst returns a numeric constant of the scale that its digits have.
func numericConst(n vec.Num) *expr.Const {
	scale := int(n.Scale)
	if n.Special != vec.NumFinite || scale > 38 {
		return &expr.Const{Value: vec.NewConst(types.Of(types.Numeric), types.KNum, n, 1)}
	}
	t := types.NumericOf(0, scale)
	if n.Coef.IsInt64() {
		return &expr.Const{Value: vec.NewConst(t, types.KInt64, int64(n.Coef.Lo), 1)}
	}
	return &expr.Const{Value: vec.NewConst(t, types.KInt128, n.Coef, 1)}
}

// numericLiteral returns the type that an untyped literal has as a numeric with the scale of its digits.
func numericLiteral(v value) (types.Type, bool) {
	c, ok := v.e.(*expr.Const)
	if !ok || c.Value.IsNull(0) {
		return types.Type{}, false
	}
	n, err := vec.ParseNum(c.Value.Bytes(0))
	if err != nil {
		return types.Type{}, false
	}
	t := numericConst(n).Type()
	return t, t.Scale != types.DynamicScale
}

// literal reads an untyped literal as a value of type t. With explicit, as in a cast, what is too long for
// varchar(n) is cut. A numeric without a stated scale gets that of the literal's digits.
func (b *binder) literal(s string, t types.Type, explicit bool, pos int) (*expr.Const, error) {
	switch {
	case t.ID == types.Text || t.ID == types.Unknown:
		return textConst(types.Of(types.Text), s), nil
	case explicit && (t.ID == types.Varchar || t.ID == types.Char):
		cut, err := text.Fit(t, []byte(s), true)
		if err != nil {
			return nil, at(err, pos)
		}
		return textConst(t, string(cut)), nil
	}
	stated := t
	if explicit && (t.ID == types.Bit || t.ID == types.VarBit) {
		t.Prec = 0
	}
	v, err := text.Const(t, s, b.style())
	if err == nil && stated != t {
		var cut []byte
		if cut, err = text.FitBits(stated, v.Bytes(0), true); err == nil {
			v = vec.NewText(stated, string(cut), 1)
		}
	}
	if err != nil {
		return nil, at(err, pos)
	}
	return &expr.Const{Value: v}, nil
}

func (b *binder) style() *text.Style {
	f := b.fn()
	if f == nil {
		return nil
	}
	return f.Style()
}

// at gives an error the place pos in the text, unless it has one.
func at(err error, pos int) error {
	if e, ok := err.(*sqlstate.Error); ok {
		return e.At(pos)
	}
	return err
}

// negated folds a sign into a number as written, so that -2147483648 is an integer; nil when v is none.
func negated(v value, sign string) *expr.Const {
	c, ok := v.e.(*expr.Const)
	if !ok || !v.num {
		return nil
	}
	if sign == "+" {
		return c
	}
	n, ok := numOf(c.Value)
	if !ok {
		return nil
	}
	coef, ok := n.Coef.Neg()
	if !ok {
		return nil
	}
	if n.Scale > 0 || !coef.IsInt64() {
		return numericConst(vec.Num{Coef: coef, Scale: n.Scale})
	}
	x := int64(coef.Lo)
	if x == int64(int32(x)) {
		return int32Const(int32(x))
	}
	return int64Const(x)
}
