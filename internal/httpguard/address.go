package httpguard

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
)

// metadata are addresses in no range of their own at which clouds offer services to a machine, its
// credentials among them: Azure's, those of AWS and of Alibaba.
var metadata = []netip.Addr{
	netip.MustParseAddr("168.63.129.16"), netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("100.100.100.200"),
}

// nat64 has IPv4 addresses in its last four bytes.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// IsLocal reports whether an address can only be that of this machine or of a service right beside
// it: loopback, link-local, multicast and unspecified addresses, and those of metadata services.
// Private addresses are not among them, since private endpoints of storage have them.
func IsLocal(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if nat64.Contains(a) {
		bytes := a.As16()
		a = netip.AddrFrom4([4]byte(bytes[12:]))
	}
	if a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.Is4() && a.As4()[0] == 0 {
		return true
	}
	return slices.Contains(metadata, a)
}

type refuseLocalKey struct{}

// refuseLocal returns a context whose connections to a host are refused where it has a local
// address.
func refuseLocal(ctx context.Context, host string) context.Context {
	return context.WithValue(ctx, refuseLocalKey{}, host)
}

// guarded returns a function that connects as a dialer does. The address is checked after it was
// resolved and right before it is used, so that the DNS server cannot return another one in
// between.
func guarded(dialer *net.Dialer) func(ctx context.Context, network, address string) (net.Conn, error) {
	checked := *dialer
	checked.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
		if to, err := netip.ParseAddrPort(address); err != nil || IsLocal(to.Addr()) {
			return ErrLocalAddress
		}
		return nil
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		// Where there is a proxy, address is that of the proxy.
		host, _, err := net.SplitHostPort(address)
		if own, is := ctx.Value(refuseLocalKey{}).(string); is && err == nil && strings.EqualFold(host, own) {
			return checked.DialContext(ctx, network, address)
		}
		return dialer.DialContext(ctx, network, address)
	}
}
