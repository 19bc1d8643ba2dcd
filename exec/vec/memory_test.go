package vec

import (
	"runtime"
	"strconv"
	"testing"
	"unsafe"
)

// TestMake writes all of the memory that Make gives, while the garbage collector runs.
func TestMake(t *testing.T) {
	var all [][]Int128
	for n := range 600 {
		s := Make[Int128](n)
		if len(s) != n || n > 0 && uintptr(unsafe.Pointer(&s[0]))%8 != 0 {
			t.Fatalf("%d values, not %d, at %p", len(s), n, unsafe.SliceData(s))
		}
		for i := range s {
			s[i] = Int128{Lo: uint64(n), Hi: int64(i)}
		}
		all = append(all, s)
		if n%100 == 0 {
			runtime.GC()
		}
	}
	for n, s := range all {
		for i, x := range s {
			if x != (Int128{Lo: uint64(n), Hi: int64(i)}) {
				t.Fatalf("value %d of %d is %v", i, n, x)
			}
		}
	}
}

var made []int64

func BenchmarkMake(b *testing.B) {
	for _, n := range []int{1024, 2048, 8192, 1 << 17} {
		b.Run("Make/"+strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				made = Make[int64](n)
			}
		})
		b.Run("make/"+strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				made = make([]int64, n)
			}
		})
	}
}
