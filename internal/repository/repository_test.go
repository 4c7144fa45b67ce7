// Package repository tests the repository as a whole: that it holds no secret, that its README is
// true, that it has few dependencies.
package repository_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// top is the repository's top folder, relative to this one.
const top = "../.."

// files calls do with the path, relative to top, and the content of every file, installed packages
// excepted.
func files(t *testing.T, do func(path string, content []byte)) {
	t.Helper()
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == ".git" || entry.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(top, path)
		if err != nil {
			return err
		}
		do(filepath.ToSlash(name), content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
