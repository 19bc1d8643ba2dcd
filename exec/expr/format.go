package expr

import (
	"strings"

	"gsql/exec/text"
	"gsql/exec/types"
)

func init() { SetFormat(formatConst) }

// formatConst prints a constant that is not NULL as a SQL literal: numbers and booleans plainly, strings in
// quotes, and other types in quotes with a cast.
func formatConst(c *Const) string {
	t := c.Type()
	s := text.String(c.Value, 0, nil)
	switch {
	case t.ID == types.Bool:
		if s == "t" {
			return "true"
		}
		return "false"
	case t.IsNumber() && !strings.ContainsAny(s, "NI"): // NaN and Infinity are no literals
		return s
	case t.IsString():
		return quote(s)
	}
	return quote(s) + "::" + t.String()
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
