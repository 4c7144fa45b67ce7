package billingtest

import (
	"fmt"
	"slices"
	"strings"
)

// blobsOf returns the blobs of a stored export as they are now, in the order of the manifest.
func (s *Server) blobsOf(c *content) []*blob {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.blobs
}

// blobAt finds a blob by its path on the storage host.
func (s *Server) blobAt(path string) *blob {
	s.mu.Lock()
	defer s.mu.Unlock()
	for directory, c := range s.stored {
		name, ok := strings.CutPrefix(path, directory+"/")
		if !ok {
			continue
		}
		if i := indexOf(c, name); i >= 0 && !c.blobs[i].deleted {
			return c.blobs[i]
		}
	}
	return nil
}

func indexOf(c *content, name string) int {
	return slices.IndexFunc(c.blobs, func(b *blob) bool { return b.name == name })
}

// ReplaceBlob puts other content in the place of a stored blob, with another ETag, as when a blob is overwritten while it is read. A nil
// file deletes the blob. The blob's name stays what it is in the manifest. Of several exports with such a blob it is the one that was first
// asked for last; it is an error if none that was asked for so far has it.
func (s *Server) ReplaceBlob(name string, file *File) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var c *content
	for _, candidate := range s.stored {
		if indexOf(candidate, name) >= 0 && (c == nil || candidate.serial > c.serial) {
			c = candidate
		}
	}
	if c == nil {
		return fmt.Errorf("billingtest: no blob is stored as %q", name)
	}
	other := &blob{deleted: true}
	if file != nil {
		var err error
		if other, err = newFixedBlob(*file, c.export.Level); err != nil {
			return err
		}
	}
	i := indexOf(c, name)
	other.content, other.name = c, name
	other.eTag = string(appendHex([]byte("0x8DC"), hash(c.seed, c.blobs[i].eTag), 12))
	blobs := slices.Clone(c.blobs) // others may be reading the old ones
	blobs[i] = other
	c.blobs = blobs
	return nil
}
