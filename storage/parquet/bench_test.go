package parquet

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"testing"

	apq "github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"gsql/exec/types"
)

// BenchmarkScan reads columns of a million rows; bytes are those of the vectors' values.
func BenchmarkScan(b *testing.B) {
	const n = 1 << 20
	find := func(name string) kind {
		for _, k := range kinds() {
			if k.name == name {
				return k
			}
		}
		panic(name)
	}
	words := kind{"words", "", schema.StringLogicalType{}, schema.ConvertedTypes.None, apq.Types.ByteArray, 0, nil,
		asArray(func(r *rand.Rand) ([]byte, string) {
			s := "category_" + strconv.Itoa(r.IntN(1600))
			return []byte(s), s
		})}
	for _, c := range []struct {
		kind  kind
		rep   apq.Repetition
		enc   apq.Encoding
		codec compress.Compression
	}{
		{find("i64"), apq.Repetitions.Required, plain, compress.Codecs.Uncompressed},
		{find("i64"), apq.Repetitions.Optional, plain, compress.Codecs.Uncompressed},
		{find("i64"), apq.Repetitions.Required, plain, compress.Codecs.Snappy},
		{find("near"), apq.Repetitions.Required, dictionary, compress.Codecs.Snappy},
		{find("near"), apq.Repetitions.Optional, dictionary, compress.Codecs.Snappy},
		{find("f64"), apq.Repetitions.Optional, plain, compress.Codecs.Snappy},
		{find("date"), apq.Repetitions.Required, dictionary, compress.Codecs.Snappy},
		{find("d9"), apq.Repetitions.Required, plain, compress.Codecs.Uncompressed},
		{find("dfix"), apq.Repetitions.Required, plain, compress.Codecs.Uncompressed},
		{find("dbig"), apq.Repetitions.Required, plain, compress.Codecs.Uncompressed},
		{find("text"), apq.Repetitions.Required, plain, compress.Codecs.Uncompressed},
		{words, apq.Repetitions.Required, dictionary, compress.Codecs.Snappy},
		{words, apq.Repetitions.Optional, dictionary, compress.Codecs.Snappy},
	} {
		b.Run(fmt.Sprintf("%s/%v/%v/%v", c.kind.name, c.enc, c.rep, c.codec), func(b *testing.B) {
			d := withNulls(rand.New(rand.NewPCG(1, 2)), c.kind.node(c.rep), n, c.kind.make)
			opts := []apq.WriterProperty{apq.WithDictionaryDefault(c.enc == dictionary), apq.WithCompression(c.codec)}
			tab := tableOf(b, save(b, encode(b, []data{d}, n, opts...)))
			p, err := tab.Scan(context.Background(), request(tab, 1))
			if err != nil {
				b.Fatal(err)
			}
			var bytes int64
			for b.Loop() {
				bytes = 0
				env := newEnv(8192)
				s, err := p.Open(context.Background(), env, 0)
				if err != nil {
					b.Fatal(err)
				}
				for {
					batch, err := s.Next(context.Background())
					if err == io.EOF {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					bytes += int64(len(batch.Cols[0].Data))
				}
				env.Close()
			}
			b.SetBytes(bytes)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}

// BenchmarkPruned reads four columns under a condition that one row in fifty meets.
func BenchmarkPruned(b *testing.B) {
	const n = 1 << 20
	var cols []data
	for i := range 4 {
		v, r := make([]int64, n), rand.New(rand.NewPCG(uint64(i), 1))
		for k := range v {
			v[k] = r.Int64N(1000)
		}
		cols = append(cols, data{node: schema.NewInt64Node("c"+strconv.Itoa(i), apq.Repetitions.Required, -1), values: v, texts: make([]string, n)})
	}
	tab := tableOf(b, save(b, encode(b, cols, n, apq.WithDictionaryDefault(false))))
	req := request(tab, 1)
	for _, limit := range []string{"1000", "20"} {
		b.Run("below"+limit, func(b *testing.B) {
			req.Prune = operator("<", columnOf(tab, 0), constant(b, types.Of(types.Int64), limit))
			p, err := tab.Scan(context.Background(), req)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				env := newEnv(8192)
				s, _ := p.Open(context.Background(), env, 0)
				for {
					if _, err := s.Next(context.Background()); err != nil {
						break
					}
				}
				env.Close()
			}
		})
	}
}
