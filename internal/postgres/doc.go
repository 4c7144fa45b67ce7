// Package postgres runs PostgreSQL for the tests of this repository: a throw-away server with a
// data folder of its own, on this machine and without an account.
//
// [Start] starts a server for one test, which stops with the test and removes its data. [Shared]
// returns the server that all tests of a test binary share; it starts at the first call and stops
// with the binary, however the binary ends. Both listen on a Unix socket in a temporary folder that
// no other user can enter, so that any number of servers run at the same time.
//
//	func TestLoad(t *testing.T) {
//		server := postgres.Shared(t)
//		dsn := server.DSN(server.NewDatabase()) // for pgx, lib/pq and libpq
//		...
//	}
//
// A test can break a server of its own: [Server.Kill] ends all its processes as SIGKILL does and
// [Server.Restart] starts it on the same data, [Server.FillDisk] makes every write that needs more
// disk fail, and a [Proxy] drops connections.
//
// PostgreSQL refuses to run as root. A test that runs as root starts it as the user nobody, who
// then owns the data.
//
// The methods call Fatal on any error, so they must be called from the test's goroutine. If
// PostgreSQL is not installed, tests fail, with the command that installs it. Its programs are
// those of the package @embedded-postgres of npm, which exist for Linux and macOS on amd64 and
// arm64.
package postgres
