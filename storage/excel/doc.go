// Package excel reads the sheets of Excel workbooks (.xlsx). A sheet is read row by row as it is decompressed; in memory
// are the texts that cells share, and a batch.
//
// The columns of a table are those of the first row that has cells, or of a range; their types are found in a sample of
// the rows. What XML and spreadsheets have beyond rows of values is passed over.
package excel
