package vec

import "golang.org/x/sys/cpu"

var useSIMD = cpu.X86.HasAVX2

// findPairAVX2 returns the first i within blocks of 64 bytes for which p[i] and p[i+d], or-ed with bytes 2 and 3
// of pair, are its bytes 0 and 1; -1: none.
//
//go:noescape
func findPairAVX2(p *byte, blocks int, d int, pair uint32) int
