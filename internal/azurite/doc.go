// Package azurite runs Azurite, Microsoft's storage emulator, for the tests of this
// repository: real signatures, conditions, ranges and error codes, on this machine
// and without an account.
//
// [Shared] gives the server that all tests of a test binary share; it starts with
// the first test that asks and ends with the binary. [Start] gives a test a server
// of its own, which ends with the test. Both take a free port of the loopback
// interface, speak TLS with a certificate of their own, and keep all data in memory.
//
//	func TestRead(t *testing.T) {
//		storage := azurite.Shared(t)
//		container := storage.NewContainer()
//		etag := storage.PutBlob(container, "run/part-00001.json.gz", data, nil)
//		sas := storage.ContainerSAS(container, "rl", time.Now().Add(time.Hour))
//
//		root := storage.BlobURL(container, "run") // https://127.0.0.1:PORT/devstoreaccount1/CONTAINER/run
//		hosts := []string{storage.Host}           // what a client has to be told to trust
//		transport := storage.Client               // trusts the certificate
//		...
//	}
//
// Every mistake ends the test: the methods call Fatal and so belong into the test's
// own goroutine. Nothing is skipped where Node.js or Azurite is missing; the test
// fails and says which command installs them.
//
// Azurite is not Azure. It refuses directory signatures (sr=d), answers 206 with an
// empty body where Azure answers 416 to a range that starts at the end of a blob,
// and names an expired signature AuthorizationFailure where Azure says
// AuthenticationFailed.
package azurite
