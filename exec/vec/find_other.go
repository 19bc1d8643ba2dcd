//go:build !amd64

package vec

var useSIMD = false

func findPairAVX2(p *byte, blocks int, d int, pair uint32) int { panic("vec: no assembly") }
