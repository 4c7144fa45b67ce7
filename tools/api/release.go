package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/exp/apidiff"
	"golang.org/x/mod/semver"
)

// exceptions is the file, beside the listings, of changes since the latest release that break
// programs.
const exceptions = "except.txt"

// checkRelease compares the API with that of the latest release.
func (m *module) checkRelease(ctx context.Context, folder string) (said string, err error) {
	allowed, err := readExceptions(folder)
	if err != nil {
		return "", err
	}
	tag, err := latestTag(ctx, folder)
	switch {
	case err != nil:
		return "", err
	case tag == "" && len(allowed) > 0:
		return "", fmt.Errorf("api: api/%s lists %q, and no release is known that it could break", exceptions, allowed[0])
	case tag == "":
		return "api: as in api/*.txt; there is no release tag to compare with\n", nil
	}
	source, err := os.MkdirTemp("", "api")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(source)) }()
	if err := extract(ctx, folder, tag, source); err != nil {
		return "", err
	}
	old, err := load(ctx, source)
	if err != nil {
		return "", err
	}
	report := apidiff.ModuleChanges(&apidiff.Module{Path: old.path, Packages: old.packages}, &apidiff.Module{Path: m.path, Packages: m.packages})
	var broken []string
	for _, change := range report.Changes {
		if !change.Compatible {
			broken = append(broken, change.Message)
		}
	}
	if err := judge(broken, allowed, tag, m.version); err != nil {
		return "", err
	}
	return fmt.Sprintf("api: as in api/*.txt; since %s %d of %d changes break programs, all listed in api/%s\n", tag, len(broken), len(report.Changes), exceptions), nil
}

// judge compares the changes that break programs with those that are allowed. A version other
// than the tag's is a release about to be made, whose number has to say what it breaks.
func judge(broken, allowed []string, tag, version string) error {
	var errs []error
	for _, change := range broken {
		if !slices.Contains(allowed, change) {
			errs = append(errs, fmt.Errorf("api: since %s: %s; restore it, or list this line in api/%s", tag, change, exceptions))
		}
	}
	for _, line := range allowed {
		if !slices.Contains(broken, line) {
			errs = append(errs, fmt.Errorf("api: api/%s lists %q, which is no change since %s; remove the line", exceptions, line, tag))
		}
	}
	if len(broken) > 0 && version != "" && version != tag && !mayBreak(tag, version) {
		errs = append(errs, fmt.Errorf("api: %s cannot follow %s: the API changed incompatibly; see RELEASING.md", version, tag))
	}
	return errors.Join(errs...)
}

// mayBreak reports whether a version may be incompatible with an older one: another major
// version, or before v1 another minor version.
func mayBreak(older, newer string) bool {
	if semver.Major(older) == "v0" {
		return semver.Compare(semver.MajorMinor(newer), semver.MajorMinor(older)) > 0
	}
	return semver.Compare(semver.Major(newer), semver.Major(older)) > 0
}

func readExceptions(folder string) (lines []string, err error) {
	content, err := os.ReadFile(filepath.Join(folder, "api", exceptions)) //nolint:gosec // The folder is the caller's.
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines, err
}

// latestTag returns the tag of the latest release before this commit, "" if there is none or if the
// folder is no clone. A release is compared with the one before it.
func latestTag(ctx context.Context, folder string) (string, error) {
	if _, err := git(ctx, folder, "rev-parse", "--git-dir"); err != nil {
		return "", nil //nolint:nilerr // An archive of the sources has no tags.
	}
	tags, err := git(ctx, folder, "tag", "--merged", "HEAD", "--list", "v*")
	if err != nil {
		return "", err
	}
	here, err := git(ctx, folder, "tag", "--points-at", "HEAD")
	if err != nil {
		return "", err
	}
	latest := ""
	for tag := range strings.FieldsSeq(string(tags)) {
		if slices.Contains(strings.Fields(string(here)), tag) {
			continue
		}
		if semver.IsValid(tag) && semver.Prerelease(tag) == "" && (latest == "" || semver.Compare(tag, latest) > 0) {
			latest = tag
		}
	}
	return latest, nil
}

// extract writes the files of a tag into a folder.
func extract(ctx context.Context, folder, tag, to string) error {
	archive, err := git(ctx, folder, "archive", "--format=tar", tag)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	files := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return root.Close()
		}
		if err != nil {
			return errors.Join(err, root.Close())
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		content, err := io.ReadAll(files)
		if err == nil {
			err = root.MkdirAll(filepath.Dir(header.Name), 0o700)
		}
		if err == nil {
			err = root.WriteFile(header.Name, content, 0o600)
		}
		if err != nil {
			return errors.Join(err, root.Close())
		}
	}
}

func git(ctx context.Context, folder string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "git", append([]string{"-C", folder}, args...)...) //nolint:gosec // The arguments are written above.
	output, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(exit.Stderr))
	}
	return output, err
}
