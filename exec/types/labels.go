package types

import (
	"math"
	"slices"
	"sort"
)

// Labels are those of an enumeration in their order. A value is held as a code, and codes have the order of the labels, so
// that they are compared, sorted and grouped as numbers. A label keeps its code; one that comes between two others gets
// a code between theirs, for which there is room. Labels are immutable.
type Labels struct {
	names  []string
	codes  []int32
	byName map[string]int32
	gap    int32 // between the codes that labels have at first
	last   int32 // of the label that came last, 0 if none has
	way    int8  // 1 if that came right behind the one that came before, -1 if right before it
}

var noLabels = NewLabels(nil)

// MaxLabels is how many labels an enumeration may have.
const MaxLabels = 1 << 16

// widest is the room between the codes of so few labels as enumerations mostly have.
const widest = 1 << 22

// NewLabels returns labels of some names, which are MaxLabels at most and all different.
func NewLabels(names []string) *Labels {
	l := &Labels{gap: widest, names: slices.Clone(names)}
	for int64(l.gap)*int64(len(names)+1) > 1<<30 { // the other half is for labels that come behind
		l.gap /= 2
	}
	for i := range names {
		l.codes = append(l.codes, int32(i+1)*l.gap)
	}
	return l.indexed()
}

func (l *Labels) indexed() *Labels {
	l.byName = make(map[string]int32, len(l.names))
	for i, name := range l.names {
		l.byName[name] = l.codes[i]
	}
	return l
}

// Len returns the number of labels.
func (l *Labels) Len() int { return len(l.names) }

// At returns label i and its code.
func (l *Labels) At(i int) (name string, code int32) { return l.names[i], l.codes[i] }

// Code returns the code of a label.
func (l *Labels) Code(name []byte) (code int32, ok bool) {
	code, ok = l.byName[string(name)]
	return code, ok
}

// Index returns the place of a code among the labels, -1 where it is none of theirs.
func (l *Labels) Index(code int32) int {
	if i := int(code/l.gap) - 1; i >= 0 && i < len(l.codes) && l.codes[i] == code {
		return i
	}
	i := sort.Search(len(l.codes), func(i int) bool { return l.codes[i] >= code })
	if i < len(l.codes) && l.codes[i] == code {
		return i
	}
	return -1
}

// Name returns the label with a code, "" where there is none.
func (l *Labels) Name(code int32) string {
	if i := l.Index(code); i >= 0 {
		return l.names[i]
	}
	return ""
}

// With returns the labels with another one before the one at a place, or with Len behind the last. ok is false where there is no
// room for its code.
func (l *Labels) With(name string, at int) (with *Labels, ok bool) {
	lo, hi := int64(math.MinInt32), int64(math.MaxInt32)
	if at > 0 {
		lo = int64(l.codes[at-1])
	}
	if at < len(l.codes) {
		hi = int64(l.codes[at])
	}
	if hi-lo < 2 || len(l.names) >= MaxLabels {
		return nil, false
	}
	with = &Labels{gap: l.gap}
	switch {
	case l.last == 0:
	case lo == int64(l.last):
		with.way = 1
	case hi == int64(l.last):
		with.way = -1
	}
	with.last = int32(l.between(lo, hi, at, with.way))
	with.names, with.codes = slices.Insert(slices.Clone(l.names), at, name), slices.Insert(slices.Clone(l.codes), at, with.last)
	return with.indexed(), true
}

// between returns a code for a label that comes to a place, where there is room between two codes. Labels that come one after
// another often come to one place in their order, or against it; each leaves most of the room to the next ones then.
func (l *Labels) between(lo, hi int64, at int, way int8) int64 {
	room := hi - lo
	end, part := max(1, min(int64(l.gap), room/1024)), max(1, room/64)
	switch {
	case len(l.codes) == 0:
		return int64(l.gap)
	case at == len(l.codes):
		return lo + end
	case at == 0:
		return hi - end
	case way == 1 && way == l.way:
		return lo + part
	case way == -1 && way == l.way:
		return hi - part
	}
	return lo + room/2
}

// Renamed returns the labels with another name for one of them, which no other has.
func (l *Labels) Renamed(from, to string) *Labels {
	out := &Labels{gap: l.gap, last: l.last, way: l.way, names: slices.Clone(l.names), codes: l.codes}
	out.names[slices.Index(out.names, from)] = to
	return out.indexed()
}
