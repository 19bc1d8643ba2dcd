package jsonpath

import (
	"strconv"

	"gsql/exec/jsontext"
)

// String returns the path as PostgreSQL prints it.
func (p *Path) String() string { return string(p.Append(nil)) }

// Append appends the path to dst as PostgreSQL prints it.
func (p *Path) Append(dst []byte) []byte {
	if p.strict {
		dst = append(dst, "strict "...)
	}
	return p.root.append(dst, true)
}

// priority is the strength with which an operator binds.
func (k kind) priority() int {
	switch k {
	case or:
		return 0
	case and:
		return 1
	case equal, notEqual, less, lessEqual, greater, greaterEqual, startsWith:
		return 2
	case add, sub:
		return 3
	case mul, div, mod:
		return 4
	case plus, minus:
		return 5
	}
	return 6
}

// append appends a node and the accessors behind it; brackets says whether an operator stands in parentheses.
func (n *node) append(dst []byte, brackets bool) []byte {
	if n.kind < key {
		dst = n.appendStart(dst)
	} else {
		dst = n.appendOperator(dst, brackets || n.next != nil)
	}
	for a := n.next; a != nil; a = a.next {
		dst = a.appendAccessor(dst)
	}
	return dst
}

func (n *node) appendStart(dst []byte) []byte {
	switch n.kind {
	case nullLiteral:
		return append(dst, "null"...)
	case boolLiteral:
		return strconv.AppendBool(dst, n.truth)
	case numberLiteral:
		if n.next == nil {
			return append(dst, n.text...)
		}
		return append(append(append(dst, '('), n.text...), ')')
	case variable:
		return jsontext.Quote(append(dst, '$'), []byte(n.text))
	case root:
		return append(dst, '$')
	case current:
		return append(dst, '@')
	case last:
		return append(dst, "last"...)
	}
	return jsontext.Quote(dst, []byte(n.text))
}

func (n *node) appendOperator(dst []byte, brackets bool) []byte {
	operand := func(dst []byte, x *node) []byte { return x.append(dst, x.kind.priority() <= n.kind.priority()) }
	switch n.kind {
	case not:
		return append(n.left.append(append(dst, "!("...), false), ')')
	case isUnknown:
		return append(n.left.append(append(dst, '('), false), ") is unknown"...)
	case exists:
		return append(n.left.append(append(dst, "exists ("...), false), ')')
	}
	if brackets {
		dst = append(dst, '(')
	}
	switch n.kind {
	case plus, minus:
		dst = operand(append(dst, operatorNames[n.kind]...), n.left)
	case likeRegex:
		dst = append(operand(dst, n.left), " like_regex "...)
		dst = jsontext.Quote(dst, []byte(n.text))
		if n.flags != "" {
			dst = append(append(append(dst, " flag \""...), n.flags...), '"')
		}
	default:
		dst = append(operand(dst, n.left), ' ')
		dst = append(append(dst, operatorNames[n.kind]...), ' ')
		dst = operand(dst, n.right)
	}
	if brackets {
		dst = append(dst, ')')
	}
	return dst
}

func (n *node) appendAccessor(dst []byte) []byte {
	switch n.kind {
	case key:
		return jsontext.Quote(append(dst, '.'), []byte(n.text))
	case anyKey:
		return append(dst, ".*"...)
	case anyIndex:
		return append(dst, "[*]"...)
	case anyPath:
		return n.appendLevels(append(dst, ".**"...))
	case filter:
		return append(n.left.append(append(dst, "?("...), false), ')')
	case method:
		dst = append(append(append(dst, '.'), n.text...), '(')
		if n.left != nil {
			dst = n.left.append(dst, false)
		}
		return append(dst, ')')
	}
	dst = append(dst, '[')
	for i, s := range n.subscripts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = s.from.append(dst, false)
		if s.to != nil {
			dst = s.to.append(append(dst, " to "...), false)
		}
	}
	return append(dst, ']')
}

func (n *node) appendLevels(dst []byte) []byte {
	if n.from == 0 && n.to == lastLevel {
		return dst
	}
	dst = appendLevel(append(dst, '{'), n.from)
	if n.to != n.from {
		dst = appendLevel(append(dst, " to "...), n.to)
	}
	return append(dst, '}')
}

func appendLevel(dst []byte, level uint32) []byte {
	if level == lastLevel {
		return append(dst, "last"...)
	}
	return strconv.AppendUint(dst, uint64(level), 10)
}
