package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/bytedance/sonic"
)

// contenderModules are the modules whose versions the results name.
var contenderModules = []string{
	"github.com/bytedance/sonic",
	"github.com/go-json-experiment/json",
	"github.com/goccy/go-json",
	"github.com/klauspost/compress",
	"github.com/woodsbury/decimal128",
}

// describeRun writes on which machine and with which versions the results were measured.
func describeRun(ctx context.Context, out *report, commit string, args []string) {
	out.line("date      %s", time.Now().UTC().Format(time.DateTime+" UTC"))
	out.line("command   %s", strings.Join(append([]string{"bench"}, args...), " "))
	out.line("machine   %s, %s, %s/%s", cpuModel(ctx), plural(runtime.NumCPU(), "core"), runtime.GOOS, runtime.GOARCH)
	out.line("Go        %s, GOMAXPROCS %d", runtime.Version(), runtime.GOMAXPROCS(0))
	out.line("SDK       %s", commit)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if slices.Contains(contenderModules, module.Path) {
				out.line("module    %s %s%s", module.Path, module.Version, remark(module.Path))
			}
		}
	}
	for _, program := range []string{"zcat", "igzip", "node"} {
		out.line("program   %s", version(ctx, program))
	}
	out.line("module    @duckdb/node-api %s", duckdbPackage())
}

// remark says which of its decoders sonic uses here: with a Go version that it does not know, it
// silently falls back to encoding/json. It also says which module is encoding/json/v2.
func remark(module string) string {
	switch {
	case module == "github.com/go-json-experiment/json":
		return " (encoding/json/v2)"
	case module != "github.com/bytedance/sonic":
		return ""
	case sonic.APIKind != sonic.UseSonicJSON:
		return " (DOES NOT SUPPORT THIS GO OR PROCESSOR: it falls back to encoding/json)"
	case runtime.GOARCH == "amd64":
		return " (its own decoder, JIT)"
	default:
		return " (its own decoder, without JIT)"
	}
}

// revision names the commit of the working tree, and whether it has changes.
func revision(ctx context.Context) string {
	commit, err := git(ctx, "rev-parse", "--short", "HEAD")
	if err != nil {
		return "unknown commit"
	}
	text := "commit " + commit
	if changed, err := git(ctx, "status", "--porcelain", "--untracked-files=no"); err != nil || changed != "" {
		text += " with changes"
	}
	return text
}

// requireCleanTree returns an error if a file other than the one for the results differs from the
// commit: the results would name a commit that is not what was measured.
func requireCleanTree(ctx context.Context, results string) error {
	changed, err := git(ctx, "status", "--porcelain", "--", ":(top)", ":(exclude)"+results)
	if err != nil {
		return fmt.Errorf("-o %s: cannot tell which commit is measured: %w", results, err)
	}
	if changed != "" {
		first, rest, more := strings.Cut(changed, "\n")
		if more {
			first += fmt.Sprintf(" and %d more", 1+strings.Count(rest, "\n"))
		}
		return fmt.Errorf("-o %s: the working tree has changes: %s; commit them first, so that the results name the code that was measured", results, strings.TrimSpace(first))
	}
	return nil
}

// git runs git without optional locks, as reading the state of the tree must not change it.
func git(ctx context.Context, args ...string) (string, error) {
	//nolint:gosec // The arguments are those above and the file that the caller names.
	command := exec.CommandContext(ctx, "git", append([]string{"--no-optional-locks"}, args...)...)
	output, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(string(exit.Stderr)))
	}
	return strings.TrimRight(string(output), "\n"), err
}

// version returns the first line of a program's --version.
func version(ctx context.Context, program string) string {
	path, err := exec.LookPath(program)
	if err != nil {
		return program + ": not installed"
	}
	//nolint:gosec // One of the three programs named above.
	said, err := exec.CommandContext(ctx, path, "--version").CombinedOutput()
	if err != nil {
		return program + ": version unknown"
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(said)), "\n")
	return program + ": " + first
}

func cpuModel(ctx context.Context) string {
	if runtime.GOOS == "darwin" {
		if said, err := exec.CommandContext(ctx, "sysctl", "-n", "machdep.cpu.brand_string").Output(); err == nil {
			return strings.TrimSpace(string(said))
		}
	}
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	// Closing a file that was only read cannot fail in a way that matters.
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if name, model, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return "unknown processor"
}
