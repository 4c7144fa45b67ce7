package faulttest

import (
	"io"
	"log"

	"go.uber.org/goleak"
)

// leaksOfOthers are goroutines that are not ours: toxiproxy's links outlive their proxy.
func leaksOfOthers() []goleak.Option {
	return []goleak.Option{
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).Start.func1"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*NoopToxic).Pipe"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/stream.(*ChanWriter).Write"),
	}
}

// quiet is the log of servers that are talked to in ways that they complain of.
var quiet = log.New(io.Discard, "", 0)
