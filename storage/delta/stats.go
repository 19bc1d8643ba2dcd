package delta

import (
	"strconv"

	"gsql/exec/jsontext"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/lake"
	"gsql/storage/parquet"
)

// stats are what the log says of the columns in files.
type stats struct {
	files  []*addFile
	fields []parquet.Field
	memo   lake.Memo
}

// recordsIn returns how many rows a file has, -1 if that is not said.
func recordsIn(s string) int64 {
	n := int64(-1)
	for it := jsontext.Iterate([]byte(s)); it.Next(); {
		if it.Is(keyRecords) {
			n = count(it.Value(), 1<<50)
		}
	}
	return n
}

// count returns a number up to a limit, -1 for anything else.
func count(s []byte, limit int64) int64 {
	n, err := strconv.ParseInt(string(s), 10, 64)
	if err != nil || n < 0 || n > limit {
		return -1
	}
	return n
}

// Members of the statistics of a file.
var (
	keyRecords = []byte("numRecords")
	keyMin     = []byte("minValues")
	keyMax     = []byte("maxValues")
	keyNulls   = []byte("nullCount")
)

// bounds returns the bounds of a column in all files; nil for a type of which there are none.
func (s *stats) bounds(column int) *lake.Bounds {
	f := &s.fields[column]
	if f.Fields != nil || f.Refuse != "" || f.Type.ID == types.Bytea {
		return nil
	}
	return s.memo.Of(column, func() *lake.Bounds { return s.read(f) })
}

func (s *stats) read(f *parquet.Field) *lake.Bounds {
	name := []jsontext.Step{{Name: []byte(fileName(f))}}
	low, high := vec.NewBuilder(f.Type), vec.NewBuilder(f.Type)
	out := &lake.Bounds{Nulls: make([]int64, len(s.files))}
	for i, x := range s.files {
		var min, max, nulls []byte
		for it := jsontext.Iterate([]byte(x.Stats)); it.Next(); {
			switch v := it.Value(); {
			case it.Is(keyMin):
				min = within(v, name)
			case it.Is(keyMax):
				max = within(v, name)
			case it.Is(keyNulls):
				nulls = within(v, name)
			}
		}
		appendBound(low, f.Type, min, false)
		appendBound(high, f.Type, max, true)
		out.Nulls[i] = count(nulls, 1<<50)
	}
	out.Min, out.Max = low.Finish(), high.Finish()
	return out
}

// within returns the value of a column in an object, nil if it has none.
func within(object []byte, name []jsontext.Step) []byte {
	if from, to := jsontext.Find(object, name, false); to > 0 {
		return object[from:to]
	}
	return nil
}

// floatDigits is how many digits a number has at most that writers may have written as floating point without changing it.
const floatDigits = 15

// truncated is what a time may be later than the log says: it writes milliseconds.
const truncated = 999

// appendBound appends a bound as the log writes it, NULL when it cannot be used.
func appendBound(b *vec.Builder, t types.Type, s []byte, high bool) {
	quoted := len(s) > 1 && s[0] == '"'
	var err error
	if quoted {
		s, err = jsontext.Unquote(nil, s[1:len(s)-1])
	}
	if len(s) == 0 && !quoted || err != nil || string(s) == "null" && !quoted || !usable(t, s, quoted, high) {
		b.AppendNull()
		return
	}
	if t.ID == types.Timestamp || t.ID == types.TimestampTZ {
		appendTime(b, s, high)
		return
	}
	n := b.Len()
	if text.Parse(b, t, s, &text.Style{}) != nil && b.Len() == n {
		b.AppendNull()
	}
}

// usable reports whether a bound is of its type's form, and says something that SQL's order agrees with.
func usable(t types.Type, s []byte, quoted, high bool) bool {
	switch {
	case t.ID == types.Text:
		return quoted
	case t.ID == types.Bool:
		return !quoted
	case t.IsFloat():
		return !quoted && !high // NaN is above all, and is not counted
	case t.ID == types.Numeric:
		return !quoted && t.Prec <= floatDigits
	case t.IsInteger():
		return !quoted
	case t.ID == types.Date:
		_, ok := text.ParseDateISO(s)
		return ok && quoted
	}
	return quoted
}

func appendTime(b *vec.Builder, s []byte, high bool) {
	x, ok := text.ParseTimestampTZISO(s)
	if !ok {
		x, ok = text.ParseTimestampISO(s)
	}
	if !ok {
		b.AppendNull()
		return
	}
	if high {
		x += truncated
	}
	vec.Append(b, x)
}
