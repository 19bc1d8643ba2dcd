package parquet

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	apq "github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/schema"
)

var (
	plain       = apq.Encodings.Plain
	rle         = apq.Encodings.RLE
	deltaPacked = apq.Encodings.DeltaBinaryPacked
	deltaLen    = apq.Encodings.DeltaLengthByteArray
	deltaStr    = apq.Encodings.DeltaByteArray
	dictionary  = apq.Encodings.RLEDict // stands for dictionary encoding on
)

// kind is a type of column: how its schema node is made, how its values and their texts are.
type kind struct {
	name      string
	sql       string
	logical   schema.LogicalType
	converted schema.ConvertedType
	phys      apq.Type
	width     int
	encodings []apq.Encoding
	make      func(r *rand.Rand, n int) (any, []string)
}

func (k kind) node(rep apq.Repetition) schema.Node {
	if k.logical == nil && k.converted != schema.ConvertedTypes.None {
		return schema.Must(schema.NewPrimitiveNodeConverted(k.name, rep, k.phys, k.converted, k.width, 0, 0, -1))
	}
	l := k.logical
	if l == nil {
		l = schema.NoLogicalType{}
	}
	return schema.Must(schema.NewPrimitiveNodeLogical(k.name, rep, l, k.phys, k.width, -1))
}

// values makes a kind's generator of a function that makes one value.
func values[T any](one func(r *rand.Rand) (T, string)) func(*rand.Rand, int) (any, []string) {
	return func(r *rand.Rand, n int) (any, []string) {
		v, s := make([]T, n), make([]string, n)
		for i := range v {
			if i > 0 && r.IntN(3) == 0 {
				k := r.IntN(i) // repeats, also at once, so that dictionaries and runs have sense
				if r.IntN(2) == 0 {
					k = i - 1
				}
				v[i], s[i] = v[k], s[k]
				continue
			}
			v[i], s[i] = one(r)
		}
		return v, s
	}
}

func int64s(r *rand.Rand) int64 {
	x := int64(r.Uint64())
	return x >> r.IntN(64)
}

func decimalText(x *big.Int, scale int) string {
	s := new(big.Int).Abs(x).String()
	if scale > 0 {
		s = strings.Repeat("0", max(0, scale+1-len(s))) + s
		s = s[:len(s)-scale] + "." + s[len(s)-scale:]
	}
	if x.Sign() < 0 {
		s = "-" + s
	}
	return s
}

func randomBytes(r *rand.Rand) []byte {
	b := make([]byte, r.IntN(4)*r.IntN(12))
	for i := range b {
		b[i] = "abcdefgh"[r.IntN(8)]
	}
	return b
}

// bigEndianDecimal makes decimals of digits digits as width bytes, or as few as needed when width is 0.
func bigEndianDecimal(digits, scale, width int) func(r *rand.Rand) ([]byte, string) {
	return func(r *rand.Rand) ([]byte, string) {
		x := new(big.Int)
		for range 1 + r.IntN(digits) {
			x.Mul(x, big.NewInt(10)).Add(x, big.NewInt(int64(r.IntN(10))))
		}
		if r.IntN(2) == 0 {
			x.Neg(x)
		}
		n := width
		if n == 0 {
			n = x.BitLen()/8 + 1
		}
		m := new(big.Int).Lsh(big.NewInt(1), uint(8*n))
		b := m.Mod(new(big.Int).Add(x, m), m).FillBytes(make([]byte, n))
		return b, decimalText(x, scale)
	}
}

func asArray(f func(r *rand.Rand) ([]byte, string)) func(*rand.Rand, int) (any, []string) {
	return values(func(r *rand.Rand) (apq.ByteArray, string) { b, s := f(r); return b, s })
}

func asFixed(f func(r *rand.Rand) ([]byte, string)) func(*rand.Rand, int) (any, []string) {
	return values(func(r *rand.Rand) (apq.FixedLenByteArray, string) { b, s := f(r); return b, s })
}

func fixedOf(n int, show func(b []byte) string) func(*rand.Rand, int) (any, []string) {
	return asFixed(func(r *rand.Rand) ([]byte, string) {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b, show(b)
	})
}

func stamp(layout string) func(t time.Time) string {
	return func(t time.Time) string { return t.UTC().Format(layout) }
}

var (
	ints   = []apq.Encoding{plain, dictionary, deltaPacked}
	few    = []apq.Encoding{plain, dictionary}
	bytes4 = []apq.Encoding{plain, dictionary, deltaLen, deltaStr}
)

const (
	dateLayout = "2006-01-02"
	tsLayout   = "2006-01-02 15:04:05.999999"
)

