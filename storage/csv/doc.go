// Package csv reads CSV, TSV and their kin where they lie, in parallel, and converts only what a query refers
// to.
//
// A file is cut into splits of equal size, which the streams of a scan take from a common queue, or of which each
// stream has its own (see exec.Splits). A stream reads a split, indexes it (where are the delimiters and newlines
// that are not within quotes?), and converts the fields of the wanted columns, column by column, into vectors:
//
//	bytes --index--> positions --spans--> where a column's values lie --convert--> vectors
//
// # Why splits are right
//
// Let the border of a split be the first byte after the first newline byte at or behind its nominal start, or
// one before it. What comes before a border is a newline byte, so the border is in one of two states: it
// begins a row, or it lies within quotes. Each row belongs to the split in which it begins.
//
// A stretch of text without a quote character leaves the state as it is. Any other stretch changes it in a
// way that is known once the stretch was indexed from its own, known state. The states of a file's borders
// are therefore found in their order, by the streams that hold the splits (see chain): who has indexed a split
// tells the state of the next border. A stream waits for that of its own border, but while it waits it holds no
// split whose state others wait for and could have; and between taking a split and telling its state it
// depends on no consumer. So the waiting ends. A stream with splits of its own waits for nobody, but first indexes
// those before in the file, if the dialect has quotes. With one stream or many, with small splits or large, the rows
// are those of a serial reader.
//
// The numbers of rows, where a query asks for them, are found in the same way: who has indexed a split tells how many rows
// it has (see rowCounts).
//
// # How text is indexed
//
// 64 bytes at a time, delimiters, newlines and quotes become masks of 64 bits. While there is no quote, their
// positions are the index. With quotes, the running parity of quote bits says what lies within quotes, provided
// that each opening quote stands at the start of a field (or right behind a closing one: a doubled quote) and
// each closing quote at the end of one. That is checked, on the masks, and where it does not hold, as in
//
//	5" pipe,3
//
// the stretch is read byte by byte by a plain machine, which also defines what is right (see Dialect.exact).
package csv
