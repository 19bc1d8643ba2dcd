-- What the clients find beside the table cities.
CREATE TABLE every_type (id integer NOT NULL, b boolean, i2 smallint, i4 integer, i8 bigint, f4 real, f8 double precision, n numeric(20,4), m numeric, t text,
	v varchar(20), c char(5), by bytea, d date, tm time, tt timetz, ts timestamp, tz timestamptz, iv interval, u uuid, j json, jb jsonb, o oid,
	ia integer[], ta text[], na numeric[], da date[], tza timestamptz[], ba boolean[], ua uuid[], jba jsonb[]);
INSERT INTO every_type VALUES
	(1, true, 7, -8, 9000000000, 1.5, -2.25, 12345.6789, 1e10, 'Grüße, "x"', 'v', 'c', '\x00ff', '2024-02-29', '12:34:56.789', '12:34:56+02',
		'2024-02-29 12:34:56.789', '2024-02-29 12:34:56.789+00', '1 year 2 mons 3 days 04:05:06.5', '00000000-0000-0000-0000-000000000005',
		'{"a": [1, null]}', '{"b": {"c": 1.50}}', 26, '{1,NULL,3}', '{a,"b \"c\"",NULL,""}', '{1.50,-2}', '{2024-01-01,NULL}',
		'{"2024-01-01 00:00:00+00"}', '{t,f,NULL}', '{00000000-0000-0000-0000-000000000005}', '{"{\"a\": 1}",NULL}'),
	(2, false, -32768, 2147483647, -9223372036854775808, '3.4e38', 1e-300, -9999999999999999.9999, 'NaN', E'tab\t, newline\n, backslash \\', '', '', '',
		'0001-01-01', '00:00:00', '23:59:59.999999-15:59', '1999-12-31 23:59:59.999999', '0900-06-15 12:00:00+00', '-178 days 23:59:59.999999',
		'ffffffff-ffff-ffff-ffff-ffffffffffff', '[]', '"\u00fc"', 4294967295, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'),
	(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
		NULL, NULL, NULL, NULL);
CREATE VIEW large_cities AS SELECT city, population FROM cities WHERE population > 1000000;
CREATE TABLE "Odd ""name""" ("Mixed Case" integer, "select" text DEFAULT 'x');
