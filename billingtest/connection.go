package billingtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// ClientOptions are options for every client: those of packages billing and costmgmt embed them.
// Requests to the service's real host names go to the listener.
func (l *Listener) ClientOptions() azcore.ClientOptions {
	return azcore.ClientOptions{Transport: l.Client}
}

// Access returns a line of text with which another process connects, by [Dial]. Pass it in an
// environment variable or an argument: it has neither spaces nor quotes. It contains the key of the
// server's tokens, which are of no use elsewhere.
func (l *Listener) Access() string {
	data, err := json.Marshal(access{
		Address: l.address, Certificate: l.CertificatePEM,
		Key: l.server.tokens.key[:], Audiences: l.server.audiences(), Lifetime: l.server.options.TokenLifetime,
	})
	if err != nil {
		return err.Error() // never: the fields are text, bytes and numbers
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// access is what a process has to know about a listener.
type access struct {
	Address     string
	Certificate []byte // PEM
	Key         []byte // of tokens
	Audiences   []string
	Lifetime    time.Duration // of tokens
}

// Connection is a [Listener] as another process sees it:
//
//	c, err := billingtest.Dial(os.Getenv("BILLING_SERVICE"))
//	options := &billing.ClientOptions{ClientOptions: c.ClientOptions()}
//	client, err := billing.NewClient(c.Credential(), options)
type Connection struct {
	client     *http.Client
	transport  *http.Transport
	credential credential
}

// Dial connects to a listener of another process, given the text of its [Listener.Access]. It sends
// nothing yet. The caller must close the Connection.
func Dial(text string) (*Connection, error) {
	var a access
	data, err := base64.RawURLEncoding.DecodeString(text)
	roots := x509.NewCertPool()
	c := &Connection{}
	if err != nil || json.Unmarshal(data, &a) != nil || !roots.AppendCertsFromPEM(a.Certificate) || len(a.Key) != len(c.credential.signer.key) {
		return nil, errors.New("billingtest: Dial: malformed text; pass that of Listener.Access")
	}
	c.credential = credential{known: a.Audiences, lifetime: a.Lifetime}
	copy(c.credential.signer.key[:], a.Key)
	c.transport = newTransport(roots, a.Address, func(string) {})
	c.client = &http.Client{Transport: c.transport}
	return c, nil
}

// ClientOptions are options for every client, as [Listener.ClientOptions].
func (c *Connection) ClientOptions() azcore.ClientOptions {
	return azcore.ClientOptions{Transport: c.client}
}

// Credential returns a credential whose tokens the server accepts, as [Server.Credential].
func (c *Connection) Credential() azcore.TokenCredential { return c.credential }

// Close closes idle connections.
func (c *Connection) Close() { c.transport.CloseIdleConnections() }

// newTransport returns a transport that dials every host at a listener, so that no request leaves
// the machine and one to a wrong host is recorded there. Loopback addresses are dialed as they are:
// a test may use a proxy. It does not connect to port 80, but reports the address to onPlain.
func newTransport(roots *x509.CertPool, listener string, onPlain func(address string)) *http.Transport {
	return &http.Transport{
		TLSClientConfig:    &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DisableCompression: true, MaxIdleConnsPerHost: 64,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			switch {
			case err != nil:
				return nil, err
			case net.ParseIP(host).IsLoopback():
			case port == "80":
				onPlain(address)
				return nil, errNoPlainHTTP
			default:
				address = listener
			}
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		},
	}
}
