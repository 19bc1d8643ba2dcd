package json

import "golang.org/x/sys/cpu"

// useSIMD chooses the assembly; tests switch it off to run the same cases over the Go code.
var useSIMD = cpu.X86.HasAVX2 && cpu.X86.HasPCLMULQDQ && cpu.X86.HasBMI1 && cpu.X86.HasPOPCNT

// indexAVX2 appends to out the positions, plus base, of the marks in blocks of 64 bytes and stops before
// the first block with a control character within a string. bytes are the bytes to compare with (see
// indexer.buildFast). state says whether the first byte is escaped (1), whether it is within a string (all
// ones), and whether there was a backslash (1), and is brought up to date. It counts positions and blocks and returns whether a byte was not ASCII. It may
// write up to 24 positions more than it returns.
//
//go:noescape
func indexAVX2(p *byte, blocks int, base uint32, bytes *[8]byte, state *[3]uint64, out *uint32) (n, done int, high uint32)
