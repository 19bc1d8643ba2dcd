// Package memory has tables whose rows are in memory, and on disk as far as they do not fit.
//
// A Table is immutable: it is one state of a table, a list of chunks of columns. What changes a table makes another
// Table, which shares the chunks that are as before. So whoever reads keeps what it began with, and going back means
// taking the former Table again. Which Table a name stands for is for the caller to say; so is the order of changes.
package memory
