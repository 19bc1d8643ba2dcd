package jsonpath

import (
	"strings"
	"testing"

	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
)

// paths are paths of all kinds, with documents to try them on.
var paths = []string{
	"$", "strict $.a.b", "$.*[*]", "$.**{1 to last}.b", "$[0, last - 1 to last]", "-$.a + 1 * (2 - 3) % 4", "$.a == 1 || !($.b > 2) && exists($.c)",
	"$ ? (@.a starts with \"x\" || (@.b > 1) is unknown).keyvalue().value", "($ == 1).type()", "(1.5).ceiling()", "$x.y", "\"\\u0041\\x41\\u{41}\"",
	"$.a[*] ? (@ > $min && @ < $max)", "$[$.size() - 1]", "$.double().abs().floor()", "/* c */ null",
}

var documents = []string{"null", "1", `"x"`, "[]", "{}", `{"a": [1, {"b": 2}], "b": {"c": [3, "4", null]}}`, `[[1, 2], [{"a": true}], -3.5]`}

func TestPrintedPathsAreTheSame(t *testing.T) {
	for _, src := range paths {
		p, err := Parse(src)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		again, err := Parse(p.String())
		if err != nil || again.String() != p.String() {
			t.Errorf("%s: %s becomes %v, %v", src, p, again, err)
		}
	}
}

func TestDeepPathsAreErrors(t *testing.T) {
	const n = 100_000
	for _, src := range []string{
		strings.Repeat("(", n) + "$" + strings.Repeat(")", n), strings.Repeat("-", n) + "$", strings.Repeat("$[", n) + "1" + strings.Repeat("]", n),
		"$" + strings.Repeat(" + 1", n), "$ == 1" + strings.Repeat(" && $ == 1", n), strings.Repeat("!(", n) + "$ == 1" + strings.Repeat(")", n),
		strings.Repeat("$ ? (exists(", n) + "$" + strings.Repeat("))", n),
	} {
		_, err := Parse(src)
		if e, ok := err.(*sqlstate.Error); !ok || e.Code != sqlstate.StatementTooComplex {
			t.Errorf("%.20s...: %v", src, err)
		}
	}
}

func TestCancel(t *testing.T) {
	p, err := Parse("$[*] ? (@ + $[*] ? (@ > 0) == 3)")
	if err != nil {
		t.Fatal(err)
	}
	stop := sqlstate.New(sqlstate.QueryCanceled, "canceling")
	e, err := New(p, nil, true, func() error { return stop })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Query([]byte("[" + strings.Repeat("1, ", 5000) + "1]")); err != error(stop) {
		t.Errorf("got %v", err)
	}
}

// FuzzPath parses anything and evaluates what is a path: in all modes, results are documents.
func FuzzPath(f *testing.F) {
	for i, p := range paths {
		f.Add(p, documents[i%len(documents)])
	}
	f.Fuzz(func(t *testing.T, src, doc string) {
		d, err := jsontext.Normalize(nil, []byte(doc))
		if err != nil || len(d) > 1000 || strings.Count(src, "**") > 2 || strings.Count(src, "*") > 6 {
			return
		}
		p, err := Parse(src)
		if err != nil {
			return
		}
		if again, err := Parse(p.String()); err != nil || again.String() != p.String() {
			t.Fatalf("%q: %q becomes %v, %v", src, p, again, err)
		}
		steps := 0
		check := func() error {
			if steps++; steps > 200 {
				return sqlstate.New(sqlstate.QueryCanceled, "long enough")
			}
			return nil
		}
		for _, silent := range []bool{true, false} {
			e, err := New(p, []byte(`{"x": {"y": 1}, "min": 1, "max": 3}`), silent, check)
			if err != nil {
				t.Fatal(err)
			}
			items, err := e.Query(d)
			for _, x := range items {
				if n, err := jsontext.Normalize(nil, x); err != nil || string(n) != string(x) {
					t.Fatalf("%q of %q yields %q: %v", src, d, x, err)
				}
			}
			exists, ok, existsErr := e.Exists(d)
			if err == nil && existsErr == nil && ok && !p.strict && exists != (len(items) > 0) && silent == false {
				t.Fatalf("%q of %q yields %d items, exists %v", src, d, len(items), exists)
			}
			if _, _, err := e.Match(d); err != nil && silent {
				if s, ok := err.(*sqlstate.Error); !ok || s.Code[:2] == "22" && s.Code != "22P02" {
					t.Fatalf("%q of %q: silent %v", src, d, err)
				}
			}
		}
	})
}
