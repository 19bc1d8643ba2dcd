package vec

import (
	"strings"
	"unsafe"
)

// Make returns memory for n values that hold anything: for results that are written from end to end, for
// which clearing would be a pass over the memory in vain.
func Make[T Fixed](n int) []T {
	const small = 1 << 10 // bytes that are as well cleared
	var z T
	size := n * int(unsafe.Sizeof(z))
	if size <= small {
		return make([]T, n)
	}
	// The standard library's one way to memory that is not cleared. The allocator aligns blocks of this
	// size for every kind of value.
	var b strings.Builder
	b.Grow(size)
	b.WriteByte(0) // StringData promises nothing for an empty string
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.StringData(b.String()))), n)
}
