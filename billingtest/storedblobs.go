package billingtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// blobsOf returns the current blobs of a stored export in the order of the manifest.
func (s *Server) blobsOf(c *content) []*blob {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.blobs
}

// blobAt returns the blob at a path on the storage host, or nil.
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

// storeFiles stores blobs with given bytes in a directory, each written in one request.
func (s *Server) storeFiles(directory string, files []File) *content {
	c := &content{path: directory, md5: true, stored: time.Now(), seed: hash(0, directory)}
	for _, f := range files {
		c.add(&blob{name: f.Name, fixed: f.Raw})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	c.serial = s.serial
	s.stored[directory] = c
	return c
}

func indexOf(c *content, name string) int {
	return slices.IndexFunc(c.blobs, func(b *blob) bool { return b.name == name })
}

// ReplaceBlob overwrites a stored blob with other content, which has another ETag. A nil file
// deletes the blob. The manifest does not change. An export is stored at the first request for it;
// if several stored exports have such a blob, that of the last one is replaced, and if none has,
// ReplaceBlob returns an error.
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
		return fmt.Errorf("billingtest: blob %q not found in the exports requested so far", name)
	}
	other := &blob{deleted: true}
	if file != nil {
		var err error
		if other, err = newFixedBlob(*file, c.export.Level); err != nil {
			return err
		}
	}
	i := indexOf(c, name)
	other.content, other.name, other.modified = c, name, time.Now()
	other.eTag = string(appendHex([]byte("0x8DC"), hash(c.seed, c.blobs[i].eTag), 12))
	blobs := slices.Clone(c.blobs) // others may read the old slice
	blobs[i] = other
	c.blobs = blobs
	return nil
}
