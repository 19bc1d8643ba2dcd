package jsonpath

import (
	"bytes"

	"gsql/exec/jsontext"
)

// truth is a truth value of three-valued logic.
type truth uint8

const (
	isFalse truth = iota
	isTrue
	isNeither
)

// truthItem evaluates a predicate as an item, null where it is unknown.
func (e *Evaluator) truthItem(n *node, x item, seq *sequence) (outcome, error) {
	t, err := e.truth(n, x)
	if err != nil {
		return e.stop(err)
	}
	if n.next == nil && seq == nil {
		return found, nil
	}
	switch t {
	case isNeither:
		return e.next(n, item("null"), seq)
	default:
		return e.next(n, truthText(t == isTrue), seq)
	}
}

// truth evaluates a predicate. Errors of data make it unknown; what it returns is an error of another kind.
func (e *Evaluator) truth(n *node, x item) (truth, error) {
	switch n.kind {
	case and, or:
		return e.connective(n, x)
	case not:
		t, err := e.truth(n.left, x)
		switch t {
		case isTrue:
			t = isFalse
		case isFalse:
			t = isTrue
		}
		return t, err
	case isUnknown:
		t, err := e.truth(n.left, x)
		if t == isNeither {
			return isTrue, err
		}
		return isFalse, err
	case exists:
		return e.exists(n, x)
	case startsWith:
		return e.compare(n, x, n.right, false, prefixed)
	case likeRegex:
		return e.compare(n, x, nil, false, func(a, _ item) (truth, error) { return n.like(a), nil })
	}
	return e.compare(n, x, n.right, true, func(a, b item) (truth, error) { return e.compareItems(n.kind, a, b) })
}

func (e *Evaluator) connective(n *node, x item) (truth, error) {
	decides := isFalse
	if n.kind == or {
		decides = isTrue
	}
	l, err := e.truth(n.left, x)
	if err != nil || l == decides {
		return l, err
	}
	r, err := e.truth(n.right, x)
	if err != nil || r == decides || l != isNeither {
		return r, err
	}
	return l, nil
}

// quietly evaluates n without errors of data; with unwrap, arrays it yields are taken apart in lax mode.
func (e *Evaluator) quietly(n *node, x item, unwrap bool, seq *sequence) (outcome, error) {
	saved := e.throw
	e.throw = false
	res, err := e.unwrapped(n, x, unwrap, seq)
	e.throw = saved
	return res, err
}

// unwrapped evaluates n; with unwrap, arrays it yields are taken apart in lax mode.
func (e *Evaluator) unwrapped(n *node, x item, unwrap bool, seq *sequence) (outcome, error) {
	if !unwrap || !e.unwraps() {
		return e.item(n, x, seq, e.unwraps())
	}
	var some sequence
	res, err := e.item(n, x, &some, true)
	if res == failed {
		return res, err
	}
	for _, v := range some.items {
		if v.kind() != jsontext.Array {
			seq.add(v)
			continue
		}
		for it := jsontext.Iterate(v); it.Next(); {
			seq.add(it.Value())
		}
	}
	return found, nil
}

func (e *Evaluator) exists(n *node, x item) (truth, error) {
	var seq *sequence
	if e.path.strict { // all values must be free of errors
		seq = &sequence{}
	}
	res, err := e.quietly(n.left, x, false, seq)
	switch {
	case err != nil:
		return isNeither, err
	case res == failed:
		return isNeither, nil
	case seq != nil && len(seq.items) > 0, seq == nil && res == found:
		return isTrue, nil
	}
	return isFalse, nil
}

// compare applies test to each pair of the items that n's operands yield; right is nil where there is but one operand.
func (e *Evaluator) compare(n *node, x item, right *node, unwrapRight bool, test func(a, b item) (truth, error)) (truth, error) {
	var l, r sequence
	if res, err := e.quietly(n.left, x, true, &l); err != nil || res == failed {
		return isNeither, err
	}
	if right == nil {
		r.add(nil)
	} else if res, err := e.quietly(right, x, unwrapRight, &r); err != nil || res == failed {
		return isNeither, err
	}
	any, unknown := false, false
	for _, a := range l.items {
		for _, b := range r.items {
			if err := e.step(); err != nil {
				return isNeither, err
			}
			switch t, err := test(a, b); {
			case err != nil:
				return isNeither, err
			case t == isNeither && e.path.strict:
				return t, nil
			case t == isNeither:
				unknown = true
			case t == isTrue && !e.path.strict:
				return t, nil
			case t == isTrue:
				any = true
			}
		}
	}
	switch {
	case any:
		return isTrue, nil
	case unknown:
		return isNeither, nil
	}
	return isFalse, nil
}

func truthOf(x bool) truth {
	if x {
		return isTrue
	}
	return isFalse
}

// compareItems compares scalars of one kind; null differs from all others.
func compareItems(op kind, a, b item) truth {
	k := a.kind()
	if k != b.kind() {
		if k == jsontext.Null || b.kind() == jsontext.Null {
			return truthOf(op == notEqual)
		}
		return isNeither
	}
	if k == jsontext.Object || k == jsontext.Array {
		return isNeither
	}
	return orderIs(op, jsontext.Compare(a, b))
}

// orderIs reports whether an order is what a comparison asks for.
func orderIs(op kind, c int) truth {
	switch op {
	case equal:
		return truthOf(c == 0)
	case notEqual:
		return truthOf(c != 0)
	case less:
		return truthOf(c < 0)
	case lessEqual:
		return truthOf(c <= 0)
	case greater:
		return truthOf(c > 0)
	}
	return truthOf(c >= 0)
}

// textOf returns the text of a string.
func textOf(x item) ([]byte, bool) {
	if x.kind() != jsontext.String {
		return nil, false
	}
	s, err := jsontext.Unquote(nil, x[1:len(x)-1])
	return s, err == nil
}

func prefixed(a, b item) (truth, error) {
	s, ok := textOf(a)
	prefix, okPrefix := textOf(b)
	if !ok || !okPrefix {
		return isNeither, nil
	}
	return truthOf(bytes.HasPrefix(s, prefix)), nil
}

// like matches a string with the pattern of n.
func (n *node) like(x item) truth {
	s, ok := textOf(x)
	if !ok {
		return isNeither
	}
	return truthOf(n.re.Match(s))
}
