package faulttest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Some trials need a process of their own, for its environment, its system calls or its exit. The
// child process is this test binary, and an environment variable names the function to run.
const childVariable = "FAULTTEST_CHILD"

var children = map[string]func(t *testing.T){
	"crash":  crashInLoop,
	"read":   readInMemory,
	"write":  writeToDisk,
	"online": readOnline,
}

// TestChild runs in a child process.
func TestChild(t *testing.T) {
	what := os.Getenv(childVariable)
	if what == "" {
		t.Skip("run by other tests, in a process of its own")
	}
	children[what](t)
	if err := secrets.checkLog(); err != nil {
		t.Fatal(err)
	}
	if !t.Failed() {
		fmt.Println(childDone)
		os.Exit(0) // the SDK's default transport keeps idle connections
	}
}

const childDone = "child is done"

// child returns the command of a child process, run by another command if one is given. Its
// environment has only the given variables, HOME and PATH.
func child(t *testing.T, what string, environment, command []string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command = append(command, self, "-test.run=^TestChild$", "-test.v")
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Env = append([]string{childVariable + "=" + what, "HOME=" + os.Getenv("HOME"), "PATH=" + os.Getenv("PATH")}, environment...)
	return cmd
}

// finished runs a child process, asserts that it succeeds, and returns its output.
func finished(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if !strings.Contains(out.String(), childDone) {
		t.Fatalf("the process did nothing: %s", out.String())
	}
	return out.String()
}
