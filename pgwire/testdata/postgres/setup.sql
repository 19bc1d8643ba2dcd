drop table if exists wire_parts; drop table if exists wire_items;
create table wire_parts (id bigint, weight integer, name varchar(40), price numeric(10,2), made date);
insert into wire_parts values (1, 10, 'n1', 1.50, '2024-01-01'), (2, 20, 'n2', 2.50, '2024-01-02'), (3, 30, 'n3', 3.50, '2024-01-03');
create table wire_items (id integer, label text, cost numeric(8,2));
