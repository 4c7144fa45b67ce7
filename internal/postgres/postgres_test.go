package postgres_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/partnerbilling/sdk-go/internal/postgres"
)

func TestMain(m *testing.M) {
	if os.Getenv("POSTGRES_TEST_ORPHAN") != "" {
		os.Exit(m.Run()) // see TestServerEndsWithAKilledTestBinary
	}
	goleak.VerifyTestMain(m)
}

func TestQuery(t *testing.T) {
	server := postgres.Shared(t)
	database := server.NewDatabase()
	rows := server.Query(database, "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'é'), (2, NULL); SELECT a, b, '' FROM t ORDER BY a")
	if got := fmt.Sprintf("%q", rows); got != `[["1" "é" ""] ["2" "" ""]]` {
		t.Errorf("got %s", got)
	}
	if rows := server.Query(database, "SELECT version(), current_setting('server_encoding')"); !strings.HasPrefix(rows[0][0], "PostgreSQL 18.") || rows[0][1] != "UTF8" {
		t.Errorf("got %q", rows)
	}
	if other := postgres.Shared(t).NewDatabase(); other == database {
		t.Errorf("two databases are named %s", other)
	}
}

func TestServersRunAtTheSameTime(t *testing.T) {
	one, two := postgres.Start(t, nil), postgres.Start(t, &postgres.Options{Settings: []string{"work_mem=7MB"}})
	one.Query("postgres", "CREATE TABLE only_here ()")
	const count = "SELECT count(*) FROM pg_class WHERE relname = 'only_here'"
	if a, b := one.Query("postgres", count)[0][0], two.Query("postgres", count)[0][0]; a != "1" || b != "0" {
		t.Errorf("the table is %s times in one server and %s times in the other", a, b)
	}
	if got := two.Query("postgres", "SHOW work_mem")[0][0]; got != "7MB" {
		t.Errorf("work_mem is %s", got)
	}
}

func TestServerStopsWithItsTest(t *testing.T) {
	var folder, pid string
	t.Run("own", func(t *testing.T) {
		server := postgres.Start(t, nil)
		folder = folderOf(t, server.DSN("postgres"))
		pid = pidOf(t, folder)
	})
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the folder is left: %v", err)
	}
	if running(t, pid) {
		t.Error("the server still runs")
	}
}

// A test binary that is killed, as by a time limit, cannot clean up.
func TestServerEndsWithAKilledTestBinary(t *testing.T) {
	if os.Getenv("POSTGRES_TEST_ORPHAN") != "" {
		server := postgres.Shared(t)
		fmt.Println("DSN " + server.DSN("postgres"))
		<-t.Context().Done() // until it is killed
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	// A checkout that only this user can read. If that is root, the server's user needs a copy.
	private := t.TempDir()
	if err := os.MkdirAll(filepath.Join(private, "internal"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(here, filepath.Join(private, "internal", "postgres")); err != nil {
		t.Fatal(err)
	}
	t.Run("here", func(t *testing.T) { killBinary(t, here) })
	t.Run("private checkout", func(t *testing.T) { killBinary(t, private) })
}

func killBinary(t *testing.T, folder string) {
	t.Helper()
	//nolint:gosec // G702: it is this binary.
	binary := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestServerEndsWithAKilledTestBinary$", "-test.timeout", "1m")
	binary.Env, binary.Dir = append(os.Environ(), "POSTGRES_TEST_ORPHAN=1"), folder
	output, err := binary.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := binary.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	server := folderOf(t, line)
	pid := pidOf(t, server)
	if err := binary.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = binary.Wait() // it was killed
	for deadline := time.Now().Add(time.Minute); running(t, pid) || exists(server); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the server or its folder is left")
		}
	}
}

// What was committed is there after all processes have been killed in the middle of a transaction,
// and nothing else.
func TestKilledServerRestartsOnItsData(t *testing.T) {
	server := postgres.Start(t, nil)
	database := server.NewDatabase()
	server.Query(database, "CREATE TABLE t (n int); INSERT INTO t SELECT generate_series(1, 10000)")
	for range 3 {
		conn := open(t, folderOf(t, server.DSN(database)), database)
		conn.send(t, "BEGIN; INSERT INTO t SELECT generate_series(1, 10000)")
		conn.awaitReady(t)
		server.Kill()
		if err := conn.ended(); err == nil {
			t.Fatal("the connection survived its server")
		}
		server.Restart()
		if got := server.Query(database, "SELECT count(*) FROM t")[0][0]; got != "10000" {
			t.Fatalf("%s rows, want 10000", got)
		}
	}
	if log := server.Log(); !strings.Contains(log, "not properly shut down") {
		t.Errorf("the server was stopped, not killed: %s", log)
	}
}

func TestBusyServerIsKilled(t *testing.T) {
	server := postgres.Start(t, nil)
	folder := folderOf(t, server.DSN("postgres"))
	conn := open(t, folder, "postgres")
	conn.send(t, "SELECT count(*) FROM generate_series(1, 100000000000)")
	conn.send(t, "SELECT pg_sleep(1000)")
	start := time.Now()
	server.Kill()
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("it took %v to kill the server", d)
	}
	server.Kill() // a second time changes nothing
	server.Restart()
	server.Restart() // one that runs is stopped first
	server.Query("postgres", "SELECT 1")
}

