package jsonpath

import (
	"math"
	"strconv"
	"strings"

	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// The SQLSTATEs of errors about the data, of SQL/JSON.
const (
	InvalidSubscript  sqlstate.Code = "22033"
	NonNumericItem    sqlstate.Code = "22036"
	SingletonRequired sqlstate.Code = "22038"
	ArrayNotFound     sqlstate.Code = "22039"
	MemberNotFound    sqlstate.Code = "2203A"
	NumberNotFound    sqlstate.Code = "2203B"
	ObjectNotFound    sqlstate.Code = "2203C"
)

func appendInt(i int) item { return strconv.AppendInt(nil, int64(i), 10) }

// arithmetic evaluates an operator on numbers.
func (e *Evaluator) arithmetic(n *node, x item, seq *sequence) (outcome, error) {
	if n.right == nil {
		return e.signed(n, x, seq)
	}
	a, res, err := e.operand(n, n.left, "left", x)
	if res == failed {
		return res, err
	}
	b, res, err := e.operand(n, n.right, "right", x)
	if res == failed {
		return res, err
	}
	var v vec.Num
	switch n.kind {
	case add:
		v, err = vec.AddNum(a, b)
	case sub:
		v, err = vec.SubNum(a, b)
	case mul:
		v, err = vec.MulNum(a, b)
	case div:
		v, err = vec.DivNum(a, b)
	default:
		v, err = vec.ModNum(a, b)
	}
	if err != nil {
		return e.dataError(err)
	}
	if n.next == nil && seq == nil {
		return found, nil
	}
	return e.next(n, v.Append(nil), seq)
}

// dataError is fail for an error that is there.
func (e *Evaluator) dataError(err error) (outcome, error) {
	if !e.throw {
		err = nil
	}
	return failed, err
}

// operand evaluates an operand, which must be one number.
func (e *Evaluator) operand(n, operand *node, side string, x item) (vec.Num, outcome, error) {
	var seq sequence
	res, err := e.unwrapped(operand, x, true, &seq)
	if res == failed {
		return vec.Num{}, res, err
	}
	if len(seq.items) != 1 || seq.items[0].kind() != jsontext.Number {
		res, err = e.fail(SingletonRequired, "%s operand of jsonpath operator %s is not a single numeric value", side, operatorNames[n.kind])
		return vec.Num{}, res, err
	}
	v, err := vec.ParseNum(seq.items[0])
	if err != nil {
		res, err = e.dataError(err)
		return v, res, err
	}
	return v, found, nil
}

// signed evaluates a sign, which stands before each of the numbers that its operand yields.
func (e *Evaluator) signed(n *node, x item, seq *sequence) (outcome, error) {
	var some sequence
	res, err := e.unwrapped(n.left, x, true, &some)
	if res == failed {
		return res, err
	}
	res = nothing
	for _, v := range some.items {
		if v.kind() != jsontext.Number {
			if seq == nil && n.next == nil {
				continue
			}
			return e.fail(NumberNotFound, "operand of unary jsonpath operator %s is not a numeric value", operatorNames[n.kind])
		}
		if seq == nil && n.next == nil {
			return found, nil
		}
		if n.kind == minus {
			v = negated(v)
		}
		if res, err = e.next(n, v, seq); res == failed || res == found && seq == nil {
			return res, err
		}
	}
	return res, nil
}

// negated returns a number with the other sign.
func negated(x item) item {
	for _, c := range x {
		if c >= '1' && c <= '9' {
			if x[0] == '-' {
				return x[1:]
			}
			return append(item("-"), x...)
		}
	}
	return x
}

func (e *Evaluator) method(n *node, x item, seq *sequence, unwrap bool) (outcome, error) {
	k := x.kind()
	switch n.text {
	case "type":
		name := typeNames[k]
		if k == datetimeKind {
			name = x.datetime().Kind.String()
		}
		return e.next(n, jsontext.Quote(nil, []byte(name)), seq)
	case "size":
		return e.sizeOf(n, x, seq)
	}
	if unwrap && k == jsontext.Array {
		return e.elements(n, x, seq)
	}
	switch n.text {
	case "double":
		return e.double(n, x, seq)
	case "datetime":
		return e.datetime(n, x, seq)
	case "keyvalue":
		return e.keyValue(n, x, seq)
	}
	if k != jsontext.Number {
		return e.fail(NonNumericItem, "jsonpath item method .%s() can only be applied to a numeric value", n.text)
	}
	v, err := vec.ParseNum(x)
	switch {
	case err != nil:
	case n.text == "abs":
		v = v.Abs()
	case n.text == "floor":
		v, err = v.Floor()
	default:
		v, err = v.Ceil()
	}
	if err != nil {
		return e.dataError(err)
	}
	return e.next(n, v.Append(nil), seq)
}

var typeNames = map[jsontext.Kind]string{
	jsontext.Null: "null", jsontext.String: "string", jsontext.Number: "number", jsontext.Bool: "boolean",
	jsontext.Array: "array", jsontext.Object: "object",
}

func (e *Evaluator) sizeOf(n *node, x item, seq *sequence) (outcome, error) {
	size := 1
	switch {
	case x.kind() == jsontext.Array:
		size = jsontext.Count(x)
	case !e.unwraps() && !e.lenient:
		return e.fail(ArrayNotFound, "jsonpath item method .size() can only be applied to an array")
	}
	return e.next(n, appendInt(size), seq)
}

// double checks that a number has the range of a float, and makes a number of a string that is one.
func (e *Evaluator) double(n *node, x item, seq *sequence) (outcome, error) {
	switch x.kind() {
	case jsontext.Number:
		if f, err := strconv.ParseFloat(string(x), 64); err != nil || math.IsInf(f, 0) {
			return e.fail(NonNumericItem, "numeric argument of jsonpath item method .double() is out of range for type double precision")
		}
		return e.next(n, x, seq)
	case jsontext.String:
		s, ok := textOf(x)
		f, err := strconv.ParseFloat(strings.TrimSpace(string(s)), 64)
		if !ok || err != nil || f-f != 0 {
			return e.fail(NonNumericItem, "string argument of jsonpath item method .double() is not a valid representation of a double precision number")
		}
		num, err := jsontext.Normalize(nil, strconv.AppendFloat(nil, f, 'g', 15, 64))
		if err != nil {
			return e.dataError(err)
		}
		return e.next(n, num, seq)
	}
	return e.fail(NonNumericItem, "jsonpath item method .double() can only be applied to a string or numeric value")
}

// keyValue yields an object for each member. The number that its id is tells objects of a document apart.
func (e *Evaluator) keyValue(n *node, x item, seq *sequence) (outcome, error) {
	if x.kind() != jsontext.Object {
		return e.fail(ObjectNotFound, "jsonpath item method .keyvalue() can only be applied to an object")
	}
	res := nothing
	for it := jsontext.Iterate(x); it.Next(); {
		v := append(item(`{"id": `), appendInt(e.placeOf(x))...)
		v = append(append(append(v, `, "key": "`...), it.Name...), `", "value": `...)
		v = append(append(v, it.Value()...), '}')
		var err error
		if res, err = e.next(n, v, seq); res == failed || res == found && seq == nil {
			return res, err
		}
	}
	return res, nil
}

// placeOf returns where x begins in the document: slices of one array end together. Values that are made on the way are
// at 0.
func (e *Evaluator) placeOf(x item) int {
	at := cap(e.doc) - cap(x)
	if at < 0 || at+len(x) > len(e.doc) || len(x) == 0 || &e.doc[at] != &x[0] {
		return 0
	}
	return at
}
