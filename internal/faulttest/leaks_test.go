package faulttest

import (
	"io"
	"log"

	"go.uber.org/goleak"
)

// ignoredLeaks are goroutines of toxiproxy, whose links outlive their proxy.
func ignoredLeaks() []goleak.Option {
	return []goleak.Option{
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).Start.func1"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*NoopToxic).Pipe"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/stream.(*ChanWriter).Write"),
	}
}

// discardLog is the log of servers in trials that cause errors on the server side.
var discardLog = log.New(io.Discard, "", 0)
