package jsontext

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
)

// ordered has normal forms in the order of jsonb.
var ordered = []string{
	`[]`, `null`, `""`, `"a"`, `"a\u0001"`, `"ab"`, `"b"`, `-10`, `-9.5`, `-9.25`, `-1`, `-0.5`, `0`, `0.05`, `0.5`, `0.51`, `9`, `10`,
	`100.001`, `false`, `true`, `[null]`, `[1]`, `[[]]`, `[{}]`, `[1, 2]`, `[1, 2.5]`, `{}`, `{"a": null}`, `{"a": -1.5}`, `{"a": -1.25}`, `{"a": []}`,
	`{"b": 0}`, `{"b": 0, "aa": 1}`,
}

func TestOrder(t *testing.T) {
	for i, a := range ordered {
		for j, b := range ordered {
			want := min(1, max(-1, i-j))
			if got := Compare([]byte(a), []byte(b)); got != want {
				t.Errorf("Compare(%s, %s) = %d, want %d", a, b, got, want)
			}
			if got := bytes.Compare(AppendOrdered(nil, []byte(a)), AppendOrdered(nil, []byte(b))); got != want {
				t.Errorf("AppendOrdered: %s and %s: %d, want %d", a, b, got, want)
			}
			if Equal([]byte(a), []byte(b)) != (i == j) {
				t.Errorf("Equal(%s, %s) is wrong", a, b)
			}
		}
	}
}

func TestNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "-0.00": "0.00", "1.50e1": "15.0", "1.0E+3": "1000", "1e-3": "0.001", "-12.5e-1": "-1.25",
		"0e5": "0", "1.230e1": "12.30", "1.5e0": "1.5", "100e-2": "1.00",
	} {
		got, err := Normalize(nil, []byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s is %s, %v, want %s", in, got, err, want)
		}
	}
}

// FuzzNormalize compares with encoding/json what is a document, and checks that normal forms are their own, that
// both orders agree, and that finding values does not leave the text.
func FuzzNormalize(f *testing.F) {
	for _, s := range ordered {
		f.Add([]byte(s), []byte("a"))
	}
	for _, s := range []string{`{"a":1,"a":{"b":[1,2,{"c":"\ud83d\ude00"}]}}`, ` [ 1 , 2e3 ] `, `{"a":"\\\"","b":tru`, `"\u0000"`, `[1,]`, `{,}`, "{\"\\u0061\" :\t1}"} {
		f.Add([]byte(s), []byte("a"))
	}
	f.Fuzz(func(t *testing.T, s, name []byte) {
		path := []Step{{Name: name, Index: len(name) - 2, IsIndex: true}}
		if start, end := Find(s, path, false); start > end || end > len(s) {
			t.Fatalf("Find(%q) = %d, %d", s, start, end)
		}
		Skip(s, 0)
		if got, want := Check(s) == nil, json.Valid(s); got != want {
			t.Fatalf("Check(%q) is %v", s, got)
		}
		normal, err := Normalize(nil, s)
		if err != nil {
			return
		}
		again, err := Normalize(nil, normal)
		if err != nil || !bytes.Equal(normal, again) {
			t.Fatalf("%q is %q and then %q, %v", s, normal, again, err)
		}
		if Compare(normal, again) != 0 || !Equal(normal, again) {
			t.Fatalf("%q does not equal itself", normal)
		}
		other := []byte(ordered[len(name)%len(ordered)])
		if a, b := Compare(normal, other), bytes.Compare(AppendOrdered(nil, normal), AppendOrdered(nil, other)); a != b {
			t.Fatalf("%q and %q: %d, %d", normal, other, a, b)
		}
		if KindOf(normal) == Object && Count(normal) != len(names(normal)) {
			t.Fatalf("%q has equal names", normal)
		}
	})
}

func names(object []byte) (all []string) {
	for it := Iterate(object); it.Next(); {
		name, _ := Unquote(nil, it.Name)
		all = append(all, string(name))
	}
	slices.Sort(all)
	return slices.Compact(all)
}
