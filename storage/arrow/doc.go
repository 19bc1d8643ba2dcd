// Package arrow reads Arrow IPC: files (.arrow, .feather of version 2) and streams (.arrows), with buffers as they are
// or compressed by LZ4 or zstd.
//
// An index says where a file's record batches and dictionaries lie (index). A stream of a scan reads the batches that
// begin in its splits: of each batch the description (message), and of that the buffers of the wanted columns only,
// which become vectors (decode), in most cases by reading them to where they stay. What a file says of itself is
// checked before it is believed.
package arrow
