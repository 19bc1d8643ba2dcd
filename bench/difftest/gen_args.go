package main

import "fmt"

// argument makes an argument that a function needs to be of use, or nil where any value of its type will do:
// fields of dates, short lengths, patterns, numbers within a function's domain.
func (g *gen) argument(p place, s signature, i int) *node {
	kind := s.args[i]
	str := func(values ...string) *node { return leaf(kind, quote(pick(g, values))) }
	num := func(lo, hi int) *node {
		n := lo + g.Intn(hi-lo+1)
		if n < 0 {
			return leaf(kind, fmt.Sprintf("(%d)", n))
		}
		return leaf(kind, fmt.Sprint(n))
	}
	switch s.name {
	case "repeat", "lpad", "rpad", "left", "right", "substr", "substring":
		if kind == "int4" {
			return num(-3, 9)
		}
		if s.name == "substring" && len(s.args) == 2 && s.args[1] == "text" && i == 1 {
			return g.regex(kind)
		}
	case "split_part":
		if i == 2 {
			return num(-2, 3)
		}
	case "factorial":
		return mk(kind, "CAST(", num(0, 25), " AS bigint)")
	case "round", "trunc":
		if i == 1 {
			return num(-3, 6)
		}
	case "date_trunc":
		if i == 0 {
			return str("year", "quarter", "month", "week", "day", "hour", "minute", "second", "decade", "century", "millennium", "milliseconds", "microseconds")
		}
		if len(s.args) == 3 && i == 2 {
			return g.zone(kind)
		}
	case "date_part":
		if i == 0 {
			return str(extractFields...)
		}
	case "timezone":
		if i == 0 && kind == "text" {
			return g.zone(kind)
		}
		if i == 0 && kind == "interval" {
			return leaf(kind, "INTERVAL "+quote(pick(g, []string{"02:00", "-5 hours", "05:30:00"})))
		}
	case "chr":
		return num(33, 400)
	case "encode":
		if i == 1 {
			return str("hex", "base64", "escape")
		}
	case "decode":
		if i == 0 {
			return str("00ff", "YWJj", "")
		}
		return str("hex", "base64", "escape")
	case "power", "pow", "^", "dpow", "numeric_power":
		if i == 1 {
			if kind == "numeric" {
				return leaf(kind, pick(g, []string{"2.0", "0.5", "3.0", "(-1.0)", "0.0"}))
			}
			return mk(kind, "CAST(", num(-2, 3), " AS double precision)")
		}
		return mk(kind, "CAST(", g.smallInt(p), " AS "+typeNames[kind]+")")
	case "exp", "sinh", "cosh", "ln", "log", "log10", "sqrt", "cbrt", "gcd", "lcm", "acosh", "tand", "cotd":
		if kind == "int4" {
			return g.smallInt(p)
		}
		return mk(kind, "CAST(", g.smallInt(p), " AS "+typeNames[kind]+")")
	case "<<", ">>":
		if i == 1 {
			return num(0, 14)
		}
	case "width_bucket":
		if i == 3 {
			return num(1, 10)
		}
	case "make_date":
		return num(1, []int{2030, 12, 28}[i])
	case "make_time":
		if kind == "int4" {
			return num(0, []int{23, 59, 59}[i])
		}
	case "make_timestamp", "make_timestamptz":
		if kind == "int4" {
			return num(1, []int{2030, 12, 28, 23, 59}[min(i, 4)])
		}
		if kind == "text" {
			return g.zone(kind)
		}
		return leaf(kind, "12.5")
	case "make_interval":
		if kind == "int4" {
			return num(-5, 50)
		}
		return leaf(kind, "12.5")
	case "regexp_replace", "regexp_like", "regexp_count", "regexp_substr", "regexp_instr", "regexp_match", "regexp_split_to_array":
		return g.regexArgument(s, i)
	case "to_char":
		if i == 1 {
			if s.args[0] == "interval" || s.args[0][0] == 't' {
				return str("YYYY-MM-DD HH24:MI:SS.US", "Day, DD Mon YYYY", "IYYY-IW-ID", "DDD Q CC", "HH12:MI AM", "FMMonth FMDD", "MS J")
			}
			return str("999.99", "FM000.0", "9,999", "S99", "0000", "999D9MI")
		}
	case "to_date", "to_timestamp":
		if len(s.args) == 2 {
			return leaf(kind, [][]string{{"'2020-01-31'", "'2021-12-05'"}, {"'YYYY-MM-DD'", "'YYYY-DD-MM'"}}[i][g.Intn(2)])
		}
	case "to_number":
		return leaf(kind, []string{"'12.5'", "'99.9'"}[i])
	case "like_escape":
		if i == 1 {
			return str(`\`, "!", "")
		}
	case "~~", "!~~", "~~*", "!~~*":
		if i == 1 && kind == "text" {
			return str("%a%", "a_%", "", "%", "_", `\%`, "%b", "A%", "f%o", "ż%", "%_b%")
		}
	case "~", "!~", "~*", "!~*":
		if i == 1 && kind == "text" {
			return g.regex(kind)
		}
	}
	return nil
}

func (g *gen) regexArgument(s signature, i int) *node {
	kind := s.args[i]
	switch {
	case kind == "int4":
		return leaf(kind, fmt.Sprint(1+g.Intn(2)))
	case i == 1:
		return g.regex(kind)
	case s.name == "regexp_replace" && i == 2:
		return leaf(kind, quote(pick(g, []string{"", "X", `[\&]`, `<\1>`})))
	case i >= 2:
		return leaf(kind, quote(pick(g, []string{"", "g", "i"})))
	}
	return nil
}

func (g *gen) regex(kind string) *node {
	return leaf(kind, quote(pick(g, []string{"a", "^a", "b$", "[a-c]+", "(a|b)", ".", `\d+`, "^$", "o{2}", "(f)(o)", `[[:upper:]]`, "x*"})))
}

func (g *gen) zone(kind string) *node {
	return leaf(kind, quote(pick(g, []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"})))
}

var extractFields = []string{"year", "month", "day", "hour", "minute", "second", "dow", "isodow", "doy", "week", "isoyear", "quarter",
	"epoch", "decade", "century", "millennium", "milliseconds", "microseconds", "julian"}

// smallInt makes an integer expression of a small positive value.
func (g *gen) smallInt(p place) *node {
	if n := g.column(p, "int4", false); n != nil && g.chance(70) {
		return mk("int4", "(abs(CAST(", n, " AS bigint)) % 10 + 1)")
	}
	return leaf("int4", fmt.Sprint(1+g.Intn(9)))
}
