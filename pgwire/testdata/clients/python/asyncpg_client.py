"""Uses a server as programs of asyncpg do, and prints what it reads. The server's address stands in PGHOST and the like."""

import asyncio
import datetime
import decimal
import io
import json
import uuid

import asyncpg

VALUES = [
    ("bool", True), ("int2", -7), ("int4", 1 << 30), ("int8", -(1 << 60)), ("float4", 1.5), ("float8", 1e-300), ("numeric", decimal.Decimal("-1.2300")),
    ("text", "ü\t"), ("varchar", "v"), ("bytea", b"\x00\xff"), ("date", datetime.date(2024, 2, 29)), ("time", datetime.time(1, 2, 3, 4)),
    ("timestamp", datetime.datetime(2024, 1, 2, 3, 4, 5, 6)), ("timestamptz", datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc)),
    ("interval", datetime.timedelta(days=3, seconds=4)), ("uuid", uuid.UUID(int=5)), ("json", '{"a": 1}'), ("jsonb", '[1, null]'),
    ("int4[]", [1, None, 3]), ("text[]", ["a", None, 'b"']), ("numeric[]", [decimal.Decimal("1.50")]), ("timestamptz[]", []), ("oid", 26),
]


async def types(c):
    for table in ("cities ORDER BY population", "every_type ORDER BY id"):
        statement = await c.prepare(f"SELECT * FROM {table}")
        print("--", table)
        print([(a.name, a.type.name, a.type.oid) for a in statement.get_attributes()])
        for record in await statement.fetch():
            print(tuple(record.values()))
    statement = await c.prepare("SELECT city, $1::int FROM cities WHERE population > $2 AND city LIKE $3 ORDER BY 1")
    print("-- parameters:", [p.name for p in statement.get_parameters()])
    for _ in range(3):
        print(await statement.fetch(5, 1000, "%n"), statement.get_statusmsg())


async def parameters(c):
    for kind, value in VALUES:
        print("--", kind, await c.fetchrow(f"SELECT $1::{kind} AS value, NULL::{kind} AS missing", value))
    await c.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    print("-- a codec:", await c.fetchval("SELECT $1::jsonb", {"a": [1, None, "ü"]}))
    print("-- inference:", await c.fetchrow("SELECT $1 + population, $2 || city, $3 FROM cities ORDER BY city LIMIT $4", 1, "x", "text", 1))
    print("-- a series:", await c.fetch("SELECT * FROM generate_series($1::int, $2::int) g", 3, 5))
    print("-- unnest:", await c.fetch("SELECT * FROM unnest($1::int[], $2::text[]) AS t(a, b)", [1, 2], ["x", "y"]))
    print("-- a record:", await c.fetchval("SELECT ROW(1, 'a'::text, NULL::date)"))


async def cursors(c):
    async with c.transaction():
        total = 0
        async for record in c.cursor("SELECT g FROM generate_series(1, 1234) g ORDER BY g", prefetch=100):
            total += record["g"]
        cursor = await c.cursor("SELECT g FROM generate_series(1, 100) g ORDER BY g")
        await cursor.forward(10)
        print("-- cursors:", total, await cursor.fetchrow(), len(await cursor.fetch(1000)))


async def changes(c):
    await c.execute("CREATE TEMP TABLE changed (id integer, name text, price numeric(10,2), made timestamptz)")
    made = datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc)
    await c.executemany("INSERT INTO changed VALUES ($1, $2, $3, $4)", [(i, f"n{i}", decimal.Decimal(i) / 8, made) for i in range(5)])
    print("-- updated:", await c.execute("UPDATE changed SET name = NULL WHERE id > $1", 2))
    print("-- copied in:", await c.copy_records_to_table("changed", records=[(7, "x", None, None), (8, "ü", decimal.Decimal("1.25"), made)]))
    out = io.BytesIO()
    print("-- copied out:", await c.copy_from_query("SELECT id, name FROM changed WHERE id > $1 ORDER BY id", 1, output=out, format="csv"), out.getvalue().decode())
    print("-- rows:", [tuple(r) for r in await c.fetch("DELETE FROM changed WHERE id > 6 RETURNING *")])


async def transactions(c):
    try:
        async with c.transaction(isolation="repeatable_read", readonly=True):
            await c.execute("CREATE TEMP TABLE nothing (a int)")
            await c.execute("CREATE TABLE nothing_else (a int)")
    except asyncpg.PostgresError as e:
        print("-- error:", type(e).__name__, e.sqlstate, e.message)
    async with c.transaction():
        try:
            async with c.transaction():
                await c.fetch("SELECT 1/0")
        except asyncpg.DivisionByZeroError as e:
            print("-- error:", e.sqlstate, e.message)
        print("-- after it:", await c.fetchval("SELECT 5"), c.is_in_transaction())
    for query, arguments in [("SELECT nothing FROM cities", ()), ("SELECT $1::int", ("x",)), ("SELECT 'x'::int", ()), ("SELECT pg_sleep(10)", ())]:
        try:
            await c.fetch(query, *arguments, timeout=0.3)
        except (asyncpg.PostgresError, asyncpg.DataError, asyncio.TimeoutError) as e:
            print("-- error:", type(e).__name__, getattr(e, "sqlstate", None), e)
    print("-- still there:", await c.fetchval("SELECT 1"))


async def main():
    c = await asyncpg.connect()
    for part in (types, parameters, cursors, changes, transactions):
        await part(c)
    await c.reset()
    await c.close()
    async with asyncpg.create_pool(min_size=2, max_size=4) as pool:
        print("-- a pool:", sum(await asyncio.gather(*[pool.fetchval("SELECT $1::int", i) for i in range(100)])))


asyncio.run(main())
