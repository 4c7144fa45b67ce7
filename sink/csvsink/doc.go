// Package csvsink writes rows of any type into CSV files.
//
// A [Writer] writes rows with the columns of a [lineitem.Schema]. Only its Close makes a valid
// file. It writes one of two formats:
//
// [ModeExact], the default, is for programs. It keeps every digit, and lineitem.NewCSVDecoder reads
// the values back as they were. The file is UTF-8 with a header and line feeds. Decimals have all
// digits, times are RFC 3339 in UTC, and dates 2006-01-02. Null is a field without any character,
// and an empty text, which only a field of type *string has, is a pair of quotes: a,,"". PostgreSQL
// distinguishes them so, and DuckDB with allow_quoted_nulls = false. Package lineitem, for which
// both are an absent value, reads both as null.
//
// [ModeSpreadsheet] is for people who open the file in Excel, LibreOffice or Google Sheets. It
// begins with a byte order mark, by which Excel knows UTF-8, and its lines end with CRLF. The
// separator and the decimal separator can be those of the reader's country. A text that begins with
// =, +, -, @, a tab or a line break gets an apostrophe in front, so that it is never run as a
// formula; numbers are not changed, negative ones neither. Spreadsheets keep 15 digits of a number:
// do not compute with more, and never import such a file into a system that needs exact amounts.
//
// A table of one column has a pair of quotes for null, too, because readers skip empty lines.
package csvsink
