package postgres

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// fullDiskSource is C, since no file system that a user can make without privileges has a limit of
// its own, and what stands between the server and the system is the C library.
//
//go:embed fulldisk/fulldisk.c
var fullDiskSource string

// buildFullDisk compiles the library, into a folder, and returns its file.
func buildFullDisk(folder string) (library string, err error) {
	if runtime.GOOS != "linux" {
		return "", fmt.Errorf("postgres: a full disk is simulated on Linux alone, not on %s", runtime.GOOS)
	}
	library = filepath.Join(folder, "fulldisk.so")
	//nolint:gosec // The program is the C compiler, and the arguments are constants and a temporary file.
	cc := exec.CommandContext(context.Background(), "cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror",
		"-U_FILE_OFFSET_BITS", "-o", library, "-x", "c", "-", "-ldl")
	cc.Stdin = strings.NewReader(fullDiskSource)
	if output, err := cc.CombinedOutput(); err != nil {
		return "", fmt.Errorf("postgres: compile the library that fills the disk: %w; install a C compiler: %s", err, output)
	}
	return library, os.Chmod(library, 0o755) //nolint:gosec // The server's user loads it.
}
