package catalog

import (
	"strings"

	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions that return sets.

var keywordCategories = map[string]string{"U": "unreserved", "C": "unreserved (cannot be function or type name)", "T": "reserved (can be function or type name)",
	"R": "reserved"}

func init() {
	setOf("pg_options_to_table", []types.Field{{Name: "option_name", Type: tText}, {Name: "option_value", Type: tText}},
		func(_ *Snapshot, c *fn.Call, i int) (rows [][]any) {
			for _, option := range textsAt(c.Args[0], i) {
				name, value, ok := strings.Cut(option, "=")
				if !ok {
					rows = append(rows, []any{name, nil})
					continue
				}
				rows = append(rows, []any{name, value})
			}
			return rows
		}, tTexts)
	setOf("pg_get_keywords", []types.Field{{Name: "word", Type: tText}, {Name: "catcode", Type: types.Of(types.InternalChar)},
		{Name: "barelabel", Type: tBool}, {Name: "catdesc", Type: tText}, {Name: "baredesc", Type: tText}},
		func(*Snapshot, *fn.Call, int) (rows [][]any) {
			for _, row := range sections()["keywords"].rows {
				bare := map[bool]string{true: "can be bare label", false: "requires AS"}[row[2] == "t"]
				rows = append(rows, []any{row[0], row[1], row[2] == "t", keywordCategories[row[1]], bare})
			}
			return rows
		})
	setOf("_pg_expandarray", []types.Field{{Name: "x", Type: tInt2}, {Name: "n", Type: tInt4}},
		func(_ *Snapshot, c *fn.Call, i int) (rows [][]any) {
			l := vec.Values[vec.List](c.Args[0])[fn.Row(c.Args[0], i)]
			for k := range l.Len {
				rows = append(rows, []any{int32(vec.At[int16](c.Args[0].Child, int(l.Off+k))), int(k) + 1})
			}
			return rows
		}, types.ArrayOf(tInt2))
	register("pg_partition_ancestors[]", types.ArrayOf(tClass), emptyLists, tClass)
	register("pg_partition_ancestors[]relid", types.ArrayOf(tClass), emptyLists, tClass)
	register("pg_listening_channels[]", tTexts, listeningChannels).Volatility = fn.Stable
}

// listeningChannels is an array of what the session listens to.
func listeningChannels(c *fn.Call) (*vec.Vector, error) {
	s, err := snapshotOf(c)
	if err != nil {
		return nil, err
	}
	b := vec.NewBuilder(c.Ret)
	for range c.N {
		b.AppendList(func(child *vec.Builder) {
			for _, name := range s.channels() {
				child.AppendString(name)
			}
		})
	}
	return b.Finish(), nil
}

// emptyLists are arrays without elements.
func emptyLists(c *fn.Call) (*vec.Vector, error) {
	b := vec.NewBuilder(c.Ret)
	for range c.N {
		b.AppendList(func(*vec.Builder) {})
	}
	return b.Finish(), nil
}
