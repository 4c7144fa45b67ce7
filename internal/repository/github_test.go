package repository_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Dependabot proposes no updates for a folder that its configuration does not list.
func TestDependabotCoversEveryFolder(t *testing.T) {
	listed := dependabot(read(t, ".github/dependabot.yml"))
	for ecosystem, file := range map[string]string{"gomod": "go.mod", "npm": "package.json"} {
		var want []string
		for _, folder := range foldersOf(t, file) {
			want = append(want, path.Join("/", folder))
		}
		slices.Sort(want)
		if got := listed[ecosystem]; !slices.Equal(got, want) {
			t.Errorf("%s: .github/dependabot.yml lists %v, the repository has %v", ecosystem, got, want)
		}
	}
	if got := listed["github-actions"]; !slices.Equal(got, []string{"/"}) {
		t.Errorf("github-actions: .github/dependabot.yml lists %v, want /", got)
	}
}

func TestDependabotFoldersAreRead(t *testing.T) {
	got := dependabot(`version: 2
updates:
  - package-ecosystem: gomod
    directories:
      - /tools
      - "/"
    schedule:
      interval: weekly
    groups:
      - /not
  - package-ecosystem: npm
    directory: /one
  - package-ecosystem: npm
    directory: /two
`)
	if !slices.Equal(got["gomod"], []string{"/", "/tools"}) || !slices.Equal(got["npm"], []string{"/one", "/two"}) || len(got) != 2 {
		t.Errorf("got %v", got)
	}
}

// dependabot returns the folders that a configuration lists for each ecosystem.
func dependabot(configuration string) map[string][]string {
	folders := make(map[string][]string)
	ecosystem, inList := "", false
	for line := range strings.Lines(configuration) {
		text := strings.TrimPrefix(strings.TrimSpace(line), "- ")
		key, value, _ := strings.Cut(text, ":")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch {
		case key == "package-ecosystem":
			ecosystem = value
		case key == "directory":
			folders[ecosystem] = append(folders[ecosystem], value)
		case inList && strings.HasPrefix(strings.TrimSpace(line), "- "):
			folders[ecosystem] = append(folders[ecosystem], strings.Trim(text, `"`))
			continue
		}
		inList = key == "directories"
	}
	for _, list := range folders {
		slices.Sort(list)
	}
	return folders
}

// A tag of an action can be moved to other code, a commit cannot.
func TestActionsArePinned(t *testing.T) {
	pinned := regexp.MustCompile(`^[\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	commits := make(map[string]string) // of each action
	count := 0
	files(t, func(name string, content []byte) {
		if !strings.HasPrefix(name, ".github/workflows/") {
			return
		}
		text := string(content)
		if !strings.Contains(text, "\npermissions:\n  contents: read\n") || regexp.MustCompile(`(?m)^\s*[\w-]+: write\b`).MatchString(text) {
			t.Errorf("%s: permissions are not \"contents: read\" alone", name)
		}
		if strings.Contains(text, "pull_request_target") {
			t.Errorf("%s: pull_request_target runs the code of strangers with the repository's rights", name)
		}
		for _, m := range regexp.MustCompile(`(?m)\buses:\s*(.*)$`).FindAllStringSubmatch(text, -1) {
			count++
			if !pinned.MatchString(m[1]) {
				t.Errorf("%s: %q is not action@commit # version", name, m[1])
			}
			action, commit, _ := strings.Cut(m[1], "@")
			if before, ok := commits[action]; ok && before != commit {
				t.Errorf("%s: %s is at %s here and at %s elsewhere", name, action, commit, before)
			}
			commits[action] = commit
		}
	})
	if count == 0 {
		t.Error("no workflow uses an action")
	}
}

// GitHub cancels a run that is queued behind another one of its group as soon as a third one comes.
// On main that would leave the changes of a push untested, since the next run compares with that
// push.
func TestEveryPushIsTested(t *testing.T) {
	group := regexp.MustCompile(`(?m)^  group: (.*)$`).FindStringSubmatch(read(t, ".github/workflows/ci.yml"))
	if len(group) != 2 || !strings.Contains(group[1], "github.sha") {
		t.Errorf("runs of .github/workflows/ci.yml have the group %q, which is the same for several pushes", group)
	}
}
