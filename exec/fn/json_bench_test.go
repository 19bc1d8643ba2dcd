package fn

import (
	"fmt"
	"strings"
	"testing"

	"gsql/exec/jsontext"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// BenchmarkJSONGet measures ->> on objects of a kilobyte: members of all kinds, of which the first, one in the middle
// or the last is asked for.
func BenchmarkJSONGet(b *testing.B) {
	doc := kilobyte()
	normal, err := jsontext.Normalize(nil, doc)
	if err != nil {
		b.Fatal(err)
	}
	for _, t := range []struct {
		id  types.ID
		doc []byte
	}{{types.JSON, doc}, {types.JSONB, normal}} {
		for _, name := range []string{"id", "city", "zip"} {
			b.Run(t.id.String()+"/"+name, func(b *testing.B) { benchmarkGet(b, t.id, t.doc, name) })
		}
	}
}

func benchmarkGet(b *testing.B, id types.ID, doc []byte, name string) {
	const rows = 1024
	docs := vec.NewBuilder(types.Of(id))
	for range rows {
		docs.AppendBytes(doc)
	}
	get := jsonGetter(id)
	c := &Call{Args: []*vec.Vector{docs.Finish(), vec.NewText(types.Of(types.Text), name, rows)}, N: rows, Ret: types.Of(types.Text)}
	b.SetBytes(int64(rows * len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		v, err := get.Eval(c)
		if err != nil || v.IsNull(0) {
			b.Fatal(v, err)
		}
	}
}

// jsonGetter returns ->> with a name.
func jsonGetter(id types.ID) *Scalar {
	for _, s := range Scalars("->>") {
		if s.Args[0].ID == id && s.Args[1].ID == types.Text {
			return s
		}
	}
	panic("there is no ->>")
}

func kilobyte() []byte {
	var s strings.Builder
	s.WriteString(`{"id":12345,"name":"Some Body","tags":["a","b","c"],"score":1.25,"active":true,"note":null`)
	for i := 0; s.Len() < 500; i++ {
		fmt.Fprintf(&s, `,"field_%d":"value number %d"`, i, i)
	}
	s.WriteString(`,"city":"Springfield","nested":{"a":{"b":[1,2,3,{"c":"deep"}]},"text":"with \"quotes\" in it"}`)
	for i := 0; s.Len() < 1000; i++ {
		fmt.Fprintf(&s, `,"metric_%d":%d.5`, i, i*37)
	}
	s.WriteString(`,"zip":"01234"}`)
	return []byte(s.String())
}
