"""Writes random Parquet files with pyarrow, of what DuckDB does not write: page indexes, Bloom filters, all encodings,
INT96, dictionaries that overflow, pages of few rows, types of Arrow.

    python3 pyarrow_files.py DIR FILES [SEED] [ROWS]
"""

import datetime
import decimal
import random
import sys

import pyarrow as pa
import pyarrow.parquet as pq


class Gen:
    """Random columns of a number of rows."""

    def __init__(self, seed, rows):
        self.r, self.rows = random.Random(seed), rows

    def numbers(self):
        """Integers of a random distribution, one a row."""
        r, n = self.r, self.rows
        k = r.choice([1, 3, 50, 5000, 10**6, 2**62])
        kind = r.randrange(6)
        if kind == 0:
            return [i // 7 for i in range(n)]
        if kind == 1:
            return [n - i + r.randrange(20) for i in range(n)]
        if kind == 2:
            out = []
            while len(out) < n:
                out += [r.randrange(k)] * r.randrange(1, 800)
            return out[:n]
        if kind == 3:
            return [r.randrange(5) if i < n // 3 else r.randrange(k) for i in range(n)]
        return [r.randrange(k) for _ in range(n)]

    def nulls(self, values):
        share = self.r.choice([0, 0, 0.01, 0.5, 0.99, 1, -1])
        if share < 0:
            return [None if i // 700 % 2 else v for i, v in enumerate(values)]
        return [None if self.r.random() < share else v for v in values]

    def leaf(self):
        """A type and a function that makes a value of a number."""
        r = self.r
        bits = r.choice([8, 16, 32, 64])
        signed = {8: pa.int8(), 16: pa.int16(), 32: pa.int32(), 64: pa.int64()}[bits]
        unsigned = {8: pa.uint8(), 16: pa.uint16(), 32: pa.uint32(), 64: pa.uint64()}[bits]
        half = 2 ** (bits - 1)
        prec = r.randrange(1, 39)
        scale = r.randrange(0, prec + 1)
        epoch = datetime.datetime(1970, 1, 1)
        unit = r.choice(["s", "ms", "us", "ns"])
        per = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[unit]
        words = ["", "a", "é", "漢字", "𝄞", " ", "zz", "\n", "'"]
        return r.choice([
            (signed, lambda x: x % (2 * half) - half),
            (signed, lambda x: x % min(half, 100)),
            (unsigned, lambda x: x * 31 % (2 * half)),
            (pa.float32(), lambda x: [float("nan"), float("inf"), -0.0, 0.0, -1.5, 3e38, x / 8][min(x % 50, 6)]),
            (pa.float64(), lambda x: [float("nan"), float("-inf"), -0.0, 1e-300][x % 4] if x % 100 == 0 else x / 3),
            (pa.float16(), lambda x: x % 1000 / 4),
            (pa.decimal128(prec, scale), lambda x: decimal.Decimal(x * 7**30 % 10**prec * (-1) ** x).scaleb(-scale, decimal.Context(prec=50))),
            (pa.decimal32(min(prec, 9), min(scale, prec, 9)), lambda x: decimal.Decimal(x % 10 ** min(prec, 9)).scaleb(-min(scale, prec, 9))),
            (pa.string(), lambda x: words[x % 9] * (x % 5)),
            (pa.string(), lambda x: "common beginning " + str(x)),
            (pa.large_string(), lambda x: str(x) * (x % 20)),
            (pa.string_view(), lambda x: str(x * 10**12)),
            (pa.binary(), lambda x: x.to_bytes(9, "little")[: x % 9]),
            (pa.binary(16), lambda x: (x * 10**9).to_bytes(16, "big")),
            (pa.binary(3), lambda x: (x % 2**24).to_bytes(3, "big")),
            (pa.bool_(), lambda x: x % 3 == 0),
            (pa.date32(), lambda x: datetime.date(1, 1, 1) + datetime.timedelta(days=x % 3_000_000)),
            (pa.date64(), lambda x: datetime.date(1960, 1, 1) + datetime.timedelta(days=x % 30_000)),
            (pa.time32("ms"), lambda x: x % 86_400_000),
            (pa.time64("us"), lambda x: x % 86_400_000_000),
            (pa.time64("ns"), lambda x: x % 86_400_000_000 * 1000),
            (pa.timestamp(unit), lambda x: (x % 4 * 10**18 + x % 10**18 - 2 * 10**18) // per),
            (pa.timestamp(unit, "UTC"), lambda x: (x * 10**9 % (4 * 10**18)) // per),
            (pa.dictionary(pa.int32(), pa.string()), lambda x: "entry " + str(x % 3000)),
            (pa.uuid().storage_type, lambda x: (x * 7**40 % 2**128).to_bytes(16, "big")),
        ])

    def some(self, value):
        return (lambda x: None if x % 11 == 3 else value(x)) if self.r.randrange(2) else value

    def nested(self, depth, in_list=False):
        r = self.r
        kind = r.randrange(8)
        if depth == 0 or kind > 4:
            t, f = self.leaf()
            while pa.types.is_dictionary(t) or pa.types.is_float16(t) or t == pa.string_view():
                t, f = self.leaf()
            return t, self.some(f)
        if kind in (0, 1) and not in_list:
            t, f = self.nested(depth - 1, True)
            n, long = r.choice([1, 2, 3]), r.choice([0, 0, 2000]) if depth == 3 else 0
            make = {0: pa.list_, 1: pa.large_list}[kind]
            return make(t), self.some(lambda x: [f(x * 13 + i) for i in range(long if long and x % 997 == 1 else x % (n + 1))])
        if kind == 2 and not in_list:
            t, f = self.nested(depth - 1, True)
            key, to = r.choice([(pa.string(), str), (pa.int32(), int)])
            return pa.map_(key, t), self.some(lambda x: [(to(i), f(x + i)) for i in range(x % 4)])
        fields = [self.nested(depth - 1, in_list) for _ in range(r.randrange(1, 4))]
        t = pa.struct([pa.field("f%d" % i, t) for i, (t, _) in enumerate(fields)])
        return t, self.some(lambda x: {"f%d" % i: f(x) for i, (_, f) in enumerate(fields)})

    def column(self):
        t, f = self.nested(3) if self.r.randrange(3) == 0 else self.leaf()
        values = self.nulls([f(x) for x in self.numbers()])
        return pa.array(values, t)

    def table(self):
        arrays = [self.column() for _ in range(self.r.randrange(1, 9))]
        if self.r.randrange(8) == 0:
            arrays.append(pa.nulls(self.rows))
        return pa.table(arrays, ["c%d" % i for i in range(len(arrays))])


def encoding(r, t):
    """A random encoding of a column without dictionary."""
    if pa.types.is_integer(t) or pa.types.is_date(t) or pa.types.is_time(t) or pa.types.is_timestamp(t):
        return r.choice(["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"])
    if pa.types.is_floating(t) or pa.types.is_fixed_size_binary(t):
        return r.choice(["PLAIN", "BYTE_STREAM_SPLIT"])
    if pa.types.is_string(t) or pa.types.is_binary(t) or pa.types.is_large_string(t):
        return r.choice(["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"])
    if pa.types.is_boolean(t):
        return r.choice(["PLAIN", "RLE"])
    return "PLAIN"


def options(r, table):
    o = {
        "compression": r.choice(["none", "snappy", "gzip", "zstd", "lz4", "brotli"]),
        "row_group_size": r.choice([None, 100, 1000, 7777, 50000]),
        "data_page_size": r.choice([None, 64, 1000, 20000]),
        "data_page_version": r.choice(["1.0", "2.0"]),
        "version": r.choice(["1.0", "2.4", "2.6"]),
        "write_page_index": r.random() < 0.7,
        "write_page_checksum": r.random() < 0.3,
        "write_batch_size": r.choice([None, 10, 500]),
        "use_compliant_nested_type": r.random() < 0.7,
        "store_decimal_as_integer": r.random() < 0.4,
        "max_rows_per_page": r.choice([None, None, 1, 100]),
        "dictionary_pagesize_limit": r.choice([None, 100, 5000]),
        "use_deprecated_int96_timestamps": r.random() < 0.2,
        "write_statistics": r.random() < 0.9,
        "use_content_defined_chunking": r.random() < 0.1,
        "store_schema": r.random() < 0.5,
    }
    if r.random() < 0.4:
        o["use_dictionary"] = False
        o["column_encoding"] = {f.name: encoding(r, f.type) for f in table.schema if not pa.types.is_nested(f.type) and not pa.types.is_dictionary(f.type) and not pa.types.is_null(f.type)}
    simple = [f.name for f in table.schema if not pa.types.is_nested(f.type) and not pa.types.is_boolean(f.type) and not pa.types.is_null(f.type)]
    if r.random() < 0.5 and simple:
        o["bloom_filter_options"] = {n: {"ndv": r.choice([10, 1000, 50000]), "fpp": 0.05} for n in simple}
    return o


def main():
    folder, files = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    rows = int(sys.argv[4]) if len(sys.argv) > 4 else 6000
    for s in range(seed, seed + files):
        r = random.Random(s)
        table = Gen(s, r.choice([0, 1, 100, rows, rows])).table()
        o = options(r, table)
        if o["max_rows_per_page"] == 1 and len(table) > 2000:
            o["max_rows_per_page"] = 10
        path = "%s/%05d.parquet" % (folder, s)
        try:
            pq.write_table(table, path, **o)
        except (pa.ArrowException, NotImplementedError, OSError) as e:
            print(path, type(e).__name__, str(e)[:200])


main()
