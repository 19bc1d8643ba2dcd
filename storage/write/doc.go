// Package write writes the rows of a plan to files: one file, or a folder of files, maybe one folder for each value of
// some columns.
//
// Options are those of COPY ... TO. A Plan is the operator that does it: each partition of its input is encoded by a
// goroutine of its own. A file is written in blocks, each of which one goroutine makes by itself: lines of text, a record
// batch of Arrow, a row group of Parquet. Several goroutines may make blocks of the same file; blocks are appended in
// the order in which they become full, so that the rows of one partition keep their order.
//
// Nothing is seen of the files before all of them are complete; see package commit.
package write
