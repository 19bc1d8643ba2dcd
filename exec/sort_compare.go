package exec

import (
	"cmp"

	"gsql/exec/expr"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// keyOrder is the direction of one sort key.
type keyOrder struct{ desc, nullsFirst bool }

func keyOrders(keys []expr.SortKey) []keyOrder {
	o := make([]keyOrder, len(keys))
	for i, k := range keys {
		o[i] = keyOrder{desc: k.Desc, nullsFirst: k.NullsFirst}
	}
	return o
}

// rowComparer orders rows by sort keys. A row is given as the vectors of its evaluated keys, one per key,
// and its number in them; both rows may come from different batches and encodings. It has no state, so any
// number of goroutines may use it.
type rowComparer struct{ keys []keyOrder }

func newRowComparer(keys []expr.SortKey) *rowComparer { return &rowComparer{keyOrders(keys)} }

// compare returns <0, 0 or >0 as row i of a comes before, with, or after row j of b.
func (c *rowComparer) compare(a []*vec.Vector, i int, b []*vec.Vector, j int) int {
	for k, o := range c.keys {
		if r := o.compare(a[k], i, b[k], j); r != 0 {
			return r
		}
	}
	return 0
}

// less reports whether row i of a comes before row j of b.
func (c *rowComparer) less(a []*vec.Vector, i int, b []*vec.Vector, j int) bool {
	return c.compare(a, i, b, j) < 0
}

// compare orders two values of one key column.
func (o keyOrder) compare(a *vec.Vector, i int, b *vec.Vector, j int) int {
	if a.Valid != nil || b.Valid != nil || a.Enc == vec.Dict || b.Enc == vec.Dict {
		an, bn := a.IsNull(i), b.IsNull(j)
		if an || bn {
			return o.compareNulls(an, bn)
		}
	}
	var r int
	if a.Enc == vec.Flat && b.Enc == vec.Flat && a.Kind == b.Kind {
		switch a.Kind {
		case types.KInt64:
			r = cmp.Compare(vec.Values[int64](a)[i], vec.Values[int64](b)[j])
		case types.KInt32:
			r = cmp.Compare(vec.Values[int32](a)[i], vec.Values[int32](b)[j])
		case types.KFloat64:
			r = vec.CompareFloat(vec.Values[float64](a)[i], vec.Values[float64](b)[j])
		default:
			r = vec.CompareRows(a, i, b, j)
		}
	} else {
		r = vec.CompareRows(a, i, b, j)
	}
	if o.desc {
		return -r
	}
	return r
}

func (o keyOrder) compareNulls(a, b bool) int {
	switch {
	case a && b:
		return 0
	case a == o.nullsFirst: // a is NULL and those come first, or b is and they come last
		return -1
	}
	return 1
}

// prefixes writes for each row of the first key's vector a word that agrees with compare: where two words
// differ, their order is the rows' order; where they are equal, compare decides. out has a word per row.
// Merging sorted streams is fast when it compares these words first.
func (c *rowComparer) prefixes(first *vec.Vector, out []uint64) {
	if len(out) == 0 {
		return
	}
	o := c.keys[0]
	if !encodeOrdered(first, out) {
		clear(out)
	}
	value, null := uint64(0), uint64(1)<<63
	if o.nullsFirst {
		value, null = null, 0
	}
	var flip uint64
	if o.desc {
		flip = ^uint64(0)
	}
	for i := range out {
		out[i] = value | (out[i]^flip)>>1
	}
	if first.Valid == nil && first.Enc != vec.Dict {
		return
	}
	for i := range out {
		if first.IsNull(i) {
			out[i] = null
		}
	}
}
