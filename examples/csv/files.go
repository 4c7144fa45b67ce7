package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/partnerbilling/sdk-go/examples/internal/filestore"
	"github.com/partnerbilling/sdk-go/manifest"
)

// maxOpen is the number of files that are open at a time, however many customers there are.
const maxOpen = 8

// files are the files of the customers. Rows are collected in memory and appended with a commit.
type files struct {
	folder     string
	state      filestore.File
	checkpoint *manifest.Checkpoint     // of the last commit; nil before the first
	sizes      map[string]int64         // of the files at the last commit
	rows       map[string]*bytes.Buffer // since then, by the name of the file
}

// progress is the content of the state file.
type progress struct {
	Checkpoint *manifest.Checkpoint `json:"checkpoint"`
	Sizes      map[string]int64     `json:"sizes"`
}

// openFiles opens the files in a folder as they were at the last commit: what was written after it
// is cut off, because the rows are read again.
func openFiles(ctx context.Context, folder string, state filestore.File) (*files, error) {
	var last progress
	text, err := state.Load(ctx)
	if err != nil {
		return nil, err
	}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &last); err != nil {
			return nil, fmt.Errorf("%s: %w; remove it and %s, and start again", state, err, folder)
		}
	}
	if last.Sizes == nil {
		last.Sizes = make(map[string]int64)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	found := 0
	for _, entry := range entries {
		name := filepath.Join(folder, entry.Name())
		size, known := last.Sizes[entry.Name()]
		if !known {
			if err := os.Remove(name); err != nil {
				return nil, err
			}
			continue
		}
		found++
		if i, err := entry.Info(); err != nil || i.Size() < size {
			return nil, errors.Join(fmt.Errorf("%s is shorter than it was; remove %s and %s, and start again", name, state, folder), err)
		}
		if err := os.Truncate(name, size); err != nil {
			return nil, err
		}
	}
	if found != len(last.Sizes) {
		return nil, fmt.Errorf("%d of %d files are missing in %s; remove it and %s, and start again", len(last.Sizes)-found, len(last.Sizes), folder, state)
	}
	return &files{folder, state, last.Checkpoint, last.Sizes, make(map[string]*bytes.Buffer)}, nil
}

// add adds a row to the file of its customer.
func (f *files) add(r *row) error {
	name := fileName(r.CustomerID)
	rows := f.rows[name]
	if rows == nil {
		rows = new(bytes.Buffer)
		f.rows[name] = rows
	}
	w := csv.NewWriter(rows)
	if _, exists := f.sizes[name]; !exists && rows.Len() == 0 {
		if err := w.Write(header); err != nil {
			return err
		}
	}
	if err := w.Write(r.record()); err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}

// commit writes the rows, and the checkpoint after them once they are on the disk. A crash before
// that leaves rows behind the sizes of the last commit, which the next start cuts off.
func (f *files) commit(ctx context.Context, c *manifest.Checkpoint) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxOpen)
	for name, rows := range f.rows {
		f.sizes[name] += int64(rows.Len())
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return appendTo(filepath.Join(f.folder, name), rows)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := filestore.SyncFolder(f.folder); err != nil {
		return err
	}
	text, err := json.Marshal(progress{c, f.sizes})
	if err != nil {
		return err
	}
	clear(f.rows)
	return f.state.Save(ctx, string(text))
}

// appendTo appends rows to a file and writes it to the disk.
func appendTo(name string, rows io.Reader) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, rows)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

var simpleID = regexp.MustCompile("^[a-z0-9-]{1,64}$")

// fileName returns the name of the file of a customer. An ID comes from outside: one that is not a
// usual one becomes a hash, so that it is neither a path nor another customer's name on a file
// system that ignores case.
func fileName(customerID string) string {
	id := strings.ToLower(customerID)
	switch {
	case id == "":
		return "no-customer.csv"
	case !simpleID.MatchString(id):
		return fmt.Sprintf("other-%x.csv", sha256.Sum256([]byte(customerID)))
	}
	return "customer-" + id + ".csv"
}
