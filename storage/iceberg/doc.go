// Package iceberg reads the metadata of Apache Iceberg tables: which files have the rows of a snapshot, which of the rows
// are deleted, and what is known of the files' columns.
//
// A metadata file in JSON has schemas, ways to partition, and snapshots. A snapshot names a list of manifests, which are
// Avro files that name the files with data and those that delete rows: by the rows' numbers, or by the values of columns.
// A deletion holds for files that are older than it, which sequence numbers tell.
package iceberg
