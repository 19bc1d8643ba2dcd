"""Sends values to a server as psycopg 3 does, reads them back, and prints what differs. The server's address stands in PGHOST and the like."""

import datetime
import decimal
import threading
import uuid

import psycopg
from psycopg.types.json import Jsonb

failures = 0


def expect(what, got, want):
    global failures
    if got != want:
        failures += 1
        print(f"{what}: got {got!r}, want {want!r}")


VALUES = [
    ("int8", 1 << 40), ("text", "é\t"), ("numeric", decimal.Decimal("-12345.678")), ("float8", 1.5), ("bool", True),
    ("date", datetime.date(2024, 2, 29)), ("timestamp", datetime.datetime(2024, 1, 2, 3, 4, 5, 678)),
    ("timestamptz", datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc)), ("time", datetime.time(1, 2, 3)),
    ("interval", datetime.timedelta(days=3, seconds=4)), ("uuid", uuid.UUID(int=5)), ("bytea", b"\x00\xff"),
    ("int[]", [1, None, 3]), ("text[]", ["a", 'b"', None]), ("numeric[]", [decimal.Decimal("1.50")]),
]


def values(c):
    for binary in (False, True):
        with c.cursor(binary=binary) as cur:
            for _ in range(7):  # from the sixth time on it is prepared
                for kind, value in VALUES:
                    for form in ("%t", "%b"):
                        cur.execute(f"select {form}::{kind}, null::{kind}", (value,), binary=binary)
                        expect(f"{kind} {form} {binary}", cur.fetchone(), (value, None))
            cur.execute("select %s::jsonb", (Jsonb({"a": [1, None]}),))
            expect("jsonb", cur.fetchone(), ({"a": [1, None]},))


def cursors(c):
    with c.transaction(), c.cursor(name="named") as cur:
        cur.execute("select g from generate_series(1, 1000) g order by g")
        expect("columns", [d.name for d in cur.description], ["g"])
        expect("fetchmany", cur.fetchmany(3), [(1,), (2,), (3,)])
        cur.scroll(10)
        expect("after a move", cur.fetchone(), (14,))
        expect("the rest", len(cur.fetchall()), 986)
    with c.cursor(name="held", scrollable=True, withhold=True) as cur:
        cur.execute("select g from generate_series(1, 1000) g order by g")
        cur.scroll(5, mode="absolute")
        expect("absolute", cur.fetchone(), (6,))
        cur.scroll(-3)
        expect("back", cur.fetchone(), (4,))


def copies(c):
    c.execute("create temp table copied (a int, b text, c numeric)")
    rows = [(i, f"row {i}\t\\", decimal.Decimal(i) / 4 if i % 3 else None) for i in range(5000)]
    for fmt in ("", " (format binary)"):
        c.execute("truncate copied")
        with c.cursor().copy("copy copied from stdin" + fmt) as copy:
            copy.set_types(["int4", "text", "numeric"])
            for row in rows:
                copy.write_row(row)
        with c.cursor().copy("copy (select * from copied order by a) to stdout" + fmt) as copy:
            copy.set_types(["int4", "text", "numeric"])
            expect("copy" + fmt, list(copy.rows()), rows)


def pipeline(c):
    with c.pipeline():
        results = [c.execute("select %s::int", (i,)) for i in range(100)]
        expect("pipeline", sum(r.fetchone()[0] for r in results), 4950)


def errors(c):
    with c.transaction(force_rollback=True):
        try:
            with c.transaction():
                c.execute("select 1/0")
        except psycopg.errors.DivisionByZero:
            pass
        expect("after an error", c.execute("select 5").fetchone(), (5,))
    threading.Timer(0.2, c.cancel).start()
    try:
        c.execute("select count(*) from generate_series(1, 100000000000)")
    except psycopg.errors.QueryCanceled:
        return
    expect("a cancelled query", "an end", "an error")


with psycopg.connect("", autocommit=True) as connection:
    for test in (values, cursors, copies, pipeline, errors):
        test(connection)
print("failures:", failures)