func kinds() []kind {
	ts := stamp(tsLayout)
	tstz := stamp(tsLayout + "+00")
	tod := stamp("15:04:05.999999")
	i32 := func(bits int) func(*rand.Rand, int) (any, []string) {
		return values(func(r *rand.Rand) (int32, string) {
			x := int32(int64s(r)) >> (32 - bits)
			return x, strconv.Itoa(int(x))
		})
	}
	return []kind{
		{"b", "boolean", nil, schema.ConvertedTypes.None, apq.Types.Boolean, 0, []apq.Encoding{plain, rle},
			values(func(r *rand.Rand) (bool, string) { v := r.IntN(2) == 0; return v, strconv.FormatBool(v)[:1] })},
		{"i8", "smallint", schema.NewIntLogicalType(8, true), schema.ConvertedTypes.None, apq.Types.Int32, 0, ints, i32(8)},
		{"i16", "smallint", nil, schema.ConvertedTypes.Int16, apq.Types.Int32, 0, ints, i32(16)},
		{"i32", "integer", nil, schema.ConvertedTypes.None, apq.Types.Int32, 0, ints, i32(32)},
		{"u16", "integer", schema.NewIntLogicalType(16, false), schema.ConvertedTypes.None, apq.Types.Int32, 0, few,
			values(func(r *rand.Rand) (int32, string) { x := r.IntN(1 << 16); return int32(x), strconv.Itoa(x) })},
		{"u32", "bigint", schema.NewIntLogicalType(32, false), schema.ConvertedTypes.None, apq.Types.Int32, 0, ints,
			values(func(r *rand.Rand) (int32, string) { x := r.Uint32(); return int32(x), strconv.Itoa(int(x)) })},
		{"u64", "numeric(20,0)", schema.NewIntLogicalType(64, false), schema.ConvertedTypes.None, apq.Types.Int64, 0, ints,
			values(func(r *rand.Rand) (int64, string) { x := uint64(int64s(r)); return int64(x), strconv.FormatUint(x, 10) })},
		{"i64", "bigint", nil, schema.ConvertedTypes.None, apq.Types.Int64, 0, ints,
			values(func(r *rand.Rand) (int64, string) { x := int64s(r); return x, strconv.FormatInt(x, 10) })},
		{"near", "bigint", nil, schema.ConvertedTypes.None, apq.Types.Int64, 0, ints,
			values(func(r *rand.Rand) (int64, string) { x := 1e15 + r.Int64N(100); return x, strconv.FormatInt(x, 10) })},
		{"f32", "real", nil, schema.ConvertedTypes.None, apq.Types.Float, 0, few,
			values(func(r *rand.Rand) (float32, string) {
				x := r.IntN(1000)
				return float32(x) / 8, trimFloat(float64(x) / 8)
			})},
		{"f64", "double precision", nil, schema.ConvertedTypes.None, apq.Types.Double, 0, few,
			values(func(r *rand.Rand) (float64, string) {
				x := r.IntN(100000)
				return float64(x) / 64, trimFloat(float64(x) / 64)
			})},
		{"d9", "numeric(9,2)", schema.NewDecimalLogicalType(9, 2), schema.ConvertedTypes.None, apq.Types.Int32, 0, ints,
			values(func(r *rand.Rand) (int32, string) {
				x := int32(r.IntN(2e9) - 1e9)
				return x, decimalText(big.NewInt(int64(x)), 2)
			})},
		{"d18", "numeric(18,4)", schema.NewDecimalLogicalType(18, 4), schema.ConvertedTypes.None, apq.Types.Int64, 0, ints,
			values(func(r *rand.Rand) (int64, string) { x := int64s(r); return x, decimalText(big.NewInt(x), 4) })},
		{"dfix", "numeric(11,3)", schema.NewDecimalLogicalType(11, 3), schema.ConvertedTypes.None, apq.Types.FixedLenByteArray, 5, few,
			asFixed(bigEndianDecimal(11, 3, 5))},
		{"dfix9", "numeric(18,0)", schema.NewDecimalLogicalType(18, 0), schema.ConvertedTypes.None, apq.Types.FixedLenByteArray, 9, few,
			asFixed(bigEndianDecimal(18, 0, 9))},
		{"dbig", "numeric(38,10)", schema.NewDecimalLogicalType(38, 10), schema.ConvertedTypes.None, apq.Types.FixedLenByteArray, 16, few,
			asFixed(bigEndianDecimal(38, 10, 16))},
		{"dvar", "numeric(30,3)", schema.NewDecimalLogicalType(30, 3), schema.ConvertedTypes.None, apq.Types.ByteArray, 0, bytes4,
			asArray(bigEndianDecimal(30, 3, 0))},
		{"date", "date", schema.DateLogicalType{}, schema.ConvertedTypes.None, apq.Types.Int32, 0, ints,
			values(func(r *rand.Rand) (int32, string) {
				d := r.IntN(80000) - 20000
				return int32(d), time.Unix(int64(d)*86400, 0).UTC().Format(dateLayout)
			})},
		{"tms", "time without time zone", schema.NewTimeLogicalType(true, schema.TimeUnitMillis), schema.ConvertedTypes.None, apq.Types.Int32, 0, ints,
			values(func(r *rand.Rand) (int32, string) {
				x := r.IntN(86400e3)
				return int32(x), tod(time.UnixMilli(int64(x)))
			})},
		{"tus", "time without time zone", schema.NewTimeLogicalType(false, schema.TimeUnitMicros), schema.ConvertedTypes.None, apq.Types.Int64, 0, ints,
			values(func(r *rand.Rand) (int64, string) { x := r.Int64N(86400e6); return x, tod(time.UnixMicro(x)) })},
		{"tns", "time without time zone", schema.NewTimeLogicalType(false, schema.TimeUnitNanos), schema.ConvertedTypes.None, apq.Types.Int64, 0, few,
			values(func(r *rand.Rand) (int64, string) { x := r.Int64N(86400e9); return x, tod(time.Unix(0, x)) })},
		{"tsms", "timestamp with time zone", nil, schema.ConvertedTypes.TimestampMillis, apq.Types.Int64, 0, ints,
			values(func(r *rand.Rand) (int64, string) { x := r.Int64N(4e12) - 1e12; return x, tstz(time.UnixMilli(x)) })},
		{"tsus", "timestamp without time zone", schema.NewTimestampLogicalType(false, schema.TimeUnitMicros), schema.ConvertedTypes.None, apq.Types.Int64, 0, ints,
			values(func(r *rand.Rand) (int64, string) { x := r.Int64N(4e15) - 1e15; return x, ts(time.UnixMicro(x)) })},
		{"tsns", "timestamp with time zone", schema.NewTimestampLogicalType(true, schema.TimeUnitNanos), schema.ConvertedTypes.None, apq.Types.Int64, 0, few,
			values(func(r *rand.Rand) (int64, string) { x := r.Int64N(4e18) - 1e18; return x, tstz(time.Unix(0, x)) })},
		{"i96", "timestamp without time zone", nil, schema.ConvertedTypes.None, apq.Types.Int96, 0, few,
			values(func(r *rand.Rand) (apq.Int96, string) {
				x := r.Int64N(4e9) - 1e9
				nanos := r.Int64N(86400) * 1e9
				day := floorDiv(x, 86400)
				var v apq.Int96
				binary.LittleEndian.PutUint64(v[:], uint64(nanos))
				binary.LittleEndian.PutUint32(v[8:], uint32(day+julianEpoch))
				return v, ts(time.Unix(day*86400, nanos))
			})},
		{"text", "text", schema.StringLogicalType{}, schema.ConvertedTypes.None, apq.Types.ByteArray, 0, bytes4,
			asArray(func(r *rand.Rand) ([]byte, string) { b := randomBytes(r); return b, string(b) })},
		{"enum", "text", schema.EnumLogicalType{}, schema.ConvertedTypes.None, apq.Types.ByteArray, 0, few,
			asArray(func(r *rand.Rand) ([]byte, string) { s := "value " + strconv.Itoa(r.IntN(5)); return []byte(s), s })},
		{"json", "json", schema.JSONLogicalType{}, schema.ConvertedTypes.None, apq.Types.ByteArray, 0, few,
			asArray(func(r *rand.Rand) ([]byte, string) { s := fmt.Sprintf(`{"a": %d}`, r.IntN(1e9)); return []byte(s), s })},
		{"raw", "bytea", nil, schema.ConvertedTypes.None, apq.Types.ByteArray, 0, bytes4,
			asArray(func(r *rand.Rand) ([]byte, string) { b := randomBytes(r); return b, fmt.Sprintf(`\x%x`, b) })},
		{"fix20", "bytea", nil, schema.ConvertedTypes.None, apq.Types.FixedLenByteArray, 20, few,
			fixedOf(20, func(b []byte) string { return fmt.Sprintf(`\x%x`, b) })},
		{"fix7", "bytea", nil, schema.ConvertedTypes.None, apq.Types.FixedLenByteArray, 7, few,
			fixedOf(7, func(b []byte) string { return fmt.Sprintf(`\x%x`, b) })},
		{"uuid", "uuid", schema.UUIDLogicalType{}, schema.ConvertedTypes.None, apq.Types.FixedLenByteArray, 16, few,
			fixedOf(16, func(b []byte) string { return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]) })},
		{"half", "real", schema.Float16LogicalType{}, schema.ConvertedTypes.None, apq.Types.FixedLenByteArray, 2, few,
			asFixed(func(r *rand.Rand) ([]byte, string) {
				// 1.0 to 2.0 in steps of 1/1024, times a power of two
				frac, exp := r.IntN(1024), r.IntN(8)
				x := (1 + float64(frac)/1024) * float64(int(1)<<exp)
				return binary.LittleEndian.AppendUint16(nil, uint16(exp+15)<<10|uint16(frac)), trimFloat32(x)
			})},
		{"span", "interval", nil, schema.ConvertedTypes.Interval, apq.Types.FixedLenByteArray, 12, few,
			asFixed(func(r *rand.Rand) ([]byte, string) {
				m, d, s := 1+r.IntN(11), 2+r.IntN(25), r.IntN(60)
				b := binary.LittleEndian.AppendUint32(nil, uint32(m))
				b = binary.LittleEndian.AppendUint32(b, uint32(d))
				b = binary.LittleEndian.AppendUint32(b, uint32(s*1000+3600e3))
				mons := "mons"
				if m == 1 {
					mons = "mon"
				}
				return b, fmt.Sprintf("%d %s %d days 01:00:%02d", m, mons, d, s)
			})},
	}
}

