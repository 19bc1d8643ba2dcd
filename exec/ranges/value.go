package ranges

import "encoding/binary"

// AppendInt32 appends the value of a bound that is a 32-bit number, AppendInt64 of one that has 64 bits.
func AppendInt32(dst []byte, x int32) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(x)^1<<31)
}

func AppendInt64(dst []byte, x int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(x)^1<<63)
}

// Int32 returns the number that a value of four bytes is, Int64 that of one of eight.
func Int32(value []byte) int32 { return int32(binary.BigEndian.Uint32(value) ^ 1<<31) }

func Int64(value []byte) int64 { return int64(binary.BigEndian.Uint64(value) ^ 1<<63) }
