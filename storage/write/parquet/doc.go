// Package parquet encodes rows as Parquet files.
//
// A File knows the columns and collects what the footer says. A Group is the rows of a row group, most of them
// encoded already: pages are encoded and compressed as soon as they are full. Several goroutines may fill Groups of one File
// at once; Append is for one at a time.
//
// Columns of values that repeat have a dictionary, until it turns out that it does not pay. Each page and each column chunk
// has statistics, which the page index holds too; columns have Bloom filters where that is asked for. Pages are
// of version 1, and of encodings there are PLAIN, RLE and RLE_DICTIONARY, which every reader knows.
//
// Types are those of Parquet where it has them:
//
//	boolean, smallint, integer, bigint    BOOLEAN, INT32, INT64
//	real, double precision                FLOAT, DOUBLE
//	numeric(p, s)                         DECIMAL(p, s) in 32, 64 or 128 bits; DECIMAL(38, s) where p is not known
//	numeric of no scale                   DOUBLE: cast it to numeric(p, s) to keep all digits
//	text and its like, json, bytea        BYTE_ARRAY as STRING, JSON, or of no logical type
//	date, time                            DATE, TIME(MICROS)
//	timestamp, timestamptz                TIMESTAMP(MICROS), for timestamptz adjusted to UTC
//	interval                              INTERVAL, which has milliseconds and no sign: others are an error
//	uuid                                  FIXED_LEN_BYTE_ARRAY(16) as UUID
//	arrays, records                       LIST, groups
//	others                                STRING, in PostgreSQL's text form
package parquet
