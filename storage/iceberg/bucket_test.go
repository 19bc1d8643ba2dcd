package iceberg

import (
	"testing"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// The hashes are those of the specification, appendix B.
func TestBucketHash(t *testing.T) {
	for _, c := range []struct {
		column types.ID
		value  *vec.Vector
		want   int32
	}{
		{types.Int32, vec.NewConst(types.Of(types.Int32), types.KInt32, int32(34), 1), 2017239379},
		{types.Int64, vec.NewConst(types.Of(types.Int64), types.KInt64, int64(34), 1), 2017239379},
		{types.Int64, vec.NewConst(types.Of(types.Int16), types.KInt16, int16(34), 1), 2017239379},
		{types.Date, vec.NewConst(types.Of(types.Date), types.KInt32, int32(17486), 1), -653330422},
		{types.Time, vec.NewConst(types.Of(types.Time), types.KInt64, int64(81_068_000_000), 1), -662762989},
		{types.Timestamp, vec.NewConst(types.Of(types.Timestamp), types.KInt64, int64(1_510_871_468_000_000), 1), -2047944441},
		{types.TimestampTZ, vec.NewConst(types.Of(types.TimestampTZ), types.KInt64, int64(1_510_871_468_000_001), 1), -1207196810},
		{types.Text, vec.NewText(types.Of(types.Text), "iceberg", 1), 1210000089},
	} {
		if h, ok := bucketHash(types.Of(c.column), c.value); int32(h) != c.want || !ok {
			t.Errorf("%v: %d, want %d", c.value.Type, int32(h), c.want)
		}
	}
	if _, ok := bucketHash(types.Of(types.Timestamp), vec.NewConst(types.Of(types.Date), types.KInt32, int32(1), 1)); ok {
		t.Error("a date is no timestamp")
	}
}
