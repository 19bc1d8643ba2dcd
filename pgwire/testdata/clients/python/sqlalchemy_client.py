"""Reflects and reads a server's tables with SQLAlchemy and pandas, and prints what they see. The server's address stands in PGHOST and the like."""

import datetime
import os
import warnings

import pandas
import sqlalchemy
from sqlalchemy import func, select

warnings.simplefilter("ignore")
pandas.set_option("display.width", 200, "display.max_columns", 40)


def reflect(engine):
    inspector = sqlalchemy.inspect(engine)
    print("-- schemas:", sorted(inspector.get_schema_names()), "default:", inspector.default_schema_name)
    print("-- tables:", sorted(inspector.get_table_names()), "views:", sorted(inspector.get_view_names()), "others:", inspector.get_materialized_view_names())
    for table in ("cities", "every_type", 'Odd "name"', "large_cities"):
        print("--", table)
        for column in inspector.get_columns(table):
            print({k: str(v) for k, v in sorted(column.items())})
        print(inspector.get_pk_constraint(table), inspector.get_foreign_keys(table), inspector.get_indexes(table), inspector.get_unique_constraints(table),
              inspector.get_check_constraints(table), inspector.get_table_comment(table))
    print("-- exists:", inspector.has_table("cities"), inspector.has_table("nothing"), inspector.has_schema("public"), inspector.has_schema("nothing"))
    print("-- enums:", inspector.get_enums(), "sequences:", inspector.get_sequence_names())
    metadata = sqlalchemy.MetaData()
    metadata.reflect(engine, views=True)
    print("-- reflected:", sorted((t.name, [c.name for c in t.columns]) for t in metadata.tables.values()))
    return metadata.tables["cities"]


def query(engine, cities):
    with engine.connect() as c:
        print("-- version:", engine.dialect.server_version_info[0])
        large = select(cities.c.city, (cities.c.population / func.nullif(cities.c.area, 0)).label("density")).where(cities.c.population > 10**6)
        print("-- select:", c.execute(large.order_by(sqlalchemy.desc("density"))).all())
        print("-- group:", c.execute(select(cities.c.capital, func.count(), func.max(cities.c.founded)).group_by(cities.c.capital).order_by(cities.c.capital)).all())
        print("-- in:", c.execute(select(cities.c.city).where(cities.c.city.in_(["Köln", "Berlin"])).order_by(cities.c.city).limit(5).offset(1)).all())
        print("-- case:", c.execute(select(sqlalchemy.case((cities.c.capital, "yes"), else_="no"), func.coalesce(cities.c.seen, datetime.datetime(2000, 1, 1)))
                                    .order_by(cities.c.population)).all())
        print("-- window:", c.execute(select(cities.c.city, func.rank().over(order_by=cities.c.area.desc())).order_by(cities.c.city)).all())
        print("-- extract:", c.execute(select(func.extract("year", cities.c.founded), func.date_trunc("month", cities.c.seen)).order_by(cities.c.population)).all())
        streamed = c.execution_options(stream_results=True, max_row_buffer=100).execute(sqlalchemy.text("SELECT g FROM generate_series(1, 1000) g"))
        print("-- streamed:", sum(row.g for row in streamed))
    metadata = sqlalchemy.MetaData()
    made = sqlalchemy.Table("made", metadata, sqlalchemy.Column("id", sqlalchemy.BigInteger, nullable=False), sqlalchemy.Column("name", sqlalchemy.String(20)),
                            sqlalchemy.Column("price", sqlalchemy.Numeric(10, 2)), sqlalchemy.Column("at", sqlalchemy.DateTime(timezone=True)),
                            sqlalchemy.Column("data", sqlalchemy.JSON), prefixes=["TEMPORARY"])
    with engine.begin() as c:
        made.create(c)
        at = datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc)
        print("-- inserted:", c.execute(made.insert(), [{"id": i, "name": f"n{i}", "price": i / 4, "at": at, "data": {"i": i}} for i in range(4)]).rowcount)
        print("-- returned:", c.execute(made.insert().returning(made.c.id, made.c.data), [{"id": 7, "data": [1]}, {"id": 8, "data": None}]).all())
        print("-- updated:", c.execute(made.update().where(made.c.id > 1).values(name=func.upper(made.c.name))).rowcount)
        print("-- deleted:", c.execute(made.delete().where(made.c.id == 0)).rowcount)
        print("-- rows:", c.execute(select(made).order_by(made.c.id)).all())
        c.execute(sqlalchemy.text("DROP TABLE made"))
    try:
        with engine.begin() as c:
            c.execute(sqlalchemy.text("SELECT nothing FROM cities"))
    except sqlalchemy.exc.ProgrammingError as e:
        print("-- error:", type(e.orig).__name__)


def frames(engine):
    frame = pandas.read_sql("SELECT * FROM cities ORDER BY population", engine)
    print("-- a frame:", frame.dtypes.to_dict(), frame, sep="\n")
    print("-- a table:", pandas.read_sql_table("cities", engine, index_col="city", columns=["population", "seen"]).sort_index(), sep="\n")
    chunks = pandas.read_sql("SELECT g, g * 0.5 AS half FROM generate_series(1, 1000) g", engine, chunksize=300)
    print("-- chunks:", [(len(chunk), float(chunk.half.sum())) for chunk in chunks])
    with engine.begin() as c:
        pandas.DataFrame({"a": [1, 2, 3], "b": ["x", None, "ü"], "c": [1.5, None, 2.5], "d": pandas.to_datetime(["2024-01-02", None, "2024-02-29"])}).to_sql("framed", c, index=False)
        print("-- written:", pandas.read_sql_query("SELECT * FROM framed ORDER BY a", c), sep="\n")
        c.execute(sqlalchemy.text("DROP TABLE framed"))


for driver in ("psycopg2", "psycopg"):
    print("==", driver)
    engine = sqlalchemy.create_engine(f"postgresql+{driver}://{os.environ['PGUSER']}@{os.environ['PGHOST']}:{os.environ['PGPORT']}/{os.environ['PGDATABASE']}")
    query(engine, reflect(engine))
    frames(engine)
    engine.dispose()
