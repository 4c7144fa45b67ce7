// Package ledger loads rows into a database in such a way that readers see each unit whole and
// once, whatever happens. It has what all databases share: what is in a ledger, how a load begins,
// is resumed and becomes current. A [Store] does what each database does in its own way.
//
// Every change of an entry is a transaction that succeeds only while the entry's fence is the one
// that the load has taken at its start. No lock outlives a transaction.
package ledger
