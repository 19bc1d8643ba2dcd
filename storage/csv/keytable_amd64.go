package csv

import "unsafe"

// keysAVX2 looks up n pieces of text and writes their numbers in t to out, up to the first piece that t does
// not have or that is no key; it returns how many it wrote. A piece is what lies behind the first of two positions
// at pos, up to and including the byte at the second one, which is gap bytes further on; the next row's is step
// bytes further on. At base are the bytes that positions count from, and 64 of them behind the last position.
//
//go:noescape
func keysAVX2(t *keyTable, base, pos unsafe.Pointer, step, gap, n int, out *uint16) (done int)
