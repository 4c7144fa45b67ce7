package repository_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// modules returns the folders of all modules, "." for the SDK's own.
func modules(t *testing.T) []string {
	t.Helper()
	return foldersOf(t, "go.mod")
}

// foldersOf returns the folders, relative to the top, that hold a file of a name.
func foldersOf(t *testing.T, name string) (folders []string) {
	t.Helper()
	files(t, func(file string, _ []byte) {
		if path.Base(file) == name {
			folders = append(folders, path.Dir(file))
		}
	})
	if len(folders) == 0 {
		t.Fatalf("no folder holds a %s", name)
	}
	slices.Sort(folders)
	return folders
}

func TestWorkspaceListsEveryModule(t *testing.T) {
	var listed []string
	for _, m := range regexp.MustCompile(`(?m)^\t(\.\S*)$`).FindAllStringSubmatch(read(t, "go.work"), -1) {
		listed = append(listed, path.Clean(m[1]))
	}
	slices.Sort(listed)
	if want := modules(t); !slices.Equal(listed, want) {
		t.Errorf("go.work lists %s, the repository has %s", strings.Join(listed, ", "), strings.Join(want, ", "))
	}
}

// Modules that only tests or tools need never become requirements of the SDK.
func TestSDKRequiresNoResourceManagerModules(t *testing.T) {
	if strings.Contains(read(t, "go.mod"), "/resourcemanager/") {
		t.Error("go.mod requires a Resource Manager module; tests that need it belong in internal/armtest")
	}
}
