package text

import (
	"errors"
	"os"
	"strings"
	"testing"

	"gsql/exec/ranges"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// TestRangesLikePostgres compares what texts stand for with PostgreSQL's answers.
func TestRangesLikePostgres(t *testing.T) {
	b, err := os.ReadFile("testdata/ranges.tsv")
	if err != nil {
		t.Fatal(err)
	}
	ids := []types.ID{types.Int4Range, types.NumRange, types.DateRange, types.Int4Multirange, types.NumMultirange, types.DateMultirange}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "# ") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		for k, id := range ids {
			// Which error a text that is no date has is not what this is about.
			got := readRangeText(id, f[0])
			if badDate := strings.HasPrefix(got, "22007") && strings.HasPrefix(f[k+1], "2200"); got != f[k+1] && !badDate {
				t.Errorf("%s %q is\n%s, not\n%s", id, f[0], got, f[k+1])
			}
		}
	}
}

// readRangeText returns the text of the value that a text stands for, or its error.
func readRangeText(id types.ID, s string) string {
	v, err := Const(types.Of(id), s, nil)
	if err == nil {
		return String(v, 0, nil)
	}
	var e *sqlstate.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	out := string(e.Code) + " " + e.Message
	if e.Detail != "" {
		out += " DETAIL " + e.Detail
	}
	return out
}

// TestLastDate: package ranges, which knows nothing of calendars, has the last date as a number.
func TestLastDate(t *testing.T) {
	if ranges.LastDate != maxDate {
		t.Errorf("the last date is %d", maxDate)
	}
}

// FuzzRanges reads texts: what is read has a text that stands for the same.
func FuzzRanges(f *testing.F) {
	for _, s := range []string{"[1,5)", "empty", `("1",\2]`, "{[1,2),(3,]}", "{(,)}", `["2020-01-01 00:00:00",infinity)`, "[1.50,2]", "{empty}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for id := types.Int4Range; id <= types.TSTZMultirange; id++ {
			v, err := Const(types.Of(id), s, nil)
			if err != nil {
				continue
			}
			again, err := Const(types.Of(id), String(v, 0, nil), nil)
			if err != nil || string(again.Bytes(0)) != string(v.Bytes(0)) {
				t.Errorf("%s of %q is %s, which is not the same: %v", id, s, String(v, 0, nil), err)
			}
		}
	})
}
