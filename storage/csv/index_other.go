//go:build !amd64

package csv

// useSIMD and useAVX512 are false where there is no assembly.
var useSIMD, useAVX512 = false, false

func plainAVX2(p *byte, words int, c *[4]byte, quotes uint32, base uint32, out *uint32) (n, newlines, done int, high uint32) {
	panic("csv: no assembly")
}

func plainAVX512(p *byte, words int, c *[4]byte, quotes uint32, base uint32, out *uint32) (n, newlines, done int, high uint32) {
	panic("csv: no assembly")
}

func masksAVX2(p *byte, words int, c *[4]byte, out *[4]uint64) (high uint32) {
	panic("csv: no assembly")
}

func flattenBMI(masks *uint64, words int, base uint32, out *uint32) (n int) {
	panic("csv: no assembly")
}
