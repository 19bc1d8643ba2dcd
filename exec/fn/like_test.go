package fn

import (
	"math/rand"
	"slices"
	"strings"
	"testing"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// naiveLike is LIKE by its definition. ok is false where PostgreSQL raises an error.
func naiveLike(s, p []rune) (is, ok bool) {
	if len(p) == 0 {
		return len(s) == 0, true
	}
	switch p[0] {
	case '%':
		for i := 0; i <= len(s); i++ {
			if is, ok := naiveLike(s[i:], p[1:]); is || !ok {
				return is, ok
			}
		}
		return false, true
	case '_':
		if len(s) == 0 {
			return false, true
		}
		return naiveLike(s[1:], p[1:])
	case '\\':
		if p = p[1:]; len(p) == 0 {
			return false, len(s) == 0
		}
	}
	if len(s) == 0 || s[0] != p[0] {
		return false, true
	}
	return naiveLike(s[1:], p[1:])
}

// page makes a column as a reader of files does: long strings lie one after the other in a few buffers.
func page(r *rand.Rand, values []string, nulls bool) *vec.Vector {
	v := &vec.Vector{Type: types.Of(types.Text), Kind: types.KView, Len: len(values)}
	views := make([]vec.View, len(values))
	bufs := [][]byte{nil}
	if nulls {
		v.Valid = vec.NewBitmapSet(len(values))
	}
	for i, s := range values {
		if nulls && r.Intn(3) == 0 {
			v.Valid.Clear(i)
			continue
		}
		b := len(bufs) - 1
		bufs[b] = append(bufs[b], "cab\x04"[:r.Intn(5)]...)
		views[i] = vec.MakeView([]byte(s), uint32(b), uint32(len(bufs[b])))
		bufs[b] = append(bufs[b], s...)
		if r.Intn(20) == 0 {
			bufs = append(bufs, nil)
		}
	}
	v.Data, v.Bufs = vec.BytesOf(views), bufs
	return v
}

func randomOf(r *rand.Rand, alphabet []string, n int) string {
	var b strings.Builder
	for range r.Intn(n) {
		b.WriteString(alphabet[r.Intn(len(alphabet))])
	}
	return b.String()
}

// TestLike compares all operators, in Eval and Select, with the definition.
func TestLike(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	text := []string{"a", "b", "c", "A", "B", "é", "É", "i", "K", "ab", "abc", "Cab", "x"}
	pattern := []string{"%", "%", "_", "a", "b", "ab", "abc", "CAB", "é", "É", "i", "k", `\%`, `\a`, `\\`}
	for n := range 3000 {
		values := make([]string, 1+r.Intn(60))
		for i := range values {
			values[i] = randomOf(r, text, []int{6, 30, 60}[n%3])
		}
		p := randomOf(r, pattern, 6)
		if n%50 == 0 {
			p += `\`
		}
		v := page(r, values, n%4 == 0)
		c := &Call{Ctx: &Ctx{}, Args: []*vec.Vector{v, vec.NewText(types.Of(types.Text), p, len(values))}, N: len(values), Ret: types.Of(types.Bool), Valid: v.Valid}
		if n%5 == 0 { // a pattern for each row
			b := vec.NewBuilder(types.Of(types.Text))
			for range values {
				b.AppendString(p)
			}
			c.Args[1] = b.Finish()
		}
		for _, op := range []string{"~~", "!~~", "~~*", "!~~*"} {
			checkLike(t, r, op, p, values, c)
		}
	}
}

func checkLike(t *testing.T, r *rand.Rand, op, p string, values []string, c *Call) {
	t.Helper()
	fold, not := strings.HasSuffix(op, "*"), op[0] == '!'
	var want []uint32
	fails := false
	for i, s := range values {
		pat := p
		if fold {
			s, pat = strings.ToLower(s), strings.ToLower(p)
		}
		if !c.Valid.Get(i) {
			continue
		}
		is, ok := naiveLike([]rune(s), []rune(pat))
		fails = fails || !ok
		if is != not {
			want = append(want, uint32(i))
		}
	}
	f := Scalars(op)[0]
	got, err := f.Eval(c)
	// A pattern with % that ends in a backslash fails at once here, and in PostgreSQL for strings that get there.
	if fails || err != nil {
		if sqlstate.Of(err) != sqlstate.InvalidEscapeSequence || !fails && !(strings.Contains(p, "%") && strings.HasSuffix(p, `\`)) {
			t.Fatalf("%s %q: error %v, want one: %v", op, p, err, fails)
		}
		return
	}
	var rows []uint32
	for i := range values {
		if vec.At[uint8](got, i) == 1 && !got.IsNull(i) {
			rows = append(rows, uint32(i))
		}
	}
	if !slices.Equal(rows, want) {
		t.Fatalf("%q %s %q: rows %v, want %v", values, op, p, rows, want)
	}
	var sel []uint32
	for i := range values {
		if r.Intn(3) > 0 {
			sel = append(sel, uint32(i))
		}
	}
	for _, s := range [][]uint32{nil, sel} {
		rows, err := f.Select(c, s, nil)
		kept := want
		if s != nil {
			kept = slices.DeleteFunc(slices.Clone(want), func(i uint32) bool { return !slices.Contains(s, i) })
		}
		if err != nil || !slices.Equal(rows, kept) {
			t.Fatalf("%q %s %q: selected %v of %v, want %v (%v)", values, op, p, rows, s, kept, err)
		}
	}
}

func BenchmarkLike(b *testing.B) {
	r := rand.New(rand.NewSource(1))
	words := strings.Fields("furiously regular deposits sleep blithely among the pending accounts special requests foxes quickly final")
	values := make([]string, 8192)
	for i := range values {
		s := make([]string, 7)
		for k := range s {
			s[k] = words[r.Intn(len(words))]
		}
		values[i] = strings.Join(s, " ")
	}
	v := page(r, values, false)
	for _, c := range []struct{ op, pattern string }{{"~~", "%special%requests%"}, {"~~", "%zebra%"}, {"~~", "fur%"}, {"~~", "%ly"}, {"~~", "%s_e%"}, {"~~*", "%Special%"}} {
		b.Run(c.op+c.pattern, func(b *testing.B) {
			f := Scalars(c.op)[0]
			call := &Call{Ctx: &Ctx{}, Args: []*vec.Vector{v, vec.NewText(types.Of(types.Text), c.pattern, len(values))}, N: len(values), Ret: types.Of(types.Bool)}
			out := make([]uint32, 0, len(values))
			for b.Loop() {
				if _, err := f.Select(call, nil, out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(values)), "ns/row")
		})
	}
}
