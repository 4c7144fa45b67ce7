package filestore_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/examples/internal/filestore"
	"github.com/partnerbilling/sdk-go/poller"
)

var _ poller.TokenStore = filestore.File("")

func TestSaveLoadForget(t *testing.T) {
	folder := t.TempDir()
	f := filestore.File(filepath.Join(folder, "export.token"))
	if text, err := f.Load(t.Context()); text != "" || err != nil {
		t.Errorf("no file: %q, %v", text, err)
	}
	if err := f.Forget(t.Context()); err != nil {
		t.Errorf("no file: %v", err)
	}
	for _, want := range []string{"one", "", strings.Repeat("long ", 1<<16), "two"} {
		// What a killed program has left behind does not matter.
		if err := os.WriteFile(string(f)+".new", []byte("cut"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := f.Save(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if text, err := f.Load(t.Context()); text != want || err != nil {
			t.Errorf("%.20q, %v; want %.20q", text, err, want)
		}
	}
	if i, err := os.Stat(string(f)); err != nil || runtime.GOOS != "windows" && i.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", i, err)
	}
	if err := f.Forget(t.Context()); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(folder); len(left) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A text that cannot be saved does not take the one from before with it, nor does it stay behind.
func TestSaveFails(t *testing.T) {
	folder := t.TempDir()
	f := filestore.File(filepath.Join(folder, "export.token"))
	if err := os.Mkdir(string(f), 0o700); err != nil { // no file can have its name
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(string(f), "inside"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Save(t.Context(), "one"); err == nil {
		t.Error("a folder was replaced")
	}
	if err := f.Forget(t.Context()); err == nil {
		t.Error("a folder was removed")
	}
	if _, err := f.Load(t.Context()); err == nil {
		t.Error("a folder was loaded")
	}
	if left, err := os.ReadDir(folder); len(left) != 1 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
	missing := filestore.File(filepath.Join(folder, "missing", "export.token"))
	if err := missing.Save(t.Context(), "one"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
