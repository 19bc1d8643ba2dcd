-- The tables of the tests, for running them against PostgreSQL.
CREATE TABLE emp (id integer, name text, dept_id integer, salary numeric(10,2), hired date, boss integer, active boolean);
CREATE TABLE dept (id integer, name text, city varchar(20), budget numeric(12,2));
CREATE TABLE nums (i2 smallint, i4 integer, i8 bigint, f4 real, f8 double precision, n numeric, n2 numeric(10,2), n3 numeric(10,3));
CREATE TABLE times (d date, t time, ts timestamp, tz timestamptz, iv interval);
CREATE TABLE misc (u uuid, j jsonb, ia integer[], ta text[], c char(5), v varchar(10), b bytea);
