package jsonpath

import (
	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// Evaluator applies a path to documents. One goroutine uses it.
type Evaluator struct {
	path   *Path
	vars   []byte // an object, or nil
	silent bool
	check  func() error // see New; may be nil
	steps  int
	zone   *Zone // nil: values with and without one are not compared

	doc     []byte // $
	current item   // @
	size    int    // of the array whose subscript is evaluated
	lenient bool   // structural errors are no errors
	throw   bool   // errors of data are returned, not only noted
	fatal   error  // what is an error even where others are not thrown
}

// item is a value: its text, in normal form. It may lie in the document.
type item []byte

func (x item) kind() jsontext.Kind {
	if len(x) > 0 && x[0] == datetimeMark {
		return datetimeKind
	}
	return jsontext.KindOf(x)
}

// outcome is how the evaluation of a part went.
type outcome uint8

const (
	found outcome = iota
	nothing
	failed // and the error is in err, unless it is not thrown
)

// sequence collects items; a nil one asks only whether there is one.
type sequence struct{ items []item }

func (s *sequence) add(x item) { s.items = append(s.items, x) }

// New returns an evaluator. vars is the document with the variables, which must be an object; nil: there are none. With
// silent, errors about the data do not end the evaluation with an error. check, unless nil, is called now and then and
// may return an error to stop at.
func New(p *Path, vars []byte, silent bool, check func() error) (*Evaluator, error) {
	if vars != nil && jsontext.KindOf(vars) != jsontext.Object {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "\"vars\" argument is not an object").
			WithDetail("Jsonpath parameters should be encoded as key-value pairs of \"vars\" object.")
	}
	return &Evaluator{path: p, vars: vars, silent: silent, check: check}, nil
}

// run evaluates the path for a document, collecting what it yields in seq unless that is nil.
func (e *Evaluator) run(doc []byte, seq *sequence) (outcome, error) {
	e.doc, e.current, e.size, e.lenient, e.throw, e.fatal = doc, doc, -1, !e.path.strict, !e.silent, nil
	if seq == nil && e.path.strict {
		// All values are asked for, to see that there are no errors.
		seq = &sequence{}
		res, err := e.item(e.path.root, doc, seq, e.unwraps())
		if res == found && len(seq.items) == 0 {
			res = nothing
		}
		return e.end(res, err)
	}
	return e.end(e.item(e.path.root, doc, seq, e.unwraps()))
}

func (e *Evaluator) end(res outcome, err error) (outcome, error) {
	if e.fatal != nil {
		return failed, e.fatal
	}
	return res, err
}

// Exists reports whether the path yields an item; ok is false where an error is silent.
func (e *Evaluator) Exists(doc []byte) (exists, ok bool, err error) {
	res, err := e.run(doc, nil)
	return res == found, res != failed, err
}

// Match returns the truth value that the path yields; ok is false where it yields none: null, or silently anything else.
func (e *Evaluator) Match(doc []byte) (truth, ok bool, err error) {
	var seq sequence
	res, err := e.run(doc, &seq)
	if err != nil {
		return false, false, err
	}
	if res != failed && len(seq.items) == 1 {
		switch x := seq.items[0]; x.kind() {
		case jsontext.Bool:
			return x[0] == 't', true, nil
		case jsontext.Null:
			return false, false, nil
		}
	}
	if e.silent {
		return false, false, nil
	}
	return false, false, sqlstate.New(SingletonRequired, "single boolean result is expected")
}

// Query returns the items that the path yields, as texts that may lie in doc; silent errors end them early.
func (e *Evaluator) Query(doc []byte) ([][]byte, error) {
	var seq sequence
	_, err := e.run(doc, &seq)
	out := make([][]byte, len(seq.items))
	for i, x := range seq.items {
		out[i] = x.json()
	}
	return out, err
}

func (e *Evaluator) unwraps() bool { return !e.path.strict }

// fail notes an error about the data.
func (e *Evaluator) fail(code sqlstate.Code, format string, args ...any) (outcome, error) {
	if !e.throw {
		return failed, nil
	}
	return failed, sqlstate.New(code, format, args...)
}

// stop ends the evaluation with an error that is none of the data.
func (e *Evaluator) stop(err error) (outcome, error) {
	if e.fatal == nil {
		e.fatal = err
	}
	return failed, err
}

// next goes on with the accessor behind n, or yields x.
func (e *Evaluator) next(n *node, x item, seq *sequence) (outcome, error) {
	if n.next != nil {
		return e.item(n.next, x, seq, e.unwraps())
	}
	if seq != nil {
		seq.add(x)
	}
	return found, nil
}

