"""Uses a server over ODBC, and prints what it reads. The argument is psqlODBC's library; the server's address stands in PGHOST and the like."""

import datetime
import decimal
import os
import sys

import pyodbc

e = os.environ
options = f"Driver={sys.argv[1]};Server={e['PGHOST']};Port={e['PGPORT']};Database={e['PGDATABASE']};Uid={e['PGUSER']};Pwd=x;"


def catalog(c):
    print("-- names:", c.getinfo(pyodbc.SQL_DBMS_NAME), c.getinfo(pyodbc.SQL_DBMS_VER).split(".")[0], c.getinfo(pyodbc.SQL_DATABASE_NAME), c.getinfo(pyodbc.SQL_USER_NAME))
    cursor = c.cursor()
    for kind in ("TABLE", "VIEW"):
        print("--", kind, sorted((r.table_schem, r.table_name, r.table_type) for r in cursor.tables(tableType=kind, schema="public")))
    for table in ("cities", "every_type", 'Odd "name"'):
        print("-- columns of", table)
        for r in cursor.columns(table=table, schema="public"):
            print((r.column_name, r.data_type, r.type_name, r.column_size, r.buffer_length, r.decimal_digits, r.num_prec_radix, r.nullable, r.column_def, r.ordinal_position))
        print("-- keys and indexes:", cursor.primaryKeys(table=table, schema="public").fetchall(), cursor.foreignKeys(table=table, schema="public").fetchall(),
              cursor.statistics(table=table, schema="public", quick=True).fetchall()[1:])
    print("-- types:", sorted({r.type_name for r in cursor.getTypeInfo() if r.type_name in ("int8", "text", "numeric", "date", "bool", "bytea", "uuid")}))


def queries(c):
    cursor = c.cursor()
    for query in ("SELECT * FROM cities ORDER BY population", "SELECT id, b, i2, i4, i8, f4, f8, n, m, t, v, c, by, d, tm, ts, u, j, ia FROM every_type ORDER BY id"):
        cursor.execute(query)
        print("--", query, [(d[0], d[1].__name__, d[3], d[4], d[5], d[6]) for d in cursor.description])
        for row in cursor.fetchall():
            print(tuple(row))
    for kind, value in (("bool", True), ("int", -5), ("bigint", 1 << 40), ("float8", 1.5), ("numeric", decimal.Decimal("-1.230")), ("text", "it's ü"),
                        ("date", datetime.date(2024, 2, 29)), ("timestamp", datetime.datetime(2024, 1, 2, 3, 4, 5, 600000)), ("text", None)):
        rows = [tuple(cursor.execute(f"SELECT city, ?::{kind} FROM cities WHERE population > ? ORDER BY 1 LIMIT 1", value, 10).fetchone()) for _ in range(7)]
        print("-- parameters:", kind, rows[0], rows[6])
    print("-- typed:", cursor.execute("SELECT ?::int + 1, ?::numeric * 2, ?::date + 1, ?::text", 4, decimal.Decimal("1.5"), datetime.date(2024, 2, 28), "x").fetchone())
    print("-- escapes:", cursor.execute("SELECT {fn ucase('a')}, {d '2024-01-02'}, {ts '2024-01-02 03:04:05'}, {fn concat('a', 'b')}").fetchone())
    total, cursor = 0, c.execute("SELECT g FROM generate_series(1, 1234) g ORDER BY g")
    while rows := cursor.fetchmany(100):
        total += sum(row[0] for row in rows)
    print("-- many:", total)


def changes(c):
    cursor = c.cursor()
    cursor.execute("CREATE TEMP TABLE changed (id integer, name varchar(20), price numeric(10,2))")
    cursor.executemany("INSERT INTO changed VALUES (?, ?, ?)", [(i, f"n{i}", decimal.Decimal(i) / 4) for i in range(5)])
    print("-- updated:", cursor.execute("UPDATE changed SET name = ? WHERE id > ?", None, 2).rowcount)
    c.commit()
    cursor.execute("DELETE FROM changed")
    c.rollback()
    print("-- rows:", cursor.execute("SELECT * FROM changed ORDER BY id").fetchall())
    for query in ("SELECT nothing FROM cities", "SELECT 1/0", "SELEC"):
        try:
            cursor.execute(query).fetchall()
        except pyodbc.Error as error:
            print("-- error:", error.args[0], error.args[1].splitlines()[0].replace(query, ""))
        c.rollback()
    cursor.execute("DROP TABLE changed")
    c.commit()


for extra in ("", "UseDeclareFetch=1;Fetch=100;", "UseServerSidePrepare=0;"):
    print("==", extra)
    connection = pyodbc.connect(options + extra)
    catalog(connection)
    queries(connection)
    changes(connection)
    connection.close()
