package faulttest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/manifest"
)

// noDisk reads an export in a process that cannot write to files and, if strace is installed, in
// one whose system calls are recorded.
func noDisk(t *testing.T) result {
	limited := []string{"sh", "-c", `ulimit -f 0 && exec "$0" "$@"`}
	if err := child(t, "write", nil, limited).Run(); err == nil {
		t.Error("a file was written despite the limit")
	}
	finished(t, child(t, "read", nil, limited))
	if _, err := exec.LookPath("strace"); err != nil {
		return result{note: "by a limit; install strace to check every system call"}
	}
	// Make sure that strace would find a write.
	seen := func(call string) bool { return strings.Contains(call, writtenFile) }
	if calls := writes(t, "write"); !slices.ContainsFunc(calls, seen) {
		t.Errorf("strace did not record the write of a file: %q", calls)
	}
	for _, call := range writes(t, "read") {
		t.Errorf("the disk was written: %s", call)
	}
	return result{note: "by a limit, and by strace"}
}

const writtenFile = "written-by-the-child"

// writeToDisk writes a file.
func writeToDisk(t *testing.T) {
	if err := os.WriteFile(filepath.Join(t.TempDir(), writtenFile), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// readInMemory reads an export that is larger than all buffers.
func readInMemory(t *testing.T) {
	for _, concurrency := range []int{1, 8} {
		s := serve(t, atOnce(), 8, 5000, 200)
		s.read = &manifest.ReadOptions{Concurrency: concurrency}
		if r := s.export(t.Context(), t); r.err != nil || s.ledger.rows() != 8*5000 {
			t.Fatalf("%d rows, %v", s.ledger.rows(), r.err)
		}
	}
}

// writes runs a child process and returns the system calls that write, create or rename files,
// except devices.
func writes(t *testing.T, what string) (calls []string) {
	t.Helper()
	folder := t.TempDir()
	trace := filepath.Join(folder, "trace")
	finished(t, child(t, what, []string{"TMPDIR=" + folder}, []string{
		"strace", "-f", "-qq", "-o", trace, "-e", "trace=?open,?openat,?openat2,?creat,?mkdir,?mkdirat,?mknod,?mknodat,?rename,?renameat,?renameat2,?link,?linkat,?symlink,?symlinkat,?truncate",
	}))
	data, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte("O_RDONLY")) {
		t.Fatalf("strace recorded nothing: %s", data)
	}
	for line := range strings.Lines(string(data)) {
		_, call, _ := strings.Cut(strings.TrimSpace(line), " ") // after the thread ID
		call = strings.TrimSpace(call)
		opens := strings.HasPrefix(call, "open")
		writes := strings.Contains(call, "O_WRONLY") || strings.Contains(call, "O_RDWR") || strings.Contains(call, "O_CREAT") || strings.Contains(call, "O_TRUNC")
		if strings.Contains(call, "(") && (!opens || writes) && !strings.Contains(call, `"/dev/`) {
			calls = append(calls, call)
		}
	}
	return calls
}

// behindProxy reads an export with the SDK's default transport, in a process whose environment has
// a proxy and a certificate.
func behindProxy(t *testing.T) result {
	files, ledger := blobs(4, 500, 50)
	s := serveExport(t, atOnce(), billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: func(m map[string]any) {
		sas, _ := m["sasToken"].(string)
		secrets.add(sas)
	}})
	s.ledger = ledger
	l, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	token, err := s.credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	trusted := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(trusted, l.CertificatePEM, 0o600); err != nil {
		t.Fatal(err)
	}
	p := newProxy(t, strings.TrimPrefix(l.URL, "https://"))
	address := "http://" + p.socket.Addr().String()
	out := finished(t, child(t, "online", []string{
		"HTTP_PROXY=" + address, "HTTPS_PROXY=" + address, "SSL_CERT_FILE=" + trusted, tokenVariable + "=" + token.Token,
	}, nil))
	p.close()

	secrets.check(t, "the process", out)
	secrets.check(t, "the traffic of the proxy", p.seen.String())
	hosts := map[string]int{}
	for _, r := range s.Requests() {
		hosts[r.Host+":443"]++
	}
	if s.count(billingtest.BlobCall) != 4 || len(hosts) != 2 {
		t.Errorf("%d requests for blobs, hosts %v", s.count(billingtest.BlobCall), hosts)
	}
	for _, request := range p.requests {
		host, ok := strings.CutPrefix(request, "CONNECT ")
		if !ok || hosts[host] == 0 {
			t.Errorf("the proxy received %s", request)
		}
	}
	if len(p.requests) < 2 || p.plain > 0 {
		t.Errorf("%d connections, of which %d were not encrypted", len(p.requests), p.plain)
	}
	s.transport = l.Client // the child's requests came over the listener
	s.wantStopped(t)
	s.wantClean(t)
	return result{note: fmt.Sprintf("%d x CONNECT", len(p.requests))}
}

const tokenVariable = "FAULTTEST_TOKEN"

// issued is a credential with a given token.
type issued string

func (c issued) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(c), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// readOnline reads an export with the default transport.
func readOnline(t *testing.T) {
	client, err := billing.NewClient(issued(os.Getenv(tokenVariable)), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := billing.BeginExport(t.Context(), client, request, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := p.PollUntilDone(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, err := range manifest.As[numbered](m).Items(t.Context(), numberedRows(nil)) {
		if err != nil {
			t.Fatal(err)
		}
		rows++
	}
	if rows != 4*500 {
		t.Fatalf("%d rows", rows)
	}
}

// proxy is an HTTP proxy that records its traffic. It connects to one address, whatever host is
// requested.
type proxy struct {
	socket  net.Listener
	running sync.WaitGroup
	to      string

	mu       sync.Mutex
	requests []string     // method and host
	plain    int          // connections without TLS
	seen     bytes.Buffer // bytes from the client
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	var listen net.ListenConfig
	socket, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{socket: socket, to: to}
	t.Cleanup(p.close)
	p.running.Go(func() {
		for {
			c, err := socket.Accept()
			if err != nil {
				return
			}
			p.running.Go(func() { p.serve(t.Context(), c) })
		}
	})
	return p
}

func (p *proxy) close() {
	_ = p.socket.Close() // may have been closed before
	p.running.Wait()
}

// Write records what a client sends.
func (p *proxy) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.Write(data)
}

func (p *proxy) serve(ctx context.Context, client net.Conn) {
	defer client.Close()
	in := bufio.NewReader(io.TeeReader(client, p))
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.requests = append(p.requests, r.Method+" "+r.Host)
	p.mu.Unlock()
	if r.Method != http.MethodConnect {
		_, _ = client.Write([]byte("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"))
		return
	}
	var dialer net.Dialer
	server, err := dialer.DialContext(ctx, "tcp", p.to)
	if err != nil {
		return
	}
	defer server.Close()
	_, _ = client.Write([]byte("HTTP/1.1 200 Connected\r\n\r\n"))
	const handshake = 0x16
	if first, err := in.Peek(1); err != nil || first[0] != handshake {
		p.mu.Lock()
		p.plain++
		p.mu.Unlock()
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(client, server) // until one of them ends
		client.Close()
	})
	_, _ = io.Copy(server, in)
	server.Close()
	back.Wait()
}
