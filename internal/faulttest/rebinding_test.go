package faulttest

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/manifest"
)

// rebindings are addresses that a DNS server gives for the host of storage.
func rebindings() []trial {
	var trials []trial
	for _, address := range []string{"127.0.0.1", "169.254.169.254", "0.0.0.0", "168.63.129.16", "::ffff:127.0.0.1"} {
		trials = append(trials, trial{address, manifest.ErrUntrusted, "manifest.ErrUntrusted", func(t *testing.T) result {
			return rebound(t, address, nil)
		}})
	}
	return append(trials,
		trial{"host admitted by the caller", manifest.ErrUnavailable, "manifest.ErrUnavailable", func(t *testing.T) result {
			return rebound(t, "127.0.0.1", func(o *manifest.Options) { o.StorageHosts = []string{storageHost} })
		}},
		trial{"transport of the caller", manifest.ErrUnavailable, "manifest.ErrUnavailable", func(t *testing.T) result {
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			return rebound(t, "127.0.0.1", func(o *manifest.Options) { o.Transport = &http.Client{Transport: transport} })
		}})
}

const storageHost = "rebound.blob.core.windows.net"

// rebound reads an export whose host has the address, by the default client. Nothing listens there:
// who tries to connect finds storage unavailable.
func rebound(t *testing.T, address string, change func(*manifest.Options)) result {
	t.Helper()
	before := net.DefaultResolver
	net.DefaultResolver = resolverTo(netip.MustParseAddr(address))
	defer func() { net.DefaultResolver = before }()
	const text = `{"rootDirectory":"https://` + storageHost + `/c/d","sasToken":"sp=r&se=2099-01-01&sig=x","blobCount":1,"blobs":[{"name":"b"}]}`
	o := &manifest.Options{ClientOptions: azcore.ClientOptions{}}
	if change != nil {
		change(o)
	}
	m, err := manifest.Parse[numbered]([]byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	var r result
	for _, err := range m.Items(t.Context(), &manifest.ReadOptions{RetryBudget: time.Second, StallTimeout: time.Second}) {
		r.err = err
	}
	return r
}

// resolverTo returns a resolver with one address for every name.
func resolverTo(address netip.Addr) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			for resolve(server, address) == nil {
			}
		}()
		return client, nil
	}}
}

// resolve responds to one DNS query, in the form that is used with TCP.
func resolve(c net.Conn, address netip.Addr) error {
	var length [2]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return err
	}
	query := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(c, query); err != nil {
		return err
	}
	end := 12 // of the name
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	question := query[12 : end+5]
	const a, aaaa = 1, 28
	ip, kind := address.AsSlice(), uint16(aaaa)
	if address.Is4() {
		kind = a
	}
	// A response without an error, with one question.
	response := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
	if binary.BigEndian.Uint16(question[len(question)-4:]) == kind {
		response[7] = 1
		response = append(response, 0xc0, 12, 0, byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(len(ip)))
		response = append(response, ip...)
	}
	_, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(response))), response...))
	return err
}