// step is called for each small piece of work.
func (e *Evaluator) step() error {
	if e.steps++; e.steps&1023 != 0 || e.check == nil {
		return nil
	}
	return e.check()
}

// item evaluates n for x. Where unwrap is set, accessors of members and the like go into arrays.
func (e *Evaluator) item(n *node, x item, seq *sequence, unwrap bool) (outcome, error) {
	if err := e.step(); err != nil {
		return e.stop(err)
	}
	if e.fatal != nil {
		return failed, e.fatal
	}
	switch {
	case n.kind.isPredicate():
		return e.truthItem(n, x, seq)
	case n.kind >= add:
		return e.arithmetic(n, x, seq)
	}
	switch n.kind {
	case root:
		return e.next(n, e.doc, seq)
	case current:
		return e.next(n, e.current, seq)
	case last:
		return e.next(n, appendInt(e.size-1), seq)
	case key:
		return e.key(n, x, seq, unwrap)
	case anyKey:
		return e.anyKey(n, x, seq, unwrap)
	case index:
		return e.index(n, x, seq)
	case anyIndex:
		return e.anyIndex(n, x, seq)
	case anyPath:
		return e.anyPath(n, x, seq)
	case filter:
		return e.filter(n, x, seq, unwrap)
	case method:
		return e.method(n, x, seq, unwrap)
	}
	v, err := e.literal(n)
	if err != nil {
		return e.stop(err)
	}
	return e.next(n, v, seq)
}

// literal returns the value of a literal or variable.
func (e *Evaluator) literal(n *node) (item, error) {
	switch n.kind {
	case nullLiteral:
		return item("null"), nil
	case boolLiteral:
		return truthText(n.truth), nil
	case numberLiteral:
		return item(n.text), nil
	case stringLiteral:
		return jsontext.Quote(nil, []byte(n.text)), nil
	}
	if e.vars != nil {
		if v := jsontext.Member(e.vars, []byte(n.text)); v != nil {
			return v, nil
		}
	}
	return nil, sqlstate.New(sqlstate.UndefinedObject, "could not find jsonpath variable \"%s\"", n.text)
}

func truthText(x bool) item {
	if x {
		return item("true")
	}
	return item("false")
}

// each evaluates n, or where it is nil yields, for the members or elements of x; deep counts levels down to max, of
// which those from min on count.
func (e *Evaluator) each(n *node, x item, seq *sequence, level, min, max uint32, lenient, unwrap bool) (outcome, error) {
	res := nothing
	if level > max {
		return res, nil
	}
	for it := jsontext.Iterate(x); it.Next(); {
		v := item(it.Value())
		nested := v.kind() == jsontext.Object || v.kind() == jsontext.Array
		var err error
		if level >= min || min == lastLevel && max == lastLevel && !nested {
			switch {
			case n != nil:
				saved := e.lenient
				e.lenient = e.lenient || lenient
				res, err = e.item(n, v, seq, unwrap)
				e.lenient = saved
			case seq != nil:
				seq.add(v)
				res = found
			default:
				return found, nil
			}
			if res == failed || res == found && seq == nil {
				return res, err
			}
		}
		if level < max && nested {
			if res, err = e.each(n, v, seq, level+1, min, max, lenient, unwrap); res == failed || res == found && seq == nil {
				return res, err
			}
		}
	}
	return res, nil
}

// elements evaluates n for each element of an array.
func (e *Evaluator) elements(n *node, x item, seq *sequence) (outcome, error) {
	return e.each(n, x, seq, 1, 1, 1, false, false)
}

func (e *Evaluator) key(n *node, x item, seq *sequence, unwrap bool) (outcome, error) {
	switch k := x.kind(); {
	case k == jsontext.Object:
		if v := jsontext.Member(x, []byte(n.text)); v != nil {
			return e.next(n, v, seq)
		}
		if e.lenient {
			return nothing, nil
		}
		return e.fail(MemberNotFound, "JSON object does not contain key \"%s\"", n.text)
	case k == jsontext.Array && unwrap:
		return e.elements(n, x, seq)
	case e.lenient:
		return nothing, nil
	}
	return e.fail(MemberNotFound, "jsonpath member accessor can only be applied to an object")
}

