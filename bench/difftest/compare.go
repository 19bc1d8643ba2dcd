package main

import (
	"fmt"
	"math"
	"math/big"
	"sort"
	"strconv"
	"strings"
)

// verdict is what a comparison came to.
type verdict struct {
	kind   string // "" when the answers agree
	detail string
	excuse string // why a difference does not count
}

// compare compares what gsql and PostgreSQL say.
func compare(got, want *answer, root *node) verdict {
	switch {
	case want.code == "57014" || want.code == "lost" || strings.HasPrefix(want.code, "53") || strings.HasPrefix(want.code, "54"):
		return verdict{excuse: "PostgreSQL gives up"}
	case got.code != "" || want.code != "":
		return compareErrors(got, want)
	}
	if d := differ(got.names, want.names); d != "" {
		return verdict{kind: "names", detail: d}
	}
	if d := differ(got.types, want.types); d != "" {
		return verdict{kind: "types", detail: d}
	}
	return compareRows(got, want, root)
}

func differ(got, want []string) string {
	if strings.Join(got, "|") == strings.Join(want, "|") {
		return ""
	}
	return fmt.Sprintf("got  %s\nwant %s", strings.Join(got, " | "), strings.Join(want, " | "))
}

func compareErrors(got, want *answer) verdict {
	v := verdict{detail: fmt.Sprintf("got  %s %s\nwant %s %s", orRows(got), got.msg, orRows(want), want.msg)}
	switch {
	case got.code == want.code:
		return verdict{}
	case got.code == "0A000":
		return verdict{excuse: "unsupported: " + got.msg}
	case want.code == "0A000":
		return verdict{excuse: "PostgreSQL does not support it: " + want.msg}
	case got.code == "22003" && strings.Contains(got.msg, "38 digits"):
		return verdict{excuse: "more than 38 digits"}
	}
	v.kind = "error " + code(got) + " for " + code(want)
	return v
}

func code(a *answer) string {
	if a.code == "" {
		return "rows"
	}
	return a.code
}

func orRows(a *answer) string {
	if a.code == "" {
		return fmt.Sprintf("%d rows", len(a.rows))
	}
	return a.code
}

// compareRows compares rows in any order, and the values of ORDER BY's columns in order.
func compareRows(got, want *answer, root *node) verdict {
	l := root.lenience()
	if len(got.rows) != len(want.rows) {
		return verdict{kind: "rows", detail: rowDiff(got, want)}
	}
	g, w := normal(got, l), normal(want, l)
	for _, key := range sortColumns(root, len(got.names)) {
		for i := range g {
			if x, y := sortValue(g[i][key], got.types[key]), sortValue(w[i][key], got.types[key]); !same(x, y, got.types[key], l) {
				return verdict{kind: "order", detail: fmt.Sprintf("row %d, column %d: got %s, want %s", i, key+1, g[i][key], w[i][key])}
			}
		}
	}
	g, w = withoutCommon(g, w)
	sortRows(g, got.types, l)
	sortRows(w, got.types, l)
	for i := range g {
		for k := range g[i] {
			if !same(g[i][k], w[i][k], got.types[k], l) {
				return verdict{kind: "rows", detail: rowDiff(got, want)}
			}
		}
	}
	return verdict{}
}

// withoutCommon leaves out the rows that are on both sides.
func withoutCommon(g, w [][]string) (gs, ws [][]string) {
	count := map[string]int{}
	for _, r := range w {
		count[strings.Join(r, "|")]++
	}
	common := map[string]int{}
	for _, r := range g {
		if k := strings.Join(r, "|"); count[k] > common[k] {
			common[k]++
		} else {
			gs = append(gs, r)
		}
	}
	for _, r := range w {
		if k := strings.Join(r, "|"); common[k] > 0 {
			common[k]--
		} else {
			ws = append(ws, r)
		}
	}
	return gs, ws
}

// sortValue is what a value counts as in an order.
func sortValue(v, kind string) string {
	if v == null {
		return v
	}
	return normalValue(v, kind)
}

// sortColumns returns the columns that the outermost query is ordered by.
func sortColumns(root *node, n int) []int {
	if root.order == nil || root.order.opt && len(root.order.parts) == 0 || !attached(root) {
		return nil
	}
	var out []int
	for _, k := range root.order.parts {
		o := k.(*node).ordinal
		if o == 0 || o > n {
			return out
		}
		out = append(out, o-1)
	}
	return out
}

// attached reports whether the ORDER BY is still in the query.
func attached(root *node) bool {
	found := false
	root.walk(func(n *node) bool {
		found = found || n == root.order
		return !found
	})
	return found
}

// normal returns the rows, with one look for equal values where the query may take any of them.
func normal(a *answer, l lenience) [][]string {
	out := make([][]string, len(a.rows))
	for i, r := range a.rows {
		row := append([]string(nil), r...)
		for k, v := range row {
			if l.pick && v != null {
				row[k] = normalValue(v, a.types[k])
			}
		}
		out[i] = row
	}
	return out
}

