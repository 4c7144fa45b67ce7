// Package gunzip inflates gzip'd text, fast.
//
// Exports compress about ten to one, so that most of what inflating does is to copy
// matches, and with the libraries that are there it takes longer than everything else
// that is done with a row. This package does it in a third of the time, which is why we
// have it: a 64-bit buffer of bits that is filled without a branch, one table look-up
// for a symbol, and matches copied sixteen bytes at a time, straight into the buffer
// that is read from.
//
// Nothing is trusted for being fast: each member's checksum and length are verified
// before its end counts as one, so a mistake in here would be an error and never a
// wrong row; and a fuzz target holds every byte and every verdict against the standard
// library.
//
// What is in which file: reader.go has the gzip container, inflate.go the blocks of a
// deflate stream, huffman.go the tables of their codes, symbols.go the loops that decode
// with them, input.go the bits that all of them read.
package gunzip
