package csv

import "golang.org/x/sys/cpu"

// useSIMD chooses the assembly; tests switch it off to run the same cases over the Go code.
var useSIMD = cpu.X86.HasAVX2 && cpu.X86.HasBMI1 && cpu.X86.HasBMI2 && cpu.X86.HasPOPCNT

// useAVX512 prefers plainAVX512 to plainAVX2.
var useAVX512 = useSIMD && cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VBMI2

// plainAVX2 appends to out the positions of delimiters and newlines (c[0], c[1]) in words of 64 bytes and
// stops before the first word with a quote (c[2]), unless quotes is 0. It counts positions, newlines and
// words, and returns whether a byte was not ASCII. It may write up to 16 positions more than it returns.
//
//go:noescape
func plainAVX2(p *byte, words int, c *[4]byte, quotes uint32, base uint32, out *uint32) (n, newlines, done int, high uint32)

// plainAVX512 is plainAVX2 for newer processors.
//
//go:noescape
func plainAVX512(p *byte, words int, c *[4]byte, quotes uint32, base uint32, out *uint32) (n, newlines, done int, high uint32)

// masksAVX2 writes for each word of 64 bytes the places of the four bytes of c.
//
//go:noescape
func masksAVX2(p *byte, words int, c *[4]byte, out *[4]uint64) (high uint32)

// flattenBMI appends to out the numbers of the bits set in masks, plus base. It may write up to 16 positions
// more than it returns.
//
//go:noescape
func flattenBMI(masks *uint64, words int, base uint32, out *uint32) (n int)
