// Package pgsink loads the rows of exports into PostgreSQL, with pgx. It is being built: so far the
// module has the tests of its server alone.
package pgsink
