package csv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"unsafe"

	"gsql/exec/text"
)

// at puts a value into memory as in a block, with other bytes around it, and returns where it is.
func at(s, around string) unsafe.Pointer {
	b := []byte(around + s + around + "                        ")
	return unsafe.Pointer(&b[len(around)])
}

func TestFastNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for n := range 200_000 {
		var s string
		switch n % 5 {
		case 0:
			s = strconv.FormatInt(r.Int64()>>r.IntN(64), 10)
		case 1:
			s = strconv.FormatInt(-(r.Int64() >> r.IntN(64)), 10)
		case 2:
			s = strconv.FormatFloat(r.Float64()*math.Pow10(r.IntN(12)-3), 'f', r.IntN(12), 64)
		case 3:
			s = strconv.FormatFloat(-r.Float64(), 'g', -1, 64)
		default:
			for range 1 + r.IntN(19) {
				s += string("0123456789.-+e :/\x00\xff"[r.IntN(10+n%2*9)])
			}
		}
		checkNumber(t, s, []string{"9", "", ".", ",\n"}[r.IntN(4)])
	}
	for _, s := range []string{"0", "-", ".", "-.", "5.", ".5", "00", "0.0", "-0", "1..2", "99999999", "999999999", "9999999999999999", "999999999999999999",
		"9223372036854775807", "-9223372036854775808", "12345678.", ".12345678", "1234567.8", "123456789.12345678", "9007199254740993", "90071992547409.93"} {
		checkNumber(t, s, "7")
	}
}

func checkNumber(t *testing.T, s, around string) {
	t.Helper()
	p, n := at(s, around), len(s)
	if x, ok := parseInt(p, n, false); ok {
		want, err := strconv.ParseInt(s, 10, 64)
		if err != nil || x != want {
			t.Fatalf("parseInt(%q) = %d, want %d %v", s, x, want, err)
		}
	} else if want, err := strconv.ParseInt(s, 10, 64); err == nil && s[0] != '+' && n <= 18 {
		t.Fatalf("parseInt(%q) does not read %d", s, want)
	}
	if x, ok := parseFloat(p, n, false); ok {
		want, err := strconv.ParseFloat(s, 64)
		if err != nil || math.Float64bits(x) != math.Float64bits(want) {
			t.Fatalf("parseFloat(%q) = %v, want %v %v", s, x, want, err)
		}
	}
	if x, ok := parseDecimal(p, n, 4, 1e12); ok {
		if want, err := strconv.ParseFloat(s, 64); err != nil || math.Abs(float64(x)/1e4-want) > 1e-3 {
			t.Fatalf("parseDecimal(%q) = %d", s, x)
		}
	}
	if _, ok := parseInt(p, n, true); ok && oddNumber([]byte(s)) {
		t.Fatalf("parseInt reads %q", s)
	}
	if _, ok := parseFloat(p, n, true); ok && oddNumber([]byte(s)) {
		t.Fatalf("parseFloat reads %q", s)
	}
}

func TestFastDates(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	for n := range 50_000 {
		s := fmt.Sprintf("%04d-%02d-%02d", r.IntN(2500), r.IntN(14), r.IntN(33))
		if n%5 == 0 {
			b := []byte(s)
			b[r.IntN(len(b))] = byte(r.IntN(256))
			s = string(b)
		}
		got, ok := parseDate(at(s, "1"), len(s))
		want, valid := text.ParseDateISO([]byte(s))
		if ok && (!valid || got != want) {
			t.Fatalf("parseDate(%q) = %d, want %d %v", s, got, want, valid)
		}
		if !ok && valid && s >= "1800" && s < "2200" {
			t.Fatalf("parseDate does not read %q", s)
		}
		s += []string{" 12:13:14", "T23:59:59.123456", " 24:00", " 1:2", "x12:00:00"}[n%5]
		ts, ok := parseTimestamp(at(s, "1"), len(s))
		if wantTS, valid := text.ParseTimestampISO([]byte(s)); ok && (!valid || ts != wantTS) {
			t.Fatalf("parseTimestamp(%q) = %d, want %d %v", s, ts, wantTS, valid)
		}
	}
}