func normalValue(v, kind string) string {
	switch {
	case strings.HasPrefix(kind, "numeric"), kind == "jsonb" && isNumber(v): // equal ones may look different
		if strings.Contains(v, ".") {
			v = strings.TrimRight(strings.TrimRight(v, "0"), ".")
		}
		if v == "-0" || v == "" {
			v = "0"
		}
	case v == "-0" && (kind == "double precision" || kind == "real"):
		return "0"
	case kind == "interval":
		return normalInterval(v)
	case strings.HasPrefix(kind, "character") && kind[9:] != " varying":
		return strings.TrimRight(v, " ")
	}
	return v
}

func isNumber(v string) bool {
	_, err := strconv.ParseFloat(v, 64)
	return err == nil
}

// normalInterval returns an interval as a number of microseconds, with months of 30 days.
func normalInterval(v string) string {
	total := 0.0
	f := strings.Fields(v)
	for i := 0; i < len(f); i++ {
		if strings.Contains(f[i], ":") {
			sign, s := 1.0, strings.TrimPrefix(f[i], "+")
			if strings.HasPrefix(s, "-") {
				sign, s = -1, s[1:]
			}
			for k, part := range strings.Split(s, ":") {
				x, _ := strconv.ParseFloat(part, 64)
				total += sign * x * []float64{3600, 60, 1}[k]
			}
			continue
		}
		if i+1 == len(f) {
			return v
		}
		x, _ := strconv.ParseFloat(f[i], 64)
		i++
		switch strings.TrimSuffix(f[i], "s") {
		case "year":
			total += x * 360 * 86400
		case "mon":
			total += x * 30 * 86400
		case "day":
			total += x * 86400
		}
	}
	return strconv.FormatFloat(total, 'f', 6, 64)
}

// same compares two values of a type.
func same(g, w, kind string, l lenience) bool {
	if g == w || strings.HasPrefix(kind, "numeric") && roundsTo(w, g) {
		return true
	}
	if !l.fuzzy || kind != "double precision" && kind != "real" {
		return false
	}
	x, xerr := strconv.ParseFloat(g, 64)
	y, yerr := strconv.ParseFloat(w, 64)
	if xerr != nil || yerr != nil {
		return false
	}
	return math.Abs(x-y) <= 1e-9*math.Max(1, math.Max(math.Abs(x), math.Abs(y)))
}

// roundsTo reports whether g is w rounded to what fits into 38 digits, as it may be.
func roundsTo(w, g string) bool {
	const most = 38
	if len(strings.Trim(w, "-.")) <= most {
		return false
	}
	x, ok := new(big.Rat).SetString(w)
	_, fraction, _ := strings.Cut(g, ".")
	return ok && x.FloatString(len(fraction)) == g
}

// sortRows sorts rows, by floats last where these may differ a little.
func sortRows(rows [][]string, types []string, l lenience) {
	var exact, fuzzy []int
	for k, t := range types {
		if l.fuzzy && (t == "double precision" || t == "real") {
			fuzzy = append(fuzzy, k)
		} else {
			exact = append(exact, k)
		}
	}
	sort.SliceStable(rows, func(i, j int) bool {
		a, b := rows[i], rows[j]
		for _, k := range exact {
			if a[k] != b[k] {
				return a[k] < b[k]
			}
		}
		for _, k := range fuzzy {
			x, xerr := strconv.ParseFloat(a[k], 64)
			y, yerr := strconv.ParseFloat(b[k], 64)
			switch {
			case xerr != nil || yerr != nil || x != x || y != y:
				if a[k] != b[k] {
					return a[k] < b[k]
				}
			case math.Abs(x-y) > 1e-9*math.Max(1, math.Abs(x)):
				return x < y
			}
		}
		return false
	})
}

// rowDiff lists rows that only one side has.
func rowDiff(got, want *answer) string {
	count := map[string]int{}
	for _, r := range got.rows {
		count[strings.Join(r, " | ")]++
	}
	for _, r := range want.rows {
		count[strings.Join(r, " | ")]--
	}
	var b strings.Builder
	fmt.Fprintf(&b, "got %d rows, want %d; types %s", len(got.rows), len(want.rows), strings.Join(got.types, " | "))
	lines := 0
	for _, side := range []struct {
		a    *answer
		sign int
		name string
	}{{got, 1, "only got"}, {want, -1, "only want"}} {
		for _, r := range side.a.rows {
			s := strings.Join(r, " | ")
			if count[s]*side.sign > 0 && lines < 16 {
				count[s] -= side.sign
				fmt.Fprintf(&b, "\n%-9s %s", side.name, strings.ReplaceAll(s, "\n", `\n`))
				lines++
			}
		}
		lines = min(lines, 8)
	}
	return b.String()
}
