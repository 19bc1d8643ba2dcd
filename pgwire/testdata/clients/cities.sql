-- The table that gsql finds as data/cities.csv, for PostgreSQL.
CREATE TABLE cities (city text, population bigint, founded date, area double precision, capital boolean, seen timestamp);
INSERT INTO cities VALUES
	('Berlin', 3769495, '1237-10-28', 891.7, true, '2024-01-02 03:04:05'),
	('Hamburg', 1910160, '0808-01-01', 755.22, true, '2024-01-02 03:04:06.5'),
	('München', 1510378, '1158-06-14', 310.7, true, '2024-02-29 23:59:59.999999'),
	('Köln', 1087353, '0050-01-01', 405.02, false, NULL),
	('Frankfurt, "am Main"', 773068, '0794-02-22', 248.31, false, '2023-12-31 00:00:00'),
	('Leipzig', 619879, '1015-01-01', 297.8, false, '1999-12-31 12:00:00');