func TestFullDisk(t *testing.T) {
	server := postgres.Start(t, &postgres.Options{FaultyDisk: true})
	folder := folderOf(t, server.DSN("postgres"))
	server.Query("postgres", "CREATE TABLE t (text text); INSERT INTO t VALUES ('small')")
	const insert = "INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 1000)"
	const count = "SELECT count(*) FROM t"

	server.FillDisk()
	conn := open(t, folder, "postgres")
	conn.send(t, insert)
	if got := conn.awaitReady(t); !strings.Contains(got, "53100") || !strings.Contains(got, "No space left on device") {
		t.Errorf("got %q, want the error of a full disk", got)
	}
	if got := server.Query("postgres", count)[0][0]; got != "1" {
		t.Errorf("%s rows after the error, want 1", got)
	}
	server.FreeDisk()
	server.Query("postgres", insert)
	if got := server.Query("postgres", count)[0][0]; got != "1001" {
		t.Errorf("%s rows after the disk was freed, want 1001", got)
	}
}

func TestDroppedConnections(t *testing.T) {
	server := postgres.Shared(t)
	database := server.NewDatabase()
	server.Query(database, "CREATE TABLE t (n int)")
	proxy := server.NewProxy()
	folder := folderOf(t, proxy.DSN(database))

	conn := open(t, folder, database)
	conn.send(t, "BEGIN; INSERT INTO t VALUES (1)")
	conn.awaitReady(t)
	proxy.Drop()
	if err := conn.ended(); err == nil {
		t.Error("the connection was not dropped")
	}

	// After some bytes: the first query arrives, the second does not.
	conn = open(t, folder, database)
	first := conn.message("INSERT INTO t VALUES (2)")
	proxy.DropAfter(int64(len(first) + 3))
	conn.write(t, first)
	conn.awaitReady(t)
	conn.send(t, "INSERT INTO t VALUES (3)")
	if err := conn.ended(); err == nil {
		t.Error("the connection was not dropped")
	}

	// And then connections last.
	conn = open(t, folder, database)
	conn.send(t, "INSERT INTO t VALUES (4)")
	conn.awaitReady(t)
	if got := server.Query(database, "SELECT string_agg(n::text, ' ' ORDER BY n) FROM t")[0][0]; got != "2 4" {
		t.Errorf("rows %s, want 2 4", got)
	}
}

// connection is one whose transaction stays open.
type connection struct{ net.Conn }

func open(t *testing.T, folder, database string) *connection {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "unix", filepath.Join(folder, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	c := &connection{conn}
	startup := "\x00\x03\x00\x00user\x00postgres\x00database\x00" + database + "\x00\x00"
	c.write(t, fmt.Sprintf("\x00\x00\x00%c%s", len(startup)+4, startup))
	c.awaitReady(t)
	return c
}

// message returns a query in PostgreSQL's protocol.
func (c *connection) message(sql string) string {
	return fmt.Sprintf("Q\x00\x00\x00%c%s\x00", len(sql)+5, sql)
}

func (c *connection) send(t *testing.T, sql string) {
	t.Helper()
	c.write(t, c.message(sql))
}

func (c *connection) write(t *testing.T, message string) {
	t.Helper()
	if _, err := c.Write([]byte(message)); err != nil {
		t.Fatal(err)
	}
}

// awaitReady reads until the server is ready for a query, which ends with a message of six bytes,
// and returns what it has read.
func (c *connection) awaitReady(t *testing.T) string {
	t.Helper()
	var read []byte
	for ready := regexp.MustCompile(`Z\x00\x00\x00\x05[ITE]$`); !ready.Match(read); {
		buffer := make([]byte, 1000)
		n, err := c.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, buffer[:n]...)
	}
	return string(read)
}

// ended reads until the connection ends, and returns the error.
func (c *connection) ended() error {
	for buffer := make([]byte, 1000); ; {
		if _, err := c.Read(buffer); err != nil {
			if os.IsTimeout(err) {
				return nil
			}
			return err
		}
	}
}

func folderOf(t *testing.T, dsn string) string {
	t.Helper()
	m := regexp.MustCompile(`host='(.*?)'`).FindStringSubmatch(dsn)
	if m == nil {
		t.Fatalf("no folder in %s", dsn)
	}
	return m[1]
}

func pidOf(t *testing.T, folder string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, _, _ := strings.Cut(string(text), "\n")
	return pid
}

// running reports whether a process runs, and is not one whose exit nobody has waited for.
func running(t *testing.T, pid string) bool {
	t.Helper()
	if stat, err := os.ReadFile("/proc/" + pid + "/stat"); err == nil && strings.Contains(string(stat), ") Z ") {
		return false
	}
	number, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	process, err := os.FindProcess(number)
	return err == nil && process.Signal(syscall.Signal(0)) == nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
