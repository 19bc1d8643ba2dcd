package fn

import (
	"encoding/binary"
	"unsafe"

	"gsql/exec/inet"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the operators, functions and casts of inet and cidr, which are held as keys (see package inet). These
// are compared as other strings are, and cidr becomes inet by its name.

func init() {
	in, cidr, n, long, b, t := types.Inet, types.CIDR, types.Int32, types.Int64, types.Bool, types.Text
	registerComparisons(types.Of(in), types.Of(in))
	for name, test := range map[string]struct {
		holds func(a, b []byte) bool
		sel   func(*Call, []uint32, []uint32) ([]uint32, error)
	}{
		"<<":  {func(a, b []byte) bool { return inet.Contains(b, a, true) }, selectWithin(true)},
		"<<=": {func(a, b []byte) bool { return inet.Contains(b, a, false) }, selectWithin(false)},
		">>":  {func(a, b []byte) bool { return inet.Contains(a, b, true) }, nil},
		">>=": {func(a, b []byte) bool { return inet.Contains(a, b, false) }, nil},
		"&&":  {inet.Overlap, nil},
	} {
		f := scalar(name, b, Map2(func(_ *Call, x, y []byte) (bool, error) { return test.holds(x, y), nil }), in, in).fresh()
		f.Select = test.sel
		RegisterScalar(f)
	}
	combine := func(word string, of func(a, b byte) byte) func(*Call) (*vec.Vector, error) {
		return addresses2(func(a, b inet.Addr) (inet.Addr, error) { return combineAddresses(a, b, word, of) })
	}
	RegisterScalar(
		scalar("~", in, addresses1(flipAddress), in),
		scalar("&", in, combine("AND", func(a, b byte) byte { return a & b }), in, in),
		scalar("|", in, combine("OR", func(a, b byte) byte { return a | b }), in, in),
		scalar("+", in, addressNumber(func(a inet.Addr, k int64) (inet.Addr, error) { return moveAddress(a, k, false) }), in, long),
		scalar("+", in, swapped(addressNumber(func(a inet.Addr, k int64) (inet.Addr, error) { return moveAddress(a, k, false) })), long, in),
		scalar("-", in, addressNumber(func(a inet.Addr, k int64) (inet.Addr, error) { return moveAddress(a, k, true) }), in, long),
		scalar("-", long, Map2(func(_ *Call, a, b []byte) (int64, error) { return distance(a, b) }), in, in),
		scalar("host", t, addressText((*inet.Addr).AppendHost), in), scalar("abbrev", t, addressText((*inet.Addr).Append), in),
		scalar("abbrev", t, addressText((*inet.Addr).AppendAbbreviated), cidr),
		scalar("netmask", in, addresses1(inet.Addr.Netmask), in), scalar("hostmask", in, addresses1(inet.Addr.Hostmask), in),
		scalar("broadcast", in, addresses1(inet.Addr.Broadcast), in), scalar("network", cidr, addresses1(inet.Addr.Masked), in),
		scalar("masklen", n, Map1(func(_ *Call, a []byte) (int32, error) { return int32(inet.MaskLength(a)), nil }), in),
		scalar("family", n, Map1(func(_ *Call, a []byte) (int32, error) { return int32(a[0]), nil }), in),
		scalar("set_masklen", in, addressNumber(setMaskLength), in, n),
		scalar("set_masklen", cidr, addressNumber(func(a inet.Addr, bits int32) (inet.Addr, error) {
			a, err := setMaskLength(a, bits)
			return a.Masked(), err
		}), cidr, n),
		scalar("inet_same_family", b, Map2(func(_ *Call, a, b []byte) (bool, error) { return a[0] == b[0], nil }), in, in),
		scalar("inet_merge", cidr, addresses2(mergeAddresses), in, in),
	)
	relabeled := func(c *Call) (*vec.Vector, error) { return c.Args[0].WithType(c.Ret), nil }
	RegisterCast(cast(cidr, in, Implicit, relabeled), cast(in, cidr, Assignment, addresses1(inet.Addr.Masked)))
	// As a text, an address has its mask always, other than as a value that is written.
	for _, s := range []types.ID{types.Text, types.Varchar, types.Char} {
		RegisterCast(cast(in, s, Assignment, fitted(addressText((*inet.Addr).AppendCIDR))))
		RegisterCast(cast(s, in, Explicit, parseAddresses))
	}
}

// addresses1 makes Eval from a function of addresses.
func addresses1(f func(inet.Addr) inet.Addr) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		var key [inet.MaxKey]byte
		return Map1(func(_ *Call, k []byte) ([]byte, error) {
			a := f(inet.FromKey(k))
			return a.AppendKey(key[:0]), nil
		})(c)
	}
}

func addresses2(f func(a, b inet.Addr) (inet.Addr, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		var key [inet.MaxKey]byte
		return Map2(func(_ *Call, x, y []byte) ([]byte, error) {
			a, err := f(inet.FromKey(x), inet.FromKey(y))
			return a.AppendKey(key[:0]), err
		})(c)
	}
}

// addressNumber makes Eval from a function of an address and a number.
func addressNumber[N int32 | int64](f func(inet.Addr, N) (inet.Addr, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		var key [inet.MaxKey]byte
		return Map2(func(_ *Call, k []byte, n N) ([]byte, error) {
			a, err := f(inet.FromKey(k), n)
			return a.AppendKey(key[:0]), err
		})(c)
	}
}

// swapped gives the arguments to Eval the other way round.
func swapped(eval func(*Call) (*vec.Vector, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		d := *c
		d.Args = []*vec.Vector{c.Args[1], c.Args[0]}
		return eval(&d)
	}
}

