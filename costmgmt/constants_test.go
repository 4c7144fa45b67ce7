package costmgmt_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEnumerations: each constant carries the name of its type, and PossibleXValues returns all of
// the constants of X.
func TestEnumerations(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(text)
		}
	}
	enumerations := 0
	for _, m := range regexp.MustCompile(`(?m)^type ([A-Z]\w+) string$`).FindAllStringSubmatch(source.String(), -1) {
		name := m[1]
		if name == "Scope" {
			continue
		}
		enumerations++
		var constants []string
		for _, c := range regexp.MustCompile(`(?m)^\t([A-Z]\w+) +`+name+` += "`).FindAllStringSubmatch(source.String(), -1) {
			if constants = append(constants, c[1]); !strings.HasPrefix(c[1], name) {
				t.Errorf("%s does not carry the name of its type %s", c[1], name)
			}
		}
		list := regexp.MustCompile(`(?s)func Possible` + name + `Values\(\) \[\]` + name + ` \{\s+return \[\]` + name + `\{(.*?)\}`).FindStringSubmatch(source.String())
		if list == nil {
			t.Errorf("there is no Possible%sValues", name)
			continue
		}
		possible := regexp.MustCompile(`\w+`).FindAllString(list[1], -1)
		if slices.Sort(possible); !slices.Equal(slices.Sorted(slices.Values(constants)), possible) {
			t.Errorf("%s has the constants %v, and Possible%sValues returns %v", name, constants, name, possible)
		}
	}
	if enumerations < 20 {
		t.Errorf("only %d enumerations found", enumerations)
	}
}
