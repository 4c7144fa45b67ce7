package httpguard_test

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/internal/httpguard"
)

func TestLocalAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1": true, "127.8.8.8": true, "::1": true, "0.0.0.0": true, "0.1.2.3": true, "::": true,
		"169.254.169.254": true, "169.254.0.1": true, "fe80::1": true, "fe80::1%eth0": true, "::ffff:127.0.0.1": true, "::ffff:169.254.169.254": true,
		"224.0.0.1": true, "ff02::1": true, "168.63.129.16": true, "fd00:ec2::254": true, "100.100.100.200": true,
		"64:ff9b::7f00:1": true, "64:ff9b::a9fe:a9fe": true,
		"20.60.1.1": false, "10.0.0.4": false, "172.16.0.4": false, "192.168.1.4": false, "fd12::4": false, "100.64.0.1": false,
		"2603:1030::1": false, "64:ff9b::143c:101": false, "168.63.129.17": false, "::ffff:20.60.1.1": false,
	} {
		if got := httpguard.IsLocal(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

// TestLocalAddressIsRefused: no connection is made to a host with a local address, unless the
// address is that of a transport of the caller.
func TestLocalAddressIsRefused(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var accepted atomic.Int32
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			c.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	allow := func(*url.URL) error { return nil }
	refuse := func(u *url.URL) bool { return u.Path != "/own" }
	request := func(g policy.Transporter, host, path string) error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+host+":"+port+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := g.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	guard := httpguard.New(nil, httpguard.Rules{Name: "storage", Allow: allow, RefuseLocal: refuse})
	for _, host := range []string{"127.0.0.1", "localhost", "LOCALHOST", "[::ffff:127.0.0.1]"} {
		err := request(guard, host, "/x")
		var final interface{ NonRetriable() }
		if !errors.Is(err, httpguard.ErrLocalAddress) || !errors.As(err, &final) || !strings.HasPrefix(err.Error(), "storage: host name resolves to an address of this machine or network: ") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if n := accepted.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
	transport := &http.Client{Transport: &http.Transport{}}
	defer transport.CloseIdleConnections()
	own := httpguard.New(transport, httpguard.Rules{Name: "storage", Allow: allow, RefuseLocal: refuse})
	other := httpguard.New(nil, httpguard.Rules{Name: "graph", Allow: allow})
	for what, err := range map[string]error{
		"a host of the caller": request(guard, "127.0.0.1", "/own"), "a transport of the caller": request(own, "127.0.0.1", "/x"),
		"no rule": request(other, "127.0.0.1", "/x"),
	} {
		if err == nil || errors.Is(err, httpguard.ErrLocalAddress) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := accepted.Load(); n < 3 {
		t.Errorf("%d connections, want 3", n)
	}
}