// addressText makes Eval from a function that writes an address.
func addressText(f func(a *inet.Addr, dst []byte) []byte) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		out := NewStrings(c.N, nil)
		get := Reader[[]byte](c.Args[0])
		err := c.Each(func(i int) error {
			a := inet.FromKey(get(i))
			out.End(i, f(&a, out.Begin()))
			return nil
		})
		if err != nil {
			return nil, err
		}
		return out.Finish(c.Ret, c.Valid), nil
	}
}

// fitted applies the length of the result's type to texts.
func fitted(eval func(*Call) (*vec.Vector, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		v, err := eval(c)
		if err != nil {
			return nil, err
		}
		return relabel(&Call{Ctx: c.Ctx, Args: []*vec.Vector{v}, N: c.N, Ret: c.Ret, Valid: c.Valid})
	}
}

// parseAddresses reads texts as inet.
func parseAddresses(c *Call) (*vec.Vector, error) {
	out := NewStrings(c.N, nil)
	v := c.Args[0]
	views := vec.Values[vec.View](v)
	err := c.Each(func(i int) error {
		at := &views[Row(v, i)]
		s := at.In(v.Bufs, at)
		if key, n := inet.ParseKey(s); n > 0 {
			out.views[i] = vec.MakeView(key[:n], 0, 0)
			return nil
		}
		a, err := text.ParseAddress(types.Inet, s)
		if err != nil {
			return err
		}
		var key [inet.MaxKey]byte
		out.Set(i, a.AppendKey(key[:0]))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out.Finish(c.Ret, c.Valid), nil
}

// selectWithin is the form for filters of << and <<=: mostly of many addresses and one network.
func selectWithin(strictly bool) func(*Call, []uint32, []uint32) ([]uint32, error) {
	return func(c *Call, sel, dst []uint32) ([]uint32, error) {
		a, b := c.Args[0], c.Args[1]
		from := len(dst)
		x, y := Reader[[]byte](a), Reader[[]byte](b)
		within := func(i int) bool { return c.Valid.Get(i) && inet.Contains(y(i), x(i), strictly) }
		if a.Enc == vec.Flat && b.Enc == vec.Const && !b.IsNull(0) && b.Bytes(0)[0] == inet.IPv4 {
			views := vec.Values[vec.View](a)
			n := newNetwork(b.Bytes(0), strictly)
			within = func(i int) bool { return n.has(&views[i]) }
		}
		return onlyValid(selWhere(dst, sel, c.N, within), from, c.Valid), nil
	}
}

// network is an IPv4 network, made to be compared with the views of keys.
type network struct {
	key, mask uint64 // the family and the four bytes of the address, as they lie in a view behind its length
	least     byte   // bits that a mask within the network has
}

func newNetwork(key []byte, strictly bool) network {
	var n network
	a := inet.FromKey(key)
	m := a.Netmask()
	n.mask = 0xff | uint64(binary.LittleEndian.Uint32(m.IP[:]))<<8
	n.key = (uint64(inet.IPv4) | uint64(binary.LittleEndian.Uint32(a.IP[:]))<<8) & n.mask
	if n.least = a.Bits; strictly {
		n.least++
	}
	return n
}

// has reports whether the value at a view, which is a key of either family, is within the network.
func (n *network) has(v *vec.View) bool {
	w := (*[16]byte)(unsafe.Pointer(v))
	return binary.LittleEndian.Uint64(w[4:])&(1<<40-1)&n.mask == n.key && w[9] >= n.least
}

func flipAddress(a inet.Addr) inet.Addr {
	b := a.Bytes()
	for i := range b {
		b[i] = ^b[i]
	}
	return a
}

func combineAddresses(a, b inet.Addr, word string, of func(a, b byte) byte) (inet.Addr, error) {
	if a.Family != b.Family {
		return a, sqlstate.New(sqlstate.InvalidParameterValue, "cannot %s inet values of different sizes", word)
	}
	for i := range a.IP {
		a.IP[i] = of(a.IP[i], b.IP[i])
	}
	a.Bits = max(a.Bits, b.Bits)
	return a, nil
}

func moveAddress(a inet.Addr, n int64, back bool) (inet.Addr, error) {
	a, ok := a.Add(n, back)
	if !ok {
		return a, sqlstate.New(sqlstate.NumericOutOfRange, "result is out of range")
	}
	return a, nil
}

func distance(x, y []byte) (int64, error) {
	if x[0] != y[0] {
		return 0, sqlstate.New(sqlstate.InvalidParameterValue, "cannot subtract inet values of different sizes")
	}
	d, ok := inet.Sub(inet.FromKey(x), inet.FromKey(y))
	if !ok {
		return 0, sqlstate.New(sqlstate.NumericOutOfRange, "result is out of range")
	}
	return d, nil
}

func mergeAddresses(a, b inet.Addr) (inet.Addr, error) {
	if a.Family != b.Family {
		return a, sqlstate.New(sqlstate.InvalidParameterValue, "cannot merge addresses from different families")
	}
	return inet.Merge(a, b), nil
}

func setMaskLength(a inet.Addr, bits int32) (inet.Addr, error) {
	switch {
	case bits == -1:
		bits = int32(a.MaxBits())
	case bits < 0 || int(bits) > a.MaxBits():
		return a, sqlstate.New(sqlstate.InvalidParameterValue, "invalid mask length: %d", bits)
	}
	a.Bits = uint8(bits)
	return a, nil
}
