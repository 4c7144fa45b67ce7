// Package lro follows long-running operations of Microsoft's billing services: it begins them,
// polls them at the service's pace, fetches their result, and gets that result anew when its SAS
// expires.
//
// [Begin], [Resume] and [TakeUp] return a [Begun]; [New] makes an [Operation] of it, whose result
// is of any type for which there is a function that parses it. Packages poller and costmgmt are
// thin public faces of it. A Begun is a struct, not a pointer, so that who cannot import this
// package cannot call their constructors.
//
// What a service's responses mean is known to a [Decoder] alone, which makes a [State] of each:
// [Graph] for the exports of Microsoft Graph, [CostDetails] and [PriceSheet] for Azure Resource
// Manager. A success carries the result as it stands in the response, or the address from which to
// fetch it. Both are the service's own: nothing is converted from the form of one service to that
// of another.
//
// # Differences from azcore's poller
//
// Microsoft Graph responds with status 200 while an operation is still running, which azcore's
// poller takes for success. And azcore's poller sends the bearer token to any address that a
// Location header names; this package checks each address against the scheme, host and port of the
// service's endpoint.
package lro
