// Package blobread reads the bytes of a blob from Azure Storage over broken, stalled, slow and
// throttled connections: exactly the bytes of one version of the blob, or an error. It knows
// neither manifests nor rows.
//
// A [Reader] continues a blob at the exact byte. Every response is checked to be that range of that
// version of that blob: status, range, length, ETag and encoding. The MD5 that storage sends is
// compared with what was read. Where a blob is and how requests for it are authorized is decided by
// a [Source]:
//
//   - [NewRooted]: below a storage root, with one SAS for all blobs, which can be refreshed. A
//     refresh may name another root; whether that is the same export, the owner decides.
//   - [NewFixed]: each blob has a URL of its own, with a SAS of its own that cannot be refreshed,
//     or without one, and requests are authorized by a credential.
//
// Requests are sent by https only, to URLs that the source knows, and redirects are not followed. A
// SAS is added to a copy of the request after all policies, so that no policy, log or error sees
// it, and a request that has both a SAS and an Authorization header is refused. A bearer token is
// sent only where the source has a credential, and only for storage's own scope.
//
// For a single file, such as a price sheet, there is [Download].
package blobread