func trimFloat(x float64) string   { return strconv.FormatFloat(x, 'g', -1, 64) }
func trimFloat32(x float64) string { return strconv.FormatFloat(x, 'g', -1, 32) }

// Every type in every encoding that arrow's writer knows, with and without NULLs, in both page formats, read
// in batches that do not match its pages.
func TestTypes(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			for _, enc := range k.encodings {
				for _, rep := range []apq.Repetition{apq.Repetitions.Required, apq.Repetitions.Optional} {
					for _, v := range []apq.DataPageVersion{apq.DataPageV1, apq.DataPageV2} {
						what := fmt.Sprintf("%v %v page version %d", enc, rep, v)
						r := rand.New(rand.NewPCG(7, uint64(enc)))
						d := withNulls(r, k.node(rep), 2500, k.make)
						pageSize := int64(1000)
						if enc == deltaPacked || enc == deltaStr {
							pageSize = 1 << 20 // arrow's encoders cannot begin a second page
						}
						opts := []apq.WriterProperty{apq.WithDataPageVersion(v), apq.WithDataPageSize(pageSize), apq.WithBatchSize(97),
							apq.WithDictionaryDefault(enc == dictionary)}
						if enc != dictionary {
							opts = append(opts, apq.WithEncoding(enc))
						}
						tab := tableOf(t, save(t, encode(t, []data{d}, testGroup, opts...)))
						if got := tab.Schema()[0].Type.String(); got != k.sql {
							t.Fatalf("type %s, want %s", got, k.sql)
						}
						for _, rows := range []int{5, 1000, 5000} {
							equalColumns(t, what, scanAll(t, tab, rows)[0], d.texts)
						}
					}
				}
			}
		})
	}
}

