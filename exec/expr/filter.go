package expr

import (
	"gsql/exec/vec"
)

// filterRows returns the rows of sel for which v, a boolean with a value for every row of the batch, is want.
func filterRows(r *run, v *vec.Vector, sel []uint32, want bool) []uint32 {
	if v.Enc == vec.Const || sel == nil {
		return filterDense(r, v, sel, want)
	}
	out := r.newSel(len(sel))[:len(sel)]
	w := word(want)
	k := 0
	if v.Enc == vec.Dict {
		table, codes := truth(v.Dict, want), v.Codes()
		for _, s := range sel {
			out[k] = s
			k += int(table[codes[s]])
		}
	} else {
		bits := vec.Values[uint8](v)
		for _, s := range sel {
			out[k] = s
			k += int((bits[s] ^ w ^ 1) & 1)
		}
	}
	return whole(onlyValid(out[:k], v.Valid), sel, len(sel))
}

// filterDense returns the rows of sel for which v, a boolean with a value for each of them, is want.
func filterDense(r *run, v *vec.Vector, sel []uint32, want bool) []uint32 {
	n := r.rows(sel)
	if v.Enc == vec.Const {
		if !v.IsNull(0) && vec.Values[uint8](v)[0] == word(want) {
			return sel
		}
		return r.newSel(0)
	}
	out := r.newSel(n)[:n]
	w := word(want)
	k := 0
	if v.Enc == vec.Dict {
		table := truth(v.Dict, want)
		for i, c := range v.Codes()[:n] {
			out[k] = uint32(i)
			k += int(table[c])
		}
	} else {
		for i, b := range vec.Values[uint8](v)[:n] {
			out[k] = uint32(i)
			k += int((b ^ w ^ 1) & 1)
		}
	}
	out = onlyValid(out[:k], v.Valid)
	return through(out, sel, n)
}

// through turns row numbers within sel, n in all, to rows of the batch, in place.
func through(rows, sel []uint32, n int) []uint32 {
	if len(rows) == n {
		return sel
	}
	if sel != nil {
		for i, x := range rows {
			rows[i] = sel[x]
		}
	}
	return rows
}

// whole returns sel for a selection of all of it.
func whole(rows, sel []uint32, n int) []uint32 {
	if len(rows) == n {
		return sel
	}
	return rows
}

func word(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// truth returns, for each value of a flat boolean vector, 1 where it is want and 0 where it is not or NULL.
func truth(d *vec.Vector, want bool) []uint8 {
	w := word(want)
	table := make([]uint8, max(d.Len, 1))
	for i, b := range vec.Values[uint8](d)[:d.Len] {
		if d.Valid.Get(i) {
			table[i] = b ^ w ^ 1
		}
	}
	return table
}

// onlyValid removes the rows that have no bit, in place.
func onlyValid(rows []uint32, valid vec.Bitmap) []uint32 {
	if valid == nil {
		return rows
	}
	k := 0
	for _, r := range rows {
		rows[k] = r
		k += int(valid[r>>6] >> (r & 63) & 1)
	}
	return rows[:k]
}

// without returns the rows of sel (nil: all rows of the batch) that are not in some, a part of it.
func without(r *run, sel, some []uint32) []uint32 {
	if len(some) == 0 && some != nil {
		return sel
	}
	n := r.rows(sel)
	out := r.newSel(n)[:n]
	i, j, k := 0, 0, 0
	if sel == nil {
		for ; j < len(some); i++ {
			same := int(word(some[j] == uint32(i)))
			out[k] = uint32(i)
			j += same
			k += 1 - same
		}
		for ; i < n; i++ {
			out[k] = uint32(i)
			k++
		}
		return out[:k]
	}
	for ; j < len(some); i++ {
		x := sel[i]
		same := int(word(some[j] == x))
		out[k] = x
		j += same
		k += 1 - same
	}
	return out[:k+copy(out[k:], sel[i:])]
}

// places returns the positions within sel (nil: all rows of the batch) of some, a part of it; nil when it is
// all of it.
func places(r *run, sel, some []uint32) []uint32 {
	if sel == nil || sameSel(sel, some) {
		if sel != nil {
			return nil
		}
		return some
	}
	out := r.newSel(len(some))[:len(some)]
	i := 0
	for j, x := range some {
		for sel[i] != x {
			i++
		}
		out[j] = uint32(i)
	}
	return out
}