func (e *Evaluator) anyKey(n *node, x item, seq *sequence, unwrap bool) (outcome, error) {
	switch k := x.kind(); {
	case k == jsontext.Object:
		return e.each(n.next, x, seq, 1, 1, 1, false, e.unwraps())
	case k == jsontext.Array && unwrap:
		return e.elements(n, x, seq)
	case e.lenient:
		return nothing, nil
	}
	return e.fail(ObjectNotFound, "jsonpath wildcard member accessor can only be applied to an object")
}

func (e *Evaluator) anyIndex(n *node, x item, seq *sequence) (outcome, error) {
	switch {
	case x.kind() == jsontext.Array:
		return e.each(n.next, x, seq, 1, 1, 1, false, e.unwraps())
	case e.unwraps():
		return e.next(n, x, seq)
	case e.lenient:
		return nothing, nil
	}
	return e.fail(ArrayNotFound, "jsonpath wildcard array accessor can only be applied to an array")
}

func (e *Evaluator) anyPath(n *node, x item, seq *sequence) (outcome, error) {
	res := nothing
	if n.from == 0 {
		saved := e.lenient
		e.lenient = true
		var err error
		res, err = e.next(n, x, seq)
		e.lenient = saved
		if res == failed || res == found && seq == nil {
			return res, err
		}
	}
	if k := x.kind(); k != jsontext.Array && k != jsontext.Object {
		return res, nil
	}
	return e.each(n.next, x, seq, 1, n.from, n.to, true, e.unwraps())
}

func (e *Evaluator) filter(n *node, x item, seq *sequence, unwrap bool) (outcome, error) {
	if unwrap && x.kind() == jsontext.Array {
		return e.elements(n, x, seq)
	}
	saved := e.current
	e.current = x
	t, err := e.truth(n.left, x)
	e.current = saved
	if err != nil {
		return e.stop(err)
	}
	if t != isTrue {
		return nothing, nil
	}
	return e.next(n, x, seq)
}

func (e *Evaluator) index(n *node, x item, seq *sequence) (outcome, error) {
	isArray := x.kind() == jsontext.Array
	if !isArray && !e.unwraps() {
		if e.lenient {
			return nothing, nil
		}
		return e.fail(ArrayNotFound, "jsonpath array accessor can only be applied to an array")
	}
	size := 1
	if isArray {
		size = jsontext.Count(x)
	}
	saved := e.size
	defer func() { e.size = saved }()
	res := nothing
	for _, s := range n.subscripts {
		e.size = size
		from, to, out, err := e.bounds(s, x, size)
		if out == failed {
			return out, err
		}
		at := 0
		visit := func(v item) bool {
			if at >= from && at <= to {
				res, err = e.next(n, v, seq)
			}
			at++
			return at <= to && res != failed && !(res == found && seq == nil)
		}
		if !isArray {
			visit(x)
		} else {
			for it := jsontext.Iterate(x); it.Next() && visit(it.Value()); {
			}
		}
		if res == failed || res == found && seq == nil {
			return res, err
		}
	}
	return res, nil
}

// bounds returns the first and the last place that a subscript means; there may be none between them.
func (e *Evaluator) bounds(s subscript, x item, size int) (from, to int, res outcome, err error) {
	if from, res, err = e.place(s.from, x); res == failed {
		return 0, 0, res, err
	}
	if to = from; s.to != nil {
		if to, res, err = e.place(s.to, x); res == failed {
			return 0, 0, res, err
		}
	}
	if !e.lenient && (from < 0 || from > to || to >= size) {
		res, err = e.fail(InvalidSubscript, "jsonpath array subscript is out of bounds")
		return 0, 0, res, err
	}
	return max(from, 0), min(to, size-1), found, nil
}

// place evaluates a subscript.
func (e *Evaluator) place(n *node, x item) (int, outcome, error) {
	var seq sequence
	res, err := e.item(n, x, &seq, e.unwraps())
	if res == failed {
		return 0, res, err
	}
	if len(seq.items) != 1 || seq.items[0].kind() != jsontext.Number {
		res, err = e.fail(InvalidSubscript, "jsonpath array subscript is not a single numeric value")
		return 0, res, err
	}
	num, err := vec.ParseNum(seq.items[0])
	if err == nil {
		num, err = num.Trunc(0)
	}
	if err == nil {
		if i, ok := num.Int64(); ok && i >= -1<<31 && i < 1<<31 {
			return int(i), found, nil
		}
	}
	res, err = e.fail(InvalidSubscript, "jsonpath array subscript is out of integer range")
	return 0, res, err
}
