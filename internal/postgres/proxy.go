package postgres

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// Proxy forwards connections to a server until it drops them.
type Proxy struct {
	folder   string
	listener net.Listener
	server   string // the server's socket
	running  sync.WaitGroup
	left     atomic.Int64 // bytes from clients until all connections are dropped

	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
}

// never is more than any client sends.
const never = 1 << 60

// NewProxy starts a proxy, which stops with the test. It works for the shared server, too.
func (s *Server) NewProxy() *Proxy {
	s.t.Helper()
	folder, err := newFolder(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	p := &Proxy{folder: folder, server: s.c.socket(), conns: make(map[net.Conn]bool)}
	p.left.Store(never)
	p.listener, err = new(net.ListenConfig).Listen(s.t.Context(), "unix", filepath.Join(folder, socketName))
	if err != nil {
		s.t.Fatal(errors.Join(fmt.Errorf("postgres: proxy: %w", err), os.RemoveAll(folder)))
	}
	p.running.Go(p.accept)
	s.t.Cleanup(func() {
		p.mu.Lock()
		p.closed = true
		p.mu.Unlock()
		err := p.listener.Close()
		p.Drop()
		p.running.Wait()
		if err := errors.Join(err, os.RemoveAll(folder)); err != nil {
			s.t.Error(err)
		}
	})
	return p
}

// DSN returns the connection string of a database, through the proxy.
func (p *Proxy) DSN(database string) string { return dsn(p.folder, database) }

// Drop closes all connections that are open now. New ones can be made.
func (p *Proxy) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close() // the other end may have been faster
	}
	clear(p.conns)
}

// DropAfter drops all connections once, when their clients have sent so many more bytes. These
// bytes reach the server.
func (p *Proxy) DropAfter(bytes int64) { p.left.Store(bytes) }

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // the test has ended
		}
		server, err := new(net.Dialer).Dial("unix", p.server)
		if err != nil || !p.add(client, server) {
			_ = client.Close() // as if the server had refused it
			if err == nil {
				_ = server.Close()
			}
			continue
		}
		p.running.Go(func() { p.forward(server, client, &p.left) })
		p.running.Go(func() { p.forward(client, server, nil) })
	}
}

func (p *Proxy) add(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		p.conns[conn] = true
	}
	return !p.closed
}

// forward copies bytes until a connection ends, and then closes both.
func (p *Proxy) forward(to, from net.Conn, left *atomic.Int64) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		last := false
		if left != nil && n > 0 {
			rest := left.Add(-int64(n))
			if last = rest <= 0; last {
				n = max(0, n+int(rest))
			}
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if last {
			left.Store(never)
			p.Drop()
		}
		if err != nil || last {
			return
		}
	}
}
