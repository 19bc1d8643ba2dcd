package fn

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// TestCallsLikePostgres compares operators, functions and casts on single values with PostgreSQL's answers.
// Numerics are tried in all representations.
func TestCallsLikePostgres(t *testing.T) {
	f, err := os.Open("testdata/calls.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.HasPrefix(s.Text(), "# ") {
			continue
		}
		c := strings.Split(s.Text(), "\t")
		name, near := strings.CutPrefix(c[0], "≈")
		for _, fixed := range []bool{false, true} {
			var args []*vec.Vector
			for _, a := range c[1 : len(c)-1] {
				typ, value, _ := strings.Cut(a, "=")
				args = append(args, argument(t, typ, value, fixed))
			}
			got := callText(t, name, args)
			want := c[len(c)-1]
			if strings.HasPrefix(name, "::numeric(") && want == "[NaN]" {
				want = "0A000" // a numeric with a scale is an integer here
			}
			if got != want && !(near && nearly(got, want)) {
				t.Errorf("%s: got %s (fixed scale: %v)", s.Text(), got, fixed)
			}
		}
	}
}

// argument returns a constant; a numeric in fixed scale when it can be.
func argument(t *testing.T, typ, value string, fixed bool) *vec.Vector {
	t.Helper()
	ty, err := text.ParseType(typ)
	if err != nil {
		t.Fatal(err)
	}
	if ty.ID == types.Numeric && fixed {
		n, err := vec.ParseNum([]byte(value))
		if err != nil {
			t.Fatal(err)
		}
		if n.Special == vec.NumFinite {
			b := vec.NewBuilder(types.NumericOf(0, int(n.Scale)))
			b.AppendInt128(n.Coef)
			v := b.Finish()
			v.Enc = vec.Const
			return v
		}
	}
	v, err := text.Const(ty, value, nil)
	if err != nil {
		t.Fatalf("%s %q: %v", typ, value, err)
	}
	return v
}

// callText calls the overload declared for exactly the arguments' types and returns the result's text, as
// the test data has it.
func callText(t *testing.T, name string, args []*vec.Vector) string {
	t.Helper()
	f, ret := lookup(t, name, args)
	v, err := f.Eval(&Call{Ctx: &Ctx{}, Args: args, N: 1, Ret: ret})
	if err != nil {
		return string(sqlstate.Of(err))
	}
	if v.Type != ret {
		t.Errorf("%s returns %v instead of %v", name, v.Type, ret)
	}
	switch v.Type.ID { // the data was made with a cast to text
	case types.Char:
		return "[" + strings.TrimRight(text.String(v, 0, nil), " ") + "]"
	case types.Bool:
		return fmt.Sprintf("[%v]", vec.At[uint8](v, 0) == 1)
	}
	return "[" + text.String(v, 0, nil) + "]"
}

func lookup(t *testing.T, name string, args []*vec.Vector) (*Scalar, types.Type) {
	t.Helper()
	if to, ok := strings.CutPrefix(name, "::"); ok {
		ty, err := text.ParseType(to)
		if err != nil {
			t.Fatal(err)
		}
		c := LookupCast(args[0].Type.ID, ty.ID)
		if c == nil {
			t.Fatalf("no cast from %v to %v", args[0].Type, ty)
		}
		return c.Scalar, ty
	}
next:
	for _, f := range Scalars(name) {
		if len(f.Args) != len(args) {
			continue
		}
		ts := make([]types.Type, len(args))
		for i, a := range args {
			if ts[i] = a.Type; f.Args[i].ID != a.Type.ID {
				continue next
			}
		}
		return f, f.ReturnType(ts)
	}
	t.Fatalf("no %s for these types", name)
	return nil, types.Type{}
}

// nearly reports whether two results are floats that differ in their last digits only.
func nearly(a, b string) bool {
	x, err1 := strconv.ParseFloat(strings.Trim(a, "[]"), 64)
	y, err2 := strconv.ParseFloat(strings.Trim(b, "[]"), 64)
	return err1 == nil && err2 == nil && a[0] == '[' && b[0] == '[' && math.Abs(x-y) <= 3e-14*math.Max(math.Abs(x), math.Abs(y))+1e-320
}
