package faulttest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Some trials need a process of their own: for its environment, its system calls or its
// end. It is this test binary once more, told by the environment what to do.
const childVariable = "FAULTTEST_CHILD"

var children = map[string]func(t *testing.T){
	"crash":  crashInLoop,
	"read":   readInMemory,
	"write":  writeToDisk,
	"online": readOnline,
}

// TestChild is what such a process runs.
func TestChild(t *testing.T) {
	what := os.Getenv(childVariable)
	if what == "" {
		t.Skip("run by other tests, in a process of its own")
	}
	children[what](t)
	if err := secrets.everSeen(); err != nil {
		t.Fatal(err)
	}
	if !t.Failed() {
		fmt.Println(childDone)
		os.Exit(0) // the SDK's own transport keeps its connections, as it should
	}
}

const childDone = "child is done"

// child prepares such a process, behind another command where one is given. Of the
// environment it has only what it is told.
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

// finished runs such a process, which must succeed, and say so, and returns what it printed.
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
