// Package parquet reads tables from Parquet files.
//
// A file's footer is all that is read when a table is opened. A scan deals out row groups, or parts of large
// ones, to its streams; each stream has one cursor per column that walks the pages of the column's chunk,
// decompresses those that are needed and decodes them straight into vectors. Dictionary-encoded strings stay
// dictionary vectors, one dictionary per chunk.
//
// A nested column is read leaf by leaf, with the levels beside the values, of which records and arrays are assembled: a
// LIST is an array, a MAP an array of records of a key and a value. Its leaves' statistics are not used.
//
// The table's columns are found by their names in each file. One that a file lacks is NULL, one of another type is cast
// behind the decoding, statistics and all, where no value can change by it.
//
// What a condition excludes is left out as early as possible: row groups by their statistics and Bloom filters, pages by the
// bounds of the page index, other pages without being decompressed when no row of theirs is left, values after they
// were decoded. All this is a favour to the operators above, which check again.
//
// Files are foreign bytes. Every count and offset in them is checked before it is used, allocations are
// bounded by what was read and not by what a header says, and damage is an XX001 error with the file's name.
package parquet

//go:generate go run unpackgen.go
