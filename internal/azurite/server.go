package azurite

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Server is a running Azurite, seen from one test.
type Server struct {
	// Host is the host and port that serve the blobs.
	Host string
	// Account is the storage account, which in Azurite is the first segment of a
	// path.
	Account string
	// Client trusts the certificate of the server. Its connections are closed when
	// the test ends.
	Client *http.Client

	t testing.TB
}

// Start gives the test a server of its own, which ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	p, err := launch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Errorf("ending azurite: %v", err)
		}
	})
	return view(t, p)
}

// shared lives until the test binary ends, and the leash with it.
var shared = sync.OnceValues(launch)

// Shared gives the server that all tests of this test binary share. Tests keep out
// of each other's way by containers of their own.
func Shared(t testing.TB) *Server {
	t.Helper()
	p, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return view(t, p)
}

func view(t testing.TB, p *process) *Server {
	transport := &http.Transport{
		TLSClientConfig:    &tls.Config{RootCAs: p.roots, MinVersion: tls.VersionTLS12},
		DisableCompression: true,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &Server{
		Host:    p.host,
		Account: account,
		Client:  &http.Client{Transport: transport, Timeout: 5 * time.Minute},
		t:       t,
	}
}

var containers atomic.Int64

// NewContainer creates a container under a name that no other test has, and returns
// the name.
func (s *Server) NewContainer() string {
	s.t.Helper()
	name := fmt.Sprintf("container-%d", containers.Add(1))
	s.CreateContainer(name)
	return name
}
