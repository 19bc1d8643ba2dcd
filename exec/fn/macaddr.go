package fn

import (
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the operators, functions and casts of hardware addresses, which are held as their bytes, and of xid8.

func init() {
	mac, mac8 := types.MacAddr, types.MacAddr8
	for _, id := range []types.ID{mac, mac8, types.XID8} {
		registerComparisons(types.Of(id), types.Of(id))
	}
	for _, id := range []types.ID{mac, mac8} {
		RegisterScalar(
			scalar("~", id, macs1(func(b []byte) {
				for i := range b {
					b[i] = ^b[i]
				}
			}), id),
			scalar("&", id, macs2(func(a, b byte) byte { return a & b }), id, id),
			scalar("|", id, macs2(func(a, b byte) byte { return a | b }), id, id),
			scalar("trunc", id, macs1(func(b []byte) { clear(b[3:]) }), id),
		)
	}
	RegisterScalar(scalar("macaddr8_set7bit", mac8, macs1(func(b []byte) { b[0] |= 2 }), mac8))
	RegisterCast(
		cast(mac, mac8, Implicit, Map1(func(_ *Call, b []byte) ([]byte, error) {
			return []byte{b[0], b[1], b[2], 0xff, 0xfe, b[3], b[4], b[5]}, nil
		})),
		cast(mac8, mac, Implicit, Map1(shortMac)),
		cast(types.XID8, types.XID, Explicit, Map1(func(_ *Call, x int64) (int64, error) { return int64(uint32(x)), nil })),
	)
}

// shortMac returns the macaddr that was made a macaddr8.
func shortMac(_ *Call, b []byte) ([]byte, error) {
	if b[3] != 0xff || b[4] != 0xfe {
		return nil, sqlstate.New(sqlstate.NumericOutOfRange, "macaddr8 data out of range to convert to macaddr").
			WithHint("Only addresses that have FF and FE as values in the 4th and 5th bytes from the left, for example xx:xx:xx:ff:fe:xx:xx:xx, are eligible to be converted from macaddr8 to macaddr.")
	}
	return []byte{b[0], b[1], b[2], b[5], b[6], b[7]}, nil
}

// macs1 makes Eval from a function that changes the bytes of an address.
func macs1(f func(b []byte)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		var buf [8]byte
		return Map1(func(_ *Call, s []byte) ([]byte, error) {
			b := buf[:copy(buf[:], s)]
			f(b)
			return b, nil
		})(c)
	}
}

func macs2(of func(a, b byte) byte) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		var buf [8]byte
		return Map2(func(_ *Call, x, y []byte) ([]byte, error) {
			for i := range x {
				buf[i] = of(x[i], y[i])
			}
			return buf[:len(x)], nil
		})(c)
	}
}