// A dictionary that grows too large is given up by the writer in the middle of a chunk.
func TestDictionaryFallback(t *testing.T) {
	for _, k := range kinds() {
		r := rand.New(rand.NewPCG(3, 4))
		d := withNulls(r, k.node(apq.Repetitions.Optional), 3000, k.make)
		b := encode(t, []data{d}, 2000, apq.WithDictionaryPageSizeLimit(500), apq.WithDataPageSize(300), apq.WithBatchSize(50))
		tab := tableOf(t, save(t, b))
		for _, rows := range []int{1, 100, 4000} {
			equalColumns(t, k.name, scanAll(t, tab, rows)[0], d.texts)
		}
	}
}

// Every codec that arrow's writer knows, on columns whose pages do not match, read in parts of row groups.
func TestCodecs(t *testing.T) {
	codecs := map[string]compress.Compression{"none": compress.Codecs.Uncompressed, "snappy": compress.Codecs.Snappy,
		"gzip": compress.Codecs.Gzip, "brotli": compress.Codecs.Brotli, "zstd": compress.Codecs.Zstd}
	for name, codec := range codecs {
		for _, v := range []apq.DataPageVersion{apq.DataPageV1, apq.DataPageV2} {
			r := rand.New(rand.NewPCG(1, 2))
			var cols []data
			for _, k := range kinds() {
				cols = append(cols, withNulls(r, k.node(apq.Repetitions.Optional), 3000, k.make))
			}
			b := encode(t, cols, 3000, apq.WithCompression(codec), apq.WithDataPageVersion(v), apq.WithDataPageSize(2000), apq.WithBatchSize(100))
			got := scanAll(t, tableOf(t, save(t, b)), 512)
			for i := range cols {
				equalColumns(t, fmt.Sprintf("%s, page version %d, column %s", name, v, cols[i].node.Name()), got[i], cols[i].texts)
			}
		}
	}
}
