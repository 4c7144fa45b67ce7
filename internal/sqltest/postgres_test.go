package sqltest_test

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// startPostgres starts a PostgreSQL of its own that only this test can reach, and returns the
// folder of its socket.
func startPostgres(t *testing.T) (folder string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "sqltest") //nolint:usetesting // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	initdb, server := tool(t, "initdb"), tool(t, "postgres")
	var as []string
	if os.Getuid() == 0 { // the server refuses to run as root
		as = []string{"runuser", "-u", "postgres", "--"}
		run(t, "chown", "postgres", folder)
	}
	data := filepath.Join(folder, "data")
	run(t, append(as, initdb, "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")...)

	args := append(as, server, "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off")
	var log bytes.Buffer
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the log has the cause
		close(ended)
	}()
	t.Cleanup(func() {
		run(t, append(as, filepath.Join(filepath.Dir(server), "pg_ctl"), "-D", data, "-m", "fast", "-w", "stop")...)
		<-ended
	})

	db, err := sql.Open("pgx", "host="+folder+" user=test dbname=postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err := db.PingContext(t.Context())
		if err == nil {
			return folder
		}
		select {
		case <-ended:
			t.Fatalf("PostgreSQL ended: %s", log.Bytes())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("PostgreSQL does not respond: %v", err)
		}
	}
}

// tool returns the path of a program of PostgreSQL. Debian installs them outside the PATH.
func tool(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		t.Fatalf("missing: %s of PostgreSQL; install its server", name)
	}
	return found[len(found)-1]
}

func run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(context.WithoutCancel(t.Context()), args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", args[0], err, out)
	}
}
