// Package filestore keeps a text in a file: a resume token, or how far a program is.
package filestore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// File is the name of a file with one text. It is a poller.TokenStore.
type File string

// Load returns the text, or "" if there is no file.
func (f File) Load(context.Context) (string, error) {
	text, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(text), err
}

// Save replaces the text. The folder must exist. A crash at any time, also of the machine, leaves
// the text from before or the new one: a file is written next to it, and takes its name when it is
// on the disk. Only the user who runs the program can read it.
func (f File) Save(_ context.Context, text string) (err error) {
	next := string(f) + ".new"
	if err := remove(next); err != nil { // of a program that was killed
		return err
	}
	file, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, remove(next))
		}
	}()
	_, err = file.WriteString(text)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, string(f)); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(string(f)))
}

// Forget removes the file. It returns nil if there is none.
func (f File) Forget(context.Context) error {
	if err := remove(string(f)); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(string(f)))
}

func remove(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// SyncFolder writes to the disk which files a folder has. Windows does that by itself.
func SyncFolder(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
