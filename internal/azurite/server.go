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

// Server is a running Azurite, used by one test.
type Server struct {
	// Host is the host and port of the server.
	Host string
	// Account is the storage account. In Azurite it is the first segment of the path.
	Account string
	// Client trusts the server's certificate. Its connections are closed when the test ends.
	Client *http.Client

	t testing.TB
}

// Start starts a server for the test. It stops when the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	p, err := launch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Errorf("azurite: stop: %v", err)
		}
	})
	return view(t, p)
}

// shared starts the shared process, which exits with the test binary, since its standard input is
// closed then.
var shared = sync.OnceValues(launch)

// Shared returns the server that all tests of the test binary share. Tests are isolated from each
// other by containers of their own.
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

// NewContainer creates a container and returns its name, which is unique in the test binary.
func (s *Server) NewContainer() string {
	s.t.Helper()
	name := fmt.Sprintf("container-%d", containers.Add(1))
	s.CreateContainer(name)
	return name
}
