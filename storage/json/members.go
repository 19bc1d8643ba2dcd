package json

import "bytes"

// members are the names of members that were met or are wanted. Objects of one file tend to have the same
// members in the same order, so each member remembers which came behind it.
type members struct {
	head  member             // stands for the start of an object
	other member             // stands for the names that are too many to be remembered
	met   map[string]*member // by their names as written
	slots map[string]int     // of the wanted ones
	// added, when set, is called for a name that is new and returns its slot.
	added func(name string) (slot int)
}

type member struct {
	name      string // as written, escapes included
	slot      int    // of the walker's spans; -1: not wanted
	what      string // what is wrong with the name
	next, alt *member
}

// maxNames bounds the names that are remembered: objects may be maps, with any key as a name.
const maxNames = 10_000

// newMembers returns the wanted members, whose slots are their numbers.
func newMembers(wanted []string) members {
	m := members{met: map[string]*member{}, slots: map[string]int{}, other: member{slot: -1}}
	for i, name := range wanted {
		m.slots[name] = i
	}
	return m
}

// find returns the member with a name, as written, that stands behind another and is not the one expected
// there.
func (m *members) find(last *member, name []byte) *member {
	x := last.alt
	if x == nil || x.name != string(name) {
		if x = m.met[string(name)]; x == nil {
			x = m.meet(name)
		}
	}
	if last != &m.other && x != &m.other && x.what == "" {
		last.next, last.alt = x, last.next
	}
	return x
}

// meet enters a name, unless there are too many.
func (m *members) meet(name []byte) *member {
	plain := string(name)
	if bytes.IndexByte(name, '\\') >= 0 {
		s, what := unquote(nil, name)
		if what != "" {
			return &member{slot: -1, what: what}
		}
		plain = string(s)
	}
	slot, ok := m.slots[plain]
	switch {
	case ok:
	case m.added != nil:
		slot = m.added(plain)
		m.slots[plain] = slot
	default:
		slot = -1
	}
	if slot < 0 && len(m.met) >= maxNames {
		return &m.other
	}
	x := &member{name: string(name), slot: slot}
	m.met[x.name] = x
	return x
}
