package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/partnerbilling/sdk-go/internal/errtext"
)

// selection is the part of an export that a manifest is about.
type selection struct {
	blobs []int        // indexes into the export's list, in the order in which they are listed
	only  map[int]bool // the same; nil: the whole export
	part  string       // identifies the part; empty: the whole export
	// chosen is set if blobs were chosen by name, even if all were.
	chosen bool
}

// whole selects every blob of an export.
func whole(e *export) *selection {
	s := &selection{blobs: make([]int, len(e.blobs))}
	for i := range s.blobs {
		s.blobs[i] = i
	}
	return s
}

// choose selects blobs by name out of those of s.
func (s *selection) choose(e *export, names []string) (*selection, error) {
	if len(names) == 0 {
		return nil, &Error{Field: "selection", Reason: "no name was given; to read all blobs, use the manifest itself", Err: ErrSelection}
	}
	chosen := &selection{only: make(map[int]bool, len(names)), chosen: true}
	for _, name := range names {
		i, err := s.find(e, name)
		if err != nil {
			return nil, err
		}
		if chosen.only[i] {
			return nil, &Error{Field: "selection", Reason: fmt.Sprintf("%q is repeated; name it once", errtext.Clip(name, errtext.CodeLimit)), Err: ErrSelection}
		}
		chosen.only[i] = true
		chosen.blobs = append(chosen.blobs, i)
	}
	if len(chosen.blobs) == len(e.blobs) {
		chosen.only = nil
		return chosen, nil
	}
	names = slices.Clone(names)
	slices.Sort(names)
	chosen.part = hashOf(names)
	return chosen, nil
}

// find returns the index of a blob of the selection.
func (s *selection) find(e *export, name string) (int, error) {
	i, known := e.byName[name]
	if !known || s.only != nil && !s.only[i] {
		return 0, &Error{Field: "selection", Reason: fmt.Sprintf("%q: no blob of that name; Blobs lists them", errtext.Clip(name, errtext.CodeLimit)), Err: ErrSelection}
	}
	return i, nil
}

// hashOf identifies a sorted list of names.
func hashOf(names []string) string {
	h := sha256.New()
	for _, n := range names {
		_, _ = fmt.Fprintf(h, "%d %s\n", len(n), n) // a hash takes all that is written
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
