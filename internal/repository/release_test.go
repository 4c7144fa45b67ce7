package repository_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/internal/version"
)

// semantic matches a version as a Go module's tag states it.
var semantic = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`)

// released matches the heading of a release in the changelog.
var released = regexp.MustCompile(`(?m)^## (v\S+) - (\d{4}-\d\d-\d\d)$`)

func TestVersionIsTheLatestRelease(t *testing.T) {
	if !semantic.MatchString(version.Version) {
		t.Errorf("%q is no version of a Go module", version.Version)
	}
	if err := checkReleases(read(t, "CHANGELOG.md"), version.Version); err != nil {
		t.Error(err)
	}
	tags, code := ends(t, top, "git", "tag", "--points-at", "HEAD", "--list", "v*")
	if code != 0 {
		return // not a clone: an archive of the sources
	}
	for tag := range strings.FieldsSeq(tags) {
		if tag != version.Version {
			t.Errorf("this commit has the tag %s, and the version constant is %s", tag, version.Version)
		}
	}
}

func TestChangelogIsHeldAgainstTheVersion(t *testing.T) {
	for _, c := range []struct{ name, text, version, want string }{
		{"no release yet", "## Unreleased\n", "v0.1.0", ""},
		{"the latest", "## Unreleased\n\n## v0.2.0 - 2026-12-01\n\n## v0.1.0 - 2026-11-01\n", "v0.2.0", ""},
		{"constant not raised", "## Unreleased\n\n## v0.2.0 - 2026-12-01\n", "v0.1.0", "the version constant is v0.1.0, the newest release in CHANGELOG.md v0.2.0"},
		{"no place for changes", "## v0.1.0 - 2026-12-01\n", "v0.1.0", "CHANGELOG.md: the first heading is \"## v0.1.0 - 2026-12-01\", want \"## Unreleased\""},
		{"out of order", "## Unreleased\n\n## v0.1.0 - 2026-11-01\n\n## v0.2.0 - 2026-12-01\n", "v0.1.0", "CHANGELOG.md: v0.2.0 stands below v0.1.0"},
		{"no date", "## Unreleased\n\n## v0.1.0\n", "v0.1.0", "CHANGELOG.md: the heading \"## v0.1.0\" is not \"## v1.2.3 - 2006-01-02\""},
		{"numbers, not texts", "## Unreleased\n\n## v0.10.0 - 2026-12-01\n\n## v0.9.0 - 2026-11-01\n", "v0.10.0", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if err := checkReleases(c.text, c.version); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// checkReleases compares the releases that a changelog lists, newest first, with the version
// constant.
func checkReleases(changelog, constant string) error {
	headings := regexp.MustCompile(`(?m)^## .*$`).FindAllString(changelog, -1)
	if len(headings) == 0 || headings[0] != "## Unreleased" {
		return fmt.Errorf("CHANGELOG.md: the first heading is %q, want %q", strings.Join(headings[:min(1, len(headings))], ""), "## Unreleased")
	}
	newer := ""
	for _, heading := range headings[1:] {
		m := released.FindStringSubmatch(heading)
		if m == nil || !semantic.MatchString(m[1]) {
			return fmt.Errorf("CHANGELOG.md: the heading %q is not %q", heading, "## v1.2.3 - 2006-01-02")
		}
		switch {
		case newer == "" && m[1] != constant:
			return fmt.Errorf("the version constant is %s, the newest release in CHANGELOG.md %s", constant, m[1])
		case newer != "" && slices.Compare(numbers(m[1]), numbers(newer)) >= 0:
			return fmt.Errorf("CHANGELOG.md: %s stands below %s", m[1], newer)
		}
		newer = m[1]
	}
	return nil
}

// numbers returns the three numbers of a version.
func numbers(tag string) []int {
	var n [3]int
	if _, err := fmt.Sscanf(tag, "v%d.%d.%d", &n[0], &n[1], &n[2]); err != nil {
		return nil
	}
	return n[:]
}
