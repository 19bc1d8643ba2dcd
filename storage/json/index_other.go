//go:build !amd64

package json

// useSIMD is false where there is no assembly.
var useSIMD = false

func indexAVX2(p *byte, blocks int, base uint32, bytes *[8]byte, state *[3]uint64, out *uint32) (n, done int, high uint32) {
	panic("json: no assembly")
}
