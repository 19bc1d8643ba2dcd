"""Uses a server as programs of psycopg2 do, and prints what it reads. The server's address stands in PGHOST and the like."""

import datetime
import decimal
import io
import uuid

import psycopg2
import psycopg2.errors
import psycopg2.extras
from psycopg2 import sql

psycopg2.extras.register_uuid()
connection = psycopg2.connect("")
connection.autocommit = True


def plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


def show(title, query, parameters=None, factory=None):
    with connection.cursor(cursor_factory=factory) as cursor:
        cursor.execute(query, parameters)
        print(f"-- {title}: {cursor.statusmessage}")
        if cursor.description:
            print([(d.name, d.type_code, d.display_size, d.internal_size, d.precision, d.scale) for d in cursor.description])
            for row in cursor.fetchall():
                print(tuple(plain(v) for v in row) if factory is None else dict(row))


def types():
    show("cities", "SELECT * FROM cities ORDER BY population")
    show("all types", "SELECT * FROM every_type ORDER BY id")
    show("by name", "SELECT city, founded FROM cities WHERE city LIKE 'K%'", factory=psycopg2.extras.RealDictCursor)


def parameters():
    for value in (True, -5, 1 << 40, 1.5, float("nan"), decimal.Decimal("-1.230"), "it's %s \\ ü", b"\x00'\\\xff", datetime.date(2024, 2, 29),
                  datetime.time(1, 2, 3, 4), datetime.datetime(2024, 1, 2, 3, 4, 5, 6), datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc),
                  datetime.timedelta(days=400, seconds=5, microseconds=7), uuid.UUID(int=7), [1, None, 3], ["a", None, 'b"'], [1.5, 2], None,
                  psycopg2.extras.Json({"a": [1, None, "ü"]})):
        show("a parameter", "SELECT %s AS value", (value,))
    show("a tuple", "SELECT city FROM cities WHERE population IN %s ORDER BY 1", ((3769495, 619879),))
    show("a list", "SELECT city FROM cities WHERE city = ANY(%s) ORDER BY 1", (["Köln", "Berlin"],))
    show("names", sql.SQL("SELECT {}::text FROM {} LIMIT 1").format(sql.Identifier("city"), sql.Identifier("public", "cities")))


def cursors():
    with psycopg2.connect("") as c, c.cursor(name="many") as cursor:
        cursor.itersize = 100
        cursor.execute("SELECT g, g::text FROM generate_series(1, 1234) g ORDER BY 1")
        print("-- a named cursor:", cursor.fetchone(), cursor.fetchmany(2), sum(row[0] for row in cursor))
    with psycopg2.connect("") as c, c.cursor(name="scrolled", scrollable=True) as cursor:
        cursor.execute("SELECT g FROM generate_series(1, 100) g ORDER BY g")
        cursor.scroll(50)
        first = cursor.fetchone()
        cursor.scroll(-10)
        print("-- a cursor that scrolls:", first, cursor.fetchone())


def changes():
    show("create", "CREATE TEMP TABLE changed (id integer, name text DEFAULT 'none', price numeric(10,2))")
    show("insert", "INSERT INTO changed VALUES (1, 'one', 1.5), (2, NULL, 2.5) RETURNING *")
    with connection.cursor() as cursor:
        psycopg2.extras.execute_values(cursor, "INSERT INTO changed (id, price) VALUES %s RETURNING id, name", [(i, i / 4) for i in range(3, 8)])
        print("-- many:", cursor.fetchall())
        psycopg2.extras.execute_batch(cursor, "UPDATE changed SET price = %s WHERE id = %s", [(9, 3), (10, 4)])
        cursor.executemany("DELETE FROM changed WHERE id = %s", [(5,), (6,)])
        print("-- deleted:", cursor.rowcount)
        cursor.copy_from(io.StringIO("8\tcopied\t1\n9\t\\N\t\\N\n"), "changed", columns=("id", "name", "price"))
        cursor.copy_expert("COPY changed FROM STDIN (FORMAT csv)", io.StringIO('10,"a,""b",2\n'))
        out = io.StringIO()
        cursor.copy_expert("COPY (SELECT * FROM changed ORDER BY id) TO STDOUT (FORMAT csv, HEADER)", out)
        print("-- copied:", out.getvalue())


def transactions():
    c = psycopg2.connect("")
    with c.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE tried (a integer)")
        c.commit()
        print("-- status:", c.get_transaction_status(), c.status)
        cursor.execute("INSERT INTO tried VALUES (1)")
        cursor.execute("SAVEPOINT s")
        try:
            cursor.execute("SELECT 1/0")
        except psycopg2.errors.DivisionByZero as e:
            print("-- error:", e.pgcode, e.diag.message_primary, e.diag.severity)
        try:
            cursor.execute("SELECT 1")
        except psycopg2.errors.InFailedSqlTransaction as e:
            print("-- error:", e.pgcode, e.diag.message_primary)
        cursor.execute("ROLLBACK TO s")
        cursor.execute("SELECT count(*) FROM tried")
        print(cursor.fetchall())
        c.rollback()
        cursor.execute("SELECT count(*) FROM tried")
        print(cursor.fetchall())
        try:
            cursor.execute("SELECT city, nothing FROM cities")
        except psycopg2.errors.UndefinedColumn as e:
            print("-- error:", e.pgcode, e.diag.message_primary, e.diag.statement_position)
    c.close()
    c = psycopg2.connect("")
    c.set_session(isolation_level="REPEATABLE READ", readonly=True)
    with c.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        print("-- read only:", cursor.fetchone())
        cursor.execute("SHOW transaction_isolation")
        print("-- isolation:", cursor.fetchone())
    c.close()


print("-- connection:", connection.encoding, connection.get_parameter_status("standard_conforming_strings"),
      connection.get_parameter_status("integer_datetimes"), connection.server_version // 10000)
for part in (types, parameters, cursors, changes, transactions):
    part()
