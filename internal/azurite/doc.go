// Package azurite runs Azurite, Microsoft's storage emulator, for the tests of this repository:
// with signatures, conditions, ranges and error codes, on this machine and without an account.
//
// [Shared] returns the server that all tests of a test binary share. It starts at the first call
// and stops with the binary. [Start] starts a server for one test, which stops with the test. Both
// listen on a free port of the loopback interface, use TLS with a self-signed certificate, and keep
// all data in memory.
//
//	func TestRead(t *testing.T) {
//		storage := azurite.Shared(t)
//		container := storage.NewContainer()
//		etag := storage.PutBlob(container, "run/part-00001.json.gz", data, nil)
//		sas := storage.ContainerSAS(container, "rl", time.Now().Add(time.Hour))
//
//		root := storage.BlobURL(container, "run") // https://127.0.0.1:PORT/ACCOUNT/CONTAINER/run
//		hosts := []string{storage.Host}           // for manifest.Options.StorageHosts
//		transport := storage.Client               // trusts the certificate
//		...
//	}
//
// The methods call Fatal on any error, so they must be called from the test's goroutine. If Node.js
// or Azurite is missing, tests fail, with the command that installs them.
//
// Azurite differs from Azure. It rejects directory signatures (sr=d). To a range that starts at the
// end of a blob it responds with 206 and an empty body, Azure with 416. The error code of an
// expired signature is AuthorizationFailure, in Azure AuthenticationFailed.
package azurite
