package billingtest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// Listener is a [Server] on a socket: HTTP/1.1 over TLS. Clients get [Listener.ClientOptions], and
// those in other processes [Listener.Access].
type Listener struct {
	// URL is the listener's own URL, such as https://127.0.0.1:40123. It serves Graph (URL +
	// "/v1.0/…"), Resource Manager (URL + "/providers/…") and storage. A manifest requested by this
	// URL has its rootDirectory below this URL, too.
	URL string
	// Client reaches the listener under the service's real host names and trusts its certificate.
	// It follows redirects, as any http.Client.
	Client *http.Client
	// CA has the listener's certificate, for other clients.
	CA *x509.CertPool
	// CertificatePEM is the listener's certificate, for clients in other processes that do not use
	// [Dial].
	CertificatePEM []byte

	server    *Server
	address   string
	http      *http.Server
	transport *http.Transport
	running   sync.WaitGroup // the accept loop, connections, requests
	result    error          // of the accept loop
}

// Listen serves on a free port of 127.0.0.1. The caller must close the Listener.
func (s *Server) Listen() (*Listener, error) {
	certificate, ca, err := s.newCertificate()
	if err != nil {
		return nil, fmt.Errorf("billingtest: %w", err)
	}
	var listen net.ListenConfig
	socket, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("billingtest: %w", err)
	}
	l := &Listener{
		URL: "https://" + socket.Addr().String(), CA: ca, server: s, address: socket.Addr().String(),
		CertificatePEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}),
	}
	l.http = &http.Server{
		Handler: http.HandlerFunc(l.serve),
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
			GetConfigForClient: l.checkServerName,
		},
		ConnState: l.trackConnection,
		ErrorLog:  slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), ReadHeaderTimeout: time.Minute,
	}
	l.transport = newTransport(ca, l.address, func(address string) {
		s.log.addViolation("not https: connection to " + address)
	})
	l.Client = &http.Client{Transport: l.transport}
	l.running.Go(func() { l.result = l.http.ServeTLS(socket, "", "") })
	return l, nil
}

// checkServerName records connections to hosts that are not the service's. Their handshake fails,
// since the certificate does not have their names.
func (l *Listener) checkServerName(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	switch hello.ServerName {
	case "", "localhost":
	default:
		if l.server.hosts(hello.ServerName) {
			break
		}
		l.server.log.addViolation("unknown host: connection to " + hello.ServerName)
	}
	return nil, nil //nolint:nilnil // the default configuration
}

// trackConnection counts connections, so that Close can wait for them.
func (l *Listener) trackConnection(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		l.running.Add(1)
	case http.StateClosed, http.StateHijacked:
		l.running.Done()
	case http.StateActive, http.StateIdle:
	}
}

// Close closes the listener and its connections, and returns when the last request has ended.
func (l *Listener) Close() error {
	l.transport.CloseIdleConnections()
	err := l.http.Close()
	l.running.Wait()
	if errors.Is(l.result, http.ErrServerClosed) {
		return err
	}
	return errors.Join(err, l.result)
}

func (l *Listener) serve(w http.ResponseWriter, r *http.Request) {
	l.running.Add(1) // a hijacked connection no longer counts
	defer l.running.Done()
	request := r.Clone(r.Context())
	request.URL.Scheme, request.URL.Host = "https", r.Host
	x, err := newExchange(request, true)
	if err != nil {
		l.abort(w, err)
		return
	}
	resp := l.server.handle(x)
	if resp.Err != nil {
		l.abort(w, resp.Err)
		return
	}
	maps.Copy(w.Header(), resp.Header)
	if resp.Length < 0 && w.Header().Get("Content-Length") == "" {
		w.Header().Set("Transfer-Encoding", "identity") // ends with the connection
	}
	w.WriteHeader(resp.Status)
	if resp.Body == nil {
		return
	}
	body := l.server.log.trackBody(r.Context(), resp.Body, resp.Length)
	_, err = io.CopyBuffer(w, onlyReader{body}, make([]byte, 128<<10))
	if err = errors.Join(err, body.Close()); err != nil {
		_ = http.NewResponseController(w).Flush() // sends what was written; the connection ends in any case
		l.abort(w, err)
	}
}

// onlyReader hides all methods but Read, so that io.CopyBuffer uses the given buffer.
type onlyReader struct{ io.Reader }

// abort breaks the connection: it resets it if the error is a reset, and closes it otherwise.
func (l *Listener) abort(w http.ResponseWriter, why error) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if wrapped, ok := connection.(*tls.Conn); ok && errors.Is(why, syscall.ECONNRESET) {
		if socket, ok := wrapped.NetConn().(*net.TCPConn); ok {
			_ = socket.SetLinger(0)
			_ = socket.Close()
			return
		}
	}
	_ = connection.Close()
}

// newCertificate returns a self-signed certificate for the service's hosts, and a pool with it.
func (s *Server) newCertificate() (tls.Certificate, *x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "billingtest"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true,
		DNSNames:    []string{s.options.GraphHost, s.options.ARMHost, s.options.StorageHost, "*.blob.core.windows.net", "localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{bytes.Clone(der)}, PrivateKey: key}, pool, nil
}
