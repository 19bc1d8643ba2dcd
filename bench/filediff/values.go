package main

import (
	"fmt"
	"strings"
)

// integer is one of any width, of the whole range or a small one.
func (g *generator) integer(x string) string {
	bits := 8 << g.r.IntN(4)
	name := map[int]string{8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT"}[bits]
	signed := g.r.IntN(2) == 0
	if !signed {
		name = "U" + name
	}
	switch {
	case g.r.IntN(2) == 0:
		return fmt.Sprintf("(%s %% %d)::%s", x, 1+g.r.IntN(120), name)
	case !signed && bits == 64:
		return fmt.Sprintf("(%s)::UBIGINT", x)
	case !signed:
		return fmt.Sprintf("(%s %% %d)::%s", x, uint64(1)<<bits, name)
	}
	half := uint64(1) << (bits - 1)
	return fmt.Sprintf("((%s)::HUGEINT %% %d - %d)::%s", x, half, g.r.Uint64N(half), name)
}

// wide is an integer of 128 bits, which DuckDB writes as a float.
func (g *generator) wide(x string) string {
	if g.r.IntN(2) == 0 {
		return fmt.Sprintf("((%s)::HUGEINT * %d - %d)", x, g.r.Int64N(1<<62), g.r.Int64())
	}
	return fmt.Sprintf("((%s)::UHUGEINT * %d)", x, g.r.Int64())
}

// decimal is one of all widths, of which DuckDB writes some as integers and some as bytes.
func (g *generator) decimal(x string) string {
	prec := 1 + g.r.IntN(38)
	scale := g.r.IntN(prec + 1)
	digits := fmt.Sprintf("(%s %% %d)::VARCHAR", x, uint64(1e18))
	if g.r.IntN(2) == 0 {
		digits += " || " + g.hash(x)
	}
	digits = fmt.Sprintf("lpad(%s, %d, '0')", digits, prec)
	sign := fmt.Sprintf("CASE WHEN %s %% %d = 0 THEN '-0' ELSE '0' END", x, 1+g.r.IntN(3))
	return fmt.Sprintf("(%s || left(%s, %d) || '.' || right(%s, %d))::DECIMAL(%d, %d)", sign, digits, prec-scale, digits, scale, prec, scale)
}

func (g *generator) float(x string) string {
	name := g.pick("FLOAT", "DOUBLE")
	switch g.r.IntN(4) {
	case 0:
		return fmt.Sprintf("((%s %% 1000)::DOUBLE / 8 - %d)::%s", x, g.r.IntN(100), name)
	case 1: // all kinds of numbers
		return fmt.Sprintf("(['nan', 'inf', '-inf', '-0', '0', '1e-38', '-1e-40', '3.4e38', '1.5', '-7']::%s[])[1 + (%s %% 10)::INTEGER]", name, x)
	case 2: // some not numbers
		return fmt.Sprintf("CASE WHEN %s %% 1000 = 0 THEN 'nan'::%s ELSE (%s)::%s END", g.hash(x), name, x, name)
	}
	return fmt.Sprintf("((%s)::DOUBLE * pow(10, (%s %% 38)::INTEGER - 19))::%s", x, x, name)
}

func (g *generator) text(x string) string {
	switch g.r.IntN(8) {
	case 0:
		return fmt.Sprintf("(%s)::VARCHAR", x)
	case 1: // the same beginnings
		return fmt.Sprintf("'https://example.org/some/path/' || (%s)::VARCHAR", x)
	case 2: // long ones
		return fmt.Sprintf("repeat(md5((%s)::VARCHAR), (%s %% %d)::BIGINT)", x, x, 1+g.r.IntN(20))
	case 3: // empty ones
		return fmt.Sprintf("CASE WHEN %s %% 3 = 0 THEN '' ELSE 'x' || (%s %% 1000) END", x, x)
	case 4:
		return fmt.Sprintf("(['', 'a', 'é', '漢字', '𝄞𝄞', ' ', 'Z', 'z', E'\\n', '''', '\\', '\"', 'ß', 'a ', E'a\\t', chr(1114111)]::VARCHAR[])[1 + (%s %% 16)::INTEGER]", x)
	case 5: // up to what a view holds in itself
		return fmt.Sprintf("substr('abcdefghijklmnopqrst', 1 + (%s %% 8)::INTEGER, (%s %% 14)::INTEGER)", g.hash(x), x)
	case 6:
		return fmt.Sprintf("repeat('é漢', (%s %% 9)::BIGINT) || (%s %% 50)", x, x)
	}
	return fmt.Sprintf("md5((%s)::VARCHAR)", x)
}

func (g *generator) blob(x string) string {
	switch g.r.IntN(3) {
	case 0:
		return fmt.Sprintf("unhex(md5((%s)::VARCHAR))", x)
	case 1:
		return fmt.Sprintf("unhex(substr(md5((%s)::VARCHAR), 1, 2 * (%s %% 17)::INTEGER))", x, x)
	}
	return fmt.Sprintf("(['\\x00', '', '\\xFF\\xFE', 'a\\x00b', '\\x80']::BLOB[])[1 + (%s %% 5)::INTEGER]", x)
}

func (g *generator) date(x string) string {
	n := []int{400, 60000, 2_000_000}[g.r.IntN(3)]
	return fmt.Sprintf("DATE '%s' + (%s %% %d)::INTEGER", g.pick("2000-02-29", "1969-12-31", "0001-01-01"), x, n)
}

func (g *generator) time(x string) string {
	return fmt.Sprintf("(TIME '00:00:00' + to_microseconds((%s %% 86400000000)::BIGINT))", x)
}

// timestamp is one of all units. Those of nanoseconds have some.
func (g *generator) timestamp(x string) string {
	micros := fmt.Sprintf("make_timestamp(((%s)::HUGEINT %% %d - %d)::BIGINT)", x, []int64{1e6, 1e15, 1e17}[g.r.IntN(3)], []int64{0, 1e6, 1e16}[g.r.IntN(3)])
	switch g.r.IntN(6) {
	case 0:
		return micros + "::TIMESTAMP_S"
	case 1:
		return micros + "::TIMESTAMP_MS"
	case 2:
		return fmt.Sprintf("make_timestamp_ns(((%s)::HUGEINT %% 4000000000000000000 - %d)::BIGINT)", x, g.r.Int64N(4e18))
	case 3:
		return micros + "::TIMESTAMPTZ"
	}
	return micros
}

// interval is one that Parquet can hold: not negative, of whole milliseconds.
func (g *generator) interval(x string) string {
	return fmt.Sprintf("to_months((%s %% 30)::INTEGER) + to_days((%s %% 40)::INTEGER) + to_milliseconds((%s %% 100000000)::BIGINT)", x, g.hash(x), g.hash(x))
}

func (g *generator) uuid(x string) string { return fmt.Sprintf("md5((%s)::VARCHAR)::UUID", x) }

func (g *generator) enum(x string) string {
	n := []int{3, 200, 300}[g.r.IntN(3)]
	values := make([]string, n)
	for i := range values {
		values[i] = fmt.Sprintf("'value %d'", i)
	}
	return fmt.Sprintf("('value ' || %s %% %d)::ENUM(%s)", x, n, strings.Join(values, ", "))
}

func (g *generator) boolean(x string) string {
	return fmt.Sprintf("(%s %% %d = 0)", x, 1+g.r.IntN(10))
}

func (g *generator) bit(x string) string {
	return fmt.Sprintf("bin(%s %% %d)::BIT", x, 1+g.r.IntN(100000))
}

func (g *generator) json(x string) string {
	return fmt.Sprintf("(['{}', '[]', 'null', '{\"a\": [1, 2.50, \"x\"], \"b\": null}', '\"text\"', ' [1 , 2] ', '-0.0e1']::JSON[])[1 + (%s %% 7)::INTEGER]", x)
}
