package sqlitedb_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink/sqlsink"
	"github.com/partnerbilling/sdk-go/sink/sqlsink/sqlitedb"
)

var (
	kills    = flag.Int("kills", 6, "`number` of processes that TestKills kills")
	killRows = flag.Int("rows", 20_000, "`number` of rows of the export in TestKills")
)

// childVariable is the environment variable with the access to the service, in a child process.
const childVariable = "SQLITEDB_TEST_SERVICE"

// TestMain runs the test binary as the child processes of the tests, too.
func TestMain(m *testing.M) {
	if access := os.Getenv(childVariable); access != "" {
		if err := child(access, os.Args[1], os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child loads the export of a service. With a number, it kills itself at that call to the driver.
func child(access, file, commitRows, killAt string) error {
	c, err := billingtest.Dial(access)
	if err != nil {
		return err
	}
	defer c.Close()
	ctx := context.Background()
	m, err := fetch(ctx, c.Credential(), c.ClientOptions())
	if err != nil {
		return err
	}
	schema, err := lineitem.SchemaOf[lineitem.Usage](nil)
	if err != nil {
		return err
	}
	commit, err := strconv.Atoi(commitRows)
	if err != nil {
		return err
	}
	at, err := strconv.Atoi(killAt)
	if err != nil {
		return err
	}
	var db *sql.DB
	if at == 0 {
		db, err = sqlitedb.Open(file)
	} else {
		faults.call = func(n int) {
			if n == at {
				kill(os.Getpid())
				select {} // the signal is on its way
			}
		}
		db, err = sql.Open(faultyDriver, "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=busy_timeout(60000)")
	}
	if err != nil {
		return err
	}
	fmt.Println("begun")
	_, err = sqlsink.Load(ctx, db, unit, m, schema, &sqlsink.LoadOptions{CommitRows: commit, OnCommit: func(int64) { fmt.Println("committed") }})
	return errors.Join(err, db.Close())
}

func kill(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}

// start runs a child process and kills it a random time after so many of its lines; 0: never. It
// returns whether the child has finished.
func start(t *testing.T, access, file string, commitRows, killAt, lines int, delay time.Duration) (finished bool) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, file, strconv.Itoa(commitRows), strconv.Itoa(killAt))
	cmd.Env = append(os.Environ(), childVariable+"="+access)
	var messages strings.Builder
	cmd.Stderr = &messages
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(out)
	for n := 1; scanner.Scan(); n++ {
		if n == lines {
			time.Sleep(delay)
			kill(cmd.Process.Pid)
		}
	}
	err = cmd.Wait()
	if exit, is := errors.AsType[*exec.ExitError](err); is && exit.Exited() {
		t.Fatalf("child: %v: %s", err, &messages)
	}
	return err == nil
}

// watch reads the view until it is stopped, and fails if readers see something else than what is
// allowed. Once they have seen the last of it, they must not see anything else.
func watch(t *testing.T, file string, allowed ...content) (stop func() int64) {
	t.Helper()
	db := open(t, file)
	var looks atomic.Int64
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		least := 0
		for {
			select {
			case <-quit:
				return
			case <-time.After(5 * time.Millisecond):
			}
			got, err := visible(context.WithoutCancel(t.Context()), db)
			if err != nil {
				t.Errorf("reader: %v", err)
				return
			}
			found := -1
			for i, c := range allowed {
				if c.equal(got) {
					found = i
				}
			}
			if found < least {
				t.Errorf("readers see %v; want one of %v, number %d or later", got, allowed, least)
				return
			}
			least = found
			looks.Add(1)
		}
	}()
	return func() int64 {
		close(quit)
		<-done
		return looks.Load()
	}
}

// TestKills kills a load at random moments with SIGKILL and starts it again, over an older export,
// while readers look. In the end the database has exactly the rows of the export.
func TestKills(t *testing.T) {
	first, second := export(500, 1), export(*killRows, 2)
	second.Blobs = 8
	server := billingtest.NewServer(&billingtest.Options{RunningPolls: -1, CacheBytes: 1 << 30})
	if err := server.Add(second); err != nil {
		t.Fatal(err)
	}
	listener, err := server.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	file := filepath.Join(t.TempDir(), "bill.db")
	db := open(t, file)
	load(t, db, first, nil)
	before, after := truth(t, first), truth(t, second)
	stop := watch(t, file, before, after)

	random := rand.New(rand.NewPCG(1, 2))
	commitRows := max(*killRows/(4**kills), 100)
	killed, finished := 0, false
	for killed < *kills && !finished {
		lines := 1 + random.IntN(5) // of which the first is written before the load begins
		finished = start(t, listener.Access(), file, commitRows, 0, lines, time.Duration(random.IntN(20_000))*time.Microsecond)
		if !finished {
			killed++
		}
	}
	if killed < *kills {
		t.Errorf("the load has finished after %d kills", killed)
	}
	if got, err := visible(t.Context(), db); err != nil || !got.equal(before) {
		t.Errorf("after %d kills readers see %v, %v; want the older export", killed, got, err)
	}
	resumed := number(t, db, `SELECT next_rows FROM billing_loads WHERE unit = ?`, unit.Key())
	if !start(t, listener.Access(), file, 10_000, 0, 0, 0) {
		t.Error("the last load was killed")
	}
	looks := stop()
	expect(t, db, after)
	expectOnly(t, db, int64(*killRows))
	t.Logf("%d rows, %d kills, the last start resumed after %d rows; readers looked %d times", *killRows, killed, resumed, looks)
	if looks == 0 || resumed == 0 {
		t.Errorf("readers looked %d times, the last start resumed after %d rows", looks, resumed)
	}
	if n := number(t, db, `SELECT count(*) FROM billing_loads WHERE next_load <> 0 OR obsolete <> ''`); n != 0 {
		t.Error("the ledger has a load in progress, or rows to delete")
	}
}

// TestKillAtEveryCall kills a process at each of its calls to the driver in turn. The one after it
// finishes the load.
func TestKillAtEveryCall(t *testing.T) {
	step := 5
	if *kills >= 50 {
		step = 1
	}
	first, second := export(20, 1), export(30, 2)
	server := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	if err := server.Add(second); err != nil {
		t.Fatal(err)
	}
	listener, err := server.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	m := manifestOf(t, second)
	before, after := truth(t, first), truth(t, second)
	killed := 0
	for at := 1; ; at += step {
		file := filepath.Join(t.TempDir(), "bill.db")
		db := open(t, file)
		load(t, db, first, nil)
		if start(t, listener.Access(), file, 10, at, 0, 0) {
			break
		}
		killed++
		got, err := visible(t.Context(), db)
		if err != nil || !got.equal(before) && !got.equal(after) {
			t.Errorf("call %d: readers see %v, %v", at, got, err)
		}
		if _, err := sqlsink.Load(t.Context(), db, unit, m, schemaOf[lineitem.Usage](t, nil), nil); err != nil {
			t.Errorf("call %d: %v", at, err)
		}
		expect(t, db, after)
		expectOnly(t, db, 30)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d processes were killed", killed)
	if killed < 50/step {
		t.Errorf("only %d processes were killed", killed)
	}
}
