// Package parquetsink writes rows of any type into Parquet files.
//
// A [Writer] writes rows with the columns of a [lineitem.Schema]. Only its Close makes a valid
// file: what is written before has no footer, and no reader takes it for a file.
//
// # Columns
//
//	KindText, KindJSON   STRING
//	KindDecimal          DECIMAL(38, scale), as 16 bytes
//	KindTime             TIMESTAMP in UTC, in nanoseconds, or microseconds by option
//	KindDate             DATE
//	KindInt              INT64
//	KindFloat            DOUBLE
//	KindBool             BOOLEAN
//
// Every column can be null. Null and an empty text, which only a field of type *string has, are two
// values. Nothing is rounded: a value that does not fit its column, such as an amount with more
// places than the scale, is a [*lineitem.ValueError], which names row and column and no value. JSON
// is a STRING, because customers write it and it may be invalid.
//
// # The file
//
// Columns have dictionaries where texts repeat, and zstd. Every page has a checksum, and every
// column chunk its minimum, maximum and number of nulls, by which queries skip row groups. Each
// row group is encoded by all processors, a column on each, and memory depends on its size, not
// on that of the export. Equal rows in equal calls of Write make equal files.
//
// The file's key-value metadata has the number of rows and the exact sum of each amount by
// currency, so that a file can be checked without what it was made from, and what
// [Options].Metadata adds.
//
// # Implementation
//
// The package encodes Parquet itself. A writer for flat tables needs a small part of the format,
// and a general library cannot know that the decoder shares equal texts: here the place of a text
// finds its index in the dictionary, mostly without reading it. Tests read the files with Apache
// Arrow's library and with DuckDB.
package parquetsink
