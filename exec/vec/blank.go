package vec

import (
	"bytes"

	"gsql/exec/types"
)

// TrimBlanks returns a vector of character(n) as one of text without the blanks at the ends of its values, which
// do not count when they are compared. The result is flat, or constant as v is.
func TrimBlanks(v *Vector) *Vector {
	return cutViews(v, types.Of(types.Text), func(s []byte) int {
		n := len(s)
		for n > 0 && s[n-1] == ' ' {
			n--
		}
		return n
	})
}

// cutViews returns a vector of strings as one of type t with only the first bytes of each, as many as length says. The
// result is flat, or constant as v is.
func cutViews(v *Vector, t types.Type, length func(s []byte) int) *Vector {
	if v.Enc == Dict {
		v = Flatten(v)
	}
	c := *v
	c.Type = t
	views := Values[View](v)
	var trimmed []View
	for i := range views {
		if !v.Valid.Get(i) {
			continue
		}
		s := views[i].In(v.Bufs, &views[i])
		n := length(s)
		if n == len(s) {
			continue
		}
		if trimmed == nil {
			trimmed = append([]View(nil), views...)
		}
		trimmed[i] = MakeView(s[:n], views[i].Buf, views[i].Off)
	}
	if trimmed != nil {
		c.Data = BytesOf(trimmed)
	}
	return &c
}

// compareBlank compares two values of character(n).
func compareBlank(a, b []byte) int {
	return bytes.Compare(bytes.TrimRight(a, " "), bytes.TrimRight(b, " "))
}
