"""Uses a server as programs of psycopg 3 do, and prints what it reads. The server's address stands in PGHOST and the like."""

import asyncio
import datetime
import decimal
import uuid

import psycopg
from psycopg.rows import dict_row, namedtuple_row
from psycopg.types.json import Json, Jsonb

connection = psycopg.connect("", autocommit=True)

VALUES = [
    ("int2", 7), ("int8", 1 << 40), ("text", "é\t"), ("numeric", decimal.Decimal("-12345.6780")), ("float4", 1.5), ("float8", 1e-300), ("bool", True),
    ("date", datetime.date(2024, 2, 29)), ("timestamp", datetime.datetime(2024, 1, 2, 3, 4, 5, 678)),
    ("timestamptz", datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc)), ("time", datetime.time(1, 2, 3)),
    ("timetz", datetime.time(1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))),
    ("interval", datetime.timedelta(days=3, seconds=4)), ("uuid", uuid.UUID(int=5)), ("bytea", b"\x00\xff"),
    ("json", Json([1, None])), ("jsonb", Jsonb({"a": [1, None]})), ("int[]", [1, None, 3]), ("text[]", ["a", 'b"', None]),
    ("numeric[]", [decimal.Decimal("1.50")]), ("date[]", [datetime.date(1, 1, 1)]),
]


def types():
    for binary in (False, True):
        with connection.cursor(binary=binary) as cursor:
            for table in ("cities ORDER BY population", "every_type ORDER BY id"):
                print("--", table, "in binary" if binary else "as text")
                cursor.execute(f"SELECT * FROM {table}")
                print([(c.name, c.type_code, c.display_size, c.internal_size, c.precision, c.scale, c.type_display) for c in cursor.description])
                for row in cursor:
                    print(row)


def parameters():
    for binary in (False, True):
        for form in ("%t", "%b"):
            with connection.cursor(binary=binary) as cursor:
                for _ in range(7):  # from the sixth time on it is prepared
                    got = []
                    for kind, value in VALUES:
                        cursor.execute(f"SELECT {form}::{kind}, NULL::{kind}", (value,))
                        got.append(cursor.fetchone())
                print("-- parameters", form, "in binary" if binary else "as text", got)
    print(connection.execute("SELECT city FROM cities WHERE population > %s AND city = ANY(%s) ORDER BY 1", (1, ["Köln", "Berlin"])).fetchall())
    print(connection.execute("SELECT count(*) FROM cities WHERE founded < %s", (datetime.date(1000, 1, 1),)).fetchall())
    print(connection.execute("SELECT %s, %s::int + 1, %s || 'x'", ("a", "4", "b")).fetchall())
    print(connection.execute("SELECT * FROM generate_series(%s::int, %s::int) g", (3, 5)).fetchall())


def rows():
    with connection.cursor(row_factory=dict_row) as cursor:
        print("-- a dictionary:", cursor.execute("SELECT city, area FROM cities ORDER BY area LIMIT 1").fetchone())
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        print("-- a tuple:", cursor.execute("SELECT city, capital FROM large_cities JOIN cities USING (city) ORDER BY 1 LIMIT 1").fetchone())
    with connection.cursor() as cursor:
        print("-- a stream:", sum(row[0] for row in cursor.stream("SELECT g FROM generate_series(1, %s::int) g", (1000,))))
        cursor.execute("SELECT 1; SELECT 'two'; SELECT 3 WHERE false")
        more = True
        while more:
            print("-- one of several:", cursor.fetchall(), cursor.rowcount)
            more = cursor.nextset()


def changes():
    connection.execute("CREATE TEMP TABLE changed (id integer, name text, price numeric(10,2), made date)")
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO changed VALUES (%s, %s, %s, %s) RETURNING id, price",
                           [(i, f"n{i}", decimal.Decimal(i) / 8, datetime.date(2024, 1, i)) for i in range(1, 6)], returning=True)
        got = []
        while True:
            got.append(cursor.fetchone())
            if not cursor.nextset():
                break
        print("-- inserted:", got)
        print("-- updated:", cursor.execute("UPDATE changed SET name = upper(name) WHERE id > %s", (3,)).rowcount)
        with cursor.copy("COPY changed (id, name) FROM STDIN") as copy:
            copy.write_row((7, "tab\tand \\"))
            copy.write_row((8, None))
        with cursor.copy("COPY changed FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(["int4", "text", "numeric", "date"])
            copy.write_row((9, "ü", decimal.Decimal("1.25"), datetime.date(1, 2, 3)))
        for form in ("text", "binary"):
            with cursor.copy(f"COPY (SELECT * FROM changed ORDER BY id) TO STDOUT (FORMAT {form})") as copy:
                copy.set_types(["int4", "text", "numeric", "date"])
                print("-- copied as", form, list(copy.rows()))


def errors():
    for query, parameters in [("SELECT 1/%s", (0,)), ("SELECT nothing FROM cities", ()), ("SELECT * FROM nowhere", ()), ("SELEC 1", ()),
                              ("SELECT 'x'::int", ()), ("SELECT %s::int", ("x",)), ("SELECT nothing(1)", ()), ("SELECT city FROM cities GROUP BY population", ()),
                              ("SELECT 1 + 'a'::text", ()), ("SELECT '2024-13-01'::date", ()), ("SELECT (SELECT city FROM cities)", ()),
                              ("SELECT 2147483647 + 1", ())]:
        try:
            connection.execute(query, parameters)
            print("-- no error:", query)
        except psycopg.Error as e:
            print("-- error:", query, type(e).__name__, e.sqlstate, e.diag.message_primary, e.diag.statement_position)


def transactions():
    with psycopg.connect("") as c:
        c.execute("CREATE TEMP TABLE tried (a integer)")
        with c.transaction():
            c.execute("INSERT INTO tried VALUES (1)")
            try:
                with c.transaction():
                    c.execute("INSERT INTO tried VALUES (2)")
                    raise psycopg.Rollback()
            except psycopg.Rollback:
                pass
        print("-- after a savepoint:", c.execute("SELECT * FROM tried").fetchall(), c.info.transaction_status.name)
    with psycopg.connect("") as c:
        c.read_only = True
        try:
            c.execute("CREATE TABLE never (a integer)")
        except psycopg.errors.ReadOnlySqlTransaction as e:
            print("-- read only:", e.sqlstate, e.diag.message_primary)


async def concurrently():
    async with await psycopg.AsyncConnection.connect("", autocommit=True) as c, c.pipeline():
        cursors = [await c.execute("SELECT %s::int * 2", (i,)) for i in range(50)]
        print("-- a pipeline:", sum([(await cursor.fetchone())[0] for cursor in cursors]))


print("-- connection:", connection.info.encoding, connection.info.timezone, connection.info.server_version // 10000)
for part in (types, parameters, rows, changes, errors, transactions):
    part()
asyncio.run(concurrently())
