package inet

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestValuesLikePostgres compares what texts stand for with PostgreSQL's answers.
func TestValuesLikePostgres(t *testing.T) {
	b, err := os.ReadFile("testdata/values.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if got := describe(f[0]); got != f[1] {
			t.Errorf("inet %q: %s, not %s", f[0], got, f[1])
		}
		if got := describeCIDR(f[0]); got != f[2] {
			t.Errorf("cidr %q: %s, not %s", f[0], got, f[2])
		}
	}
}

func describe(s string) string {
	a, ok := Parse([]byte(s))
	if !ok {
		return "22P02"
	}
	mask, host, last, net := a.Netmask(), a.Hostmask(), a.Broadcast(), a.Masked()
	parts := [][]byte{a.Append(nil), a.AppendHost(nil), a.Append(nil), mask.Append(nil), host.Append(nil), last.Append(nil), net.AppendCIDR(nil), net.AppendAbbreviated(nil)}
	return string(bytes.Join(parts, []byte(" ")))
}

func describeCIDR(s string) string {
	switch a, ok := ParseCIDR([]byte(s)); {
	case !ok:
		return "22P02"
	case a.Masked() != a:
		return "bits"
	default:
		return string(a.AppendCIDR(nil)) + " " + string(a.AppendAbbreviated(nil))
	}
}

// TestKeysAreOrderedAsValues: networks come before what is in them, and values before those with longer masks.
func TestKeysAreOrderedAsValues(t *testing.T) {
	ordered := []string{"0.0.0.0/0", "0.0.0.1/0", "255.255.255.255/0", "0.0.0.0/1", "0.0.0.0", "9.255.255.255/9", "10.0.0.0/8", "10.0.0.1/8",
		"10.255.0.0/8", "10.0.0.0/9", "10.0.0.1/9", "10.0.0.0/32", "10.0.0.1", "10.128.0.0/9", "255.255.255.255",
		"::/0", "::1/0", "::", "::1", "1::/16", "1::2/16", "1::2", "ffff::"}
	for i := 1; i < len(ordered); i++ {
		a, b := key(ordered[i-1]), key(ordered[i])
		if bytes.Compare(a, b) >= 0 {
			t.Errorf("%s is not before %s", ordered[i-1], ordered[i])
		}
		if v, _ := Parse([]byte(ordered[i])); FromKey(b) != v {
			t.Errorf("%s is another value as a key", ordered[i])
		}
	}
}

func key(s string) []byte {
	a, _ := Parse([]byte(s))
	return a.AppendKey(nil)
}

func FuzzParse(f *testing.F) {
	f.Add("1.2.3.4/24")
	f.Add("::ffff:1.2.3.4/96")
	f.Fuzz(func(t *testing.T, s string) {
		if k, n := ParseKey([]byte(s)); n > 0 {
			if a, ok := Parse([]byte(s)); !ok || string(a.AppendKey(nil)) != string(k[:n]) {
				t.Fatalf("%q: another key", s)
			}
		}
		for _, parse := range []func([]byte) (Addr, bool){Parse, ParseCIDR} {
			a, ok := parse([]byte(s))
			if !ok {
				continue
			}
			b, ok := Parse(a.Append(nil))
			if !ok || a != b {
				t.Fatalf("%q: %s is read as %s", s, a.Append(nil), b.Append(nil))
			}
			if FromKey(a.AppendKey(nil)) != a {
				t.Fatalf("%q: the key is of another value", s)
			}
		}
	})
}
