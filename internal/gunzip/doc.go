// Package gunzip is a fast decompressor for gzip'd text.
//
// Exports compress about ten to one, so decompression mostly copies matches. With the existing
// libraries it takes longer than everything else that is done with a row. This package is faster
// (see BenchmarkRead) because it fills a 64-bit bit buffer without a branch, looks a symbol up in
// one table, and copies matches sixteen bytes at a time into the buffer that Read copies from.
//
// The checksum and length of each member are verified before the member counts as read, so a bug in
// this package would be an error and never a wrong row. A fuzz target compares output and errors
// with the standard library.
//
// reader.go reads the gzip container, inflate.go the blocks of a deflate stream, huffman.go builds
// the decoding tables, symbols.go decodes with them, and input.go reads the bits.
package gunzip
