// Package spill keeps batches on disk that do not fit in memory.
//
// A Store is a process's directory of spill files, with a cap on their size. A Space is one query's share of
// it. A Writer takes the rows of one file, a Reader gives them back in the same order, as often as wanted:
//
//	w, err := space.Create(types)
//	err = w.Write(batch)
//	f, err := w.Finish()
//	r, err := f.Open()
//	batch, err := r.Next(ctx)
//	f.Remove()
//
// CreateAt and FileAt are for the same kind of file at a path of the caller's, for other processes.
//
// Files are Arrow IPC streams whose buffers are compressed with LZ4. Those of a Space are removed when nobody needs
// them any more, at the latest with it; what a process that died has left is removed by the next one.
package spill
