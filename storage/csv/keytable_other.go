//go:build !amd64

package csv

import "unsafe"

func keysAVX2(t *keyTable, base, pos unsafe.Pointer, step, gap, n int, out *uint16) (done int) {
	panic("csv: no assembly")
}
