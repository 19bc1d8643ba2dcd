package catalog

import (
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions about notifications but for pg_listening_channels, which returns a set.

func init() {
	f := register("pg_notify", types.Of(types.Void), notify, tText, tText)
	f.Volatility, f.NotStrict = fn.Volatile, true
	register("pg_notification_queue_usage", types.Of(types.Float64), map0(func(s *Snapshot, _ *fn.Call) (float64, bool) {
		return s.source.QueueUsage(), true
	})).Volatility = fn.Volatile
}

// notify sends a notification for each row; NULL is the empty text.
func notify(c *fn.Call) (*vec.Vector, error) {
	s, err := snapshotOf(c)
	if err != nil {
		return nil, err
	}
	text := func(v *vec.Vector, i int) string {
		if v.IsNull(i) {
			return ""
		}
		return string(v.Bytes(i))
	}
	for i := range c.N {
		if err := s.source.Notify(text(c.Args[0], i), text(c.Args[1], i)); err != nil {
			return nil, err
		}
	}
	return vec.NewText(c.Ret, "", c.N), nil
}

func (s *Snapshot) channels() []string {
	return s.source.Channels()
}
