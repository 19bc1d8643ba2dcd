package vec

import (
	"bytes"

	"gsql/exec/types"
)

// TrimBlanks returns a vector of character(n) as one of text without the blanks at the ends of its values, which
// do not count when they are compared. The result is flat, or constant as v is.
func TrimBlanks(v *Vector) *Vector {
	if v.Enc == Dict {
		v = Flatten(v)
	}
	c := *v
	c.Type = types.Of(types.Text)
	views := Values[View](v)
	var trimmed []View
	for i := range views {
		s := views[i].In(v.Bufs, &views[i])
		n := len(s)
		for n > 0 && s[n-1] == ' ' {
			n--
		}
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
