package faulttest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	azlog "github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Shopify/toxiproxy/v2"

	"github.com/partnerbilling/sdk-go/internal/azurite"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

var (
	soakTime = flag.Duration("soak", 0, "how long TestSoak runs")
	soakSeed = flag.Uint64("seed", 0, "the seed of every round of TestSoak; 0: another seed for each round")
)

// TestSoak reads exports for the time set by -soak, from the emulator, through a proxy with
// changing toxics, with injected error responses and a SAS that is valid for two seconds. Every row
// must be delivered exactly once, and memory must not grow.
func TestSoak(t *testing.T) {
	if *soakTime == 0 {
		t.Skip("runs for the time set by -soak; see make soak")
	}
	// The harness keeps the log of all clients to search it for secrets at the end, which would
	// need memory.
	azlog.SetListener(nil)
	s := newSoak(t)
	start := time.Now()
	seed := uint64(start.Unix())
	logged, live := start, []uint64{}
	for time.Since(start) < *soakTime && !t.Failed() {
		if seed++; *soakSeed != 0 {
			seed = *soakSeed
		}
		s.round(seed)
		s.rounds++
		live = append(live, liveHeap())
		if time.Since(logged) >= time.Minute {
			logged = time.Now()
			t.Logf("%v, seed %d: %v, heap %.1f MiB", time.Since(start).Round(time.Second), seed, s, mib(live[len(live)-1]))
		}
	}
	third := max(1, len(live)/3)
	grown := mib(mean(live[len(live)-third:])) - mib(mean(live[:third]))
	t.Logf("%v: %v", time.Since(start).Round(time.Second), s)
	t.Logf("%d rows corrupt, %d lost, %d duplicate, %d exports failed; live heap %+.1f MiB from the first third to the last", s.corrupt, s.lost, s.duplicate, s.failed, grown)
	if grown > 8 {
		t.Errorf("the live heap grew by %.1f MiB", grown)
	}
}

func mib(bytes uint64) float64 { return float64(bytes) / (1 << 20) }

func mean(of []uint64) (sum uint64) {
	for _, v := range of {
		sum += v
	}
	return sum / uint64(len(of))
}

func liveHeap() uint64 {
	runtime.GC()
	return heapNow()
}

// The number of blobs, and the largest number of rows of a blob.
const (
	soakBlobs = 16
	soakRows  = 30_000
)

// soak is the state that all rounds share.
type soak struct {
	t         *testing.T
	storage   *azurite.Server
	container string
	client    *http.Client        // connects by the proxy
	address   atomic.Value        // of the current proxy
	sums      map[string][]uint32 // of the rows of each blob

	rounds, blobs, stops, reopened, toxics int
	rows                                   int64
	refreshes, rejected                    atomic.Int64
	corrupt, lost, duplicate, failed       int
}

func (s *soak) String() string {
	return fmt.Sprintf("%d rounds, %d blobs, %d rows, %d stops, %d re-opens, %d refreshes, %d toxics, %d requests rejected",
		s.rounds, s.blobs, s.rows, s.stops, s.reopened, s.refreshes.Load(), s.toxics, s.rejected.Load())
}

func newSoak(t *testing.T) *soak {
	s := &soak{t: t, storage: azurite.Shared(t), sums: map[string][]uint32{}}
	s.container = s.storage.NewContainer()
	transport := s.storage.Client.Transport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.address.Load().(string))
	}
	s.client = &http.Client{Transport: transport}
	for i := range soakBlobs {
		name := fmt.Sprintf("part-%05d.json.gz", i)
		text := lines(1+i*soakRows/(soakBlobs-1), 50+100*(i%4))
		s.storage.PutBlob(s.container, "run/"+name, pack(text), nil)
		for _, line := range text {
			var row numbered
			if err := json.Unmarshal([]byte(line), &row); err != nil {
				t.Fatal(err)
			}
			s.sums[name] = append(s.sums[name], row.sum())
		}
	}
	return s
}

func (n numbered) sum() uint32 { return crc32.ChecksumIEEE([]byte(n.Pad)) }

// round reads one export. Its random choices depend on the seed alone; the scheduler and the
// network are not deterministic.
func (s *soak) round(seed uint64) {
	r := rand.New(rand.NewPCG(seed, 2))
	names := make([]string, 0, soakBlobs)
	for _, i := range r.Perm(soakBlobs)[:4+r.IntN(soakBlobs-3)] {
		names = append(names, fmt.Sprintf("part-%05d.json.gz", i))
	}
	o := &manifest.ReadOptions{
		Concurrency: 8, InOrder: r.IntN(3) == 0,
		StallTimeout: time.Second, RetryBudget: time.Hour, MaxTries: 1000,
	}
	loops, stops := 0, r.IntN(4)
	if r.IntN(3) == 0 {
		loops = 3
	}
	n := s.newFaultyNetwork(seed, 0.05+0.15*r.Float64())
	seen := newTally(s.sums, names)
	err := s.read(n, r, names, o, loops, stops, seen)
	s.toxics += n.stop()
	corrupt, lost, duplicate := seen.problems()
	if err != nil { // rows missing because of an error are not lost silently
		s.failed++
		lost, duplicate = 0, max(0, duplicate)
	}
	if err != nil || corrupt > 0 || lost > 0 || duplicate != 0 {
		s.t.Errorf("seed %d (%d blobs, in order %t, %d loops, %d stops): %d rows corrupt, %d lost, %d duplicate, error %v",
			seed, len(names), o.InOrder, loops, stops, corrupt, lost, duplicate, err)
	}
	s.corrupt, s.lost, s.duplicate = s.corrupt+corrupt, s.lost+lost, s.duplicate+duplicate
	s.blobs, s.rows = s.blobs+len(names), s.rows+seen.rows.Load()
}

// errStop stops reading.
var errStop = errors.New("stopped by the test")

// read reads an export to its end. It stops a number of times and resumes from a checkpoint with a
// new manifest, as another process would.
func (s *soak) read(transport *faultyNetwork, r *rand.Rand, names []string, o *manifest.ReadOptions, loops, stops int, seen *tally) error {
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Minute)
	defer cancel()
	for ; ; stops-- {
		m, err := s.manifest(transport, names)
		if err != nil {
			return err
		}
		stream, err := m.NewStream(numberedRows(o))
		if err != nil {
			return err
		}
		until := int64(math.MaxInt64)
		if delivered := seen.rows.Load(); stops > 0 {
			until = delivered + r.Int64N(max(1, 2*(seen.total-delivered)/int64(stops+1)))
		}
		err = seen.read(ctx, stream, loops, until)
		report := stream.Report()
		s.reopened += report.Total.Reopened
		switch {
		case err == nil && !report.Total.Verified:
			return errors.New("no error, but not every blob is verified")
		case !errors.Is(err, errStop):
			return err
		}
		c, err := stream.Checkpoint()
		if err != nil {
			return err
		}
		s.stops++
		seen.repeat = seen.rows.Load() - c.Rows()
		if o.Resume, err = manifest.ParseCheckpoint(c.String()); err != nil {
			return err
		}
	}
}

// manifest returns a manifest of blobs of the container, with a SAS that is valid for two seconds.
func (s *soak) manifest(transport *faultyNetwork, names []string) (*manifest.Manifest[numbered], error) {
	document := func(context.Context) ([]byte, error) {
		blobs := make([]map[string]string, len(names))
		for i, name := range names {
			blobs[i] = map[string]string{"name": name}
		}
		end := time.Now().Add(3*time.Second - 1).Truncate(time.Second) // an expiry has no fraction of a second
		return json.Marshal(map[string]any{
			"id": "soak", "eTag": "soak", "dataFormat": "compressedJSONLines", "blobCount": len(blobs), "blobs": blobs,
			"rootDirectory": s.storage.BlobURL(s.container, "run"), "sasToken": s.storage.ContainerSAS(s.container, "rl", end),
		})
	}
	options := &manifest.Options{StorageHosts: []string{s.storage.Host}, Refresh: func(ctx context.Context) ([]byte, error) {
		s.refreshes.Add(1)
		return document(ctx)
	}}
	options.Transport = transport
	data, err := document(s.t.Context())
	if err != nil {
		return nil, err
	}
	return manifest.Parse[numbered](data, options)
}

// tally counts how often each row of an export was delivered.
type tally struct {
	sums   map[string][]uint32
	rows   atomic.Int64 // delivered
	total  int64        // rows of the export
	repeat int64        // rows to be delivered again after a resume

	mu      sync.Mutex
	counts  map[string][]int
	corrupt int
}

func newTally(sums map[string][]uint32, names []string) *tally {
	l := &tally{sums: sums, counts: map[string][]int{}}
	for _, name := range names {
		l.counts[name] = make([]int, len(sums[name]))
		l.total += int64(len(sums[name]))
	}
	return l
}

// read reads a stream, in one loop or in several, until a number of rows was delivered.
func (l *tally) read(ctx context.Context, stream *manifest.Stream[numbered], loops int, until int64) error {
	loop := func(rows iter.Seq2[numbered, error], position func() lineitem.Position) error {
		last := map[string]int64{}
		for row, err := range rows {
			if err != nil {
				return err
			}
			if l.rows.Load() >= until {
				return errStop
			}
			l.record(position().Blob, row, last)
		}
		return nil
	}
	if loops == 0 {
		return loop(stream.All(ctx), stream.Position)
	}
	return stream.Parallel(ctx, loops, func(rows *manifest.Share[numbered]) error { return loop(rows.All(), rows.Position) })
}

// record records a row. Within a blob, a loop must get the rows in order.
func (l *tally) record(blob string, row numbered, last map[string]int64) {
	before, any := last[blob]
	last[blob] = row.N
	l.rows.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if any && row.N <= before || row.N < 0 || row.N >= int64(len(l.counts[blob])) || row.sum() != l.sums[blob][row.N] {
		l.corrupt++
		return
	}
	l.counts[blob][row.N]++
}

// problems returns the number of wrong rows. A negative number of duplicates means that rows which
// a checkpoint did not count were not delivered again.
func (l *tally) problems() (corrupt, lost, duplicate int) {
	repeated := 0
	for _, counts := range l.counts {
		for _, n := range counts {
			if n == 0 {
				lost++
			}
			repeated += max(0, n-1)
		}
	}
	return l.corrupt, lost, repeated - int(l.repeat)
}

// faultyNetwork is the transport of a round: it injects error responses, and connects by a proxy
// with toxics.
type faultyNetwork struct {
	soak   *soak
	share  float64 // of requests with an injected error response
	chance *seeded
	child  *exec.Cmd
	toxics chan int
}

// newFaultyNetwork starts the proxies in a child process, since toxiproxy leaks goroutines.
func (s *soak) newFaultyNetwork(seed uint64, share float64) *faultyNetwork {
	n := &faultyNetwork{soak: s, share: share, chance: newSeeded(seed), toxics: make(chan int)}
	n.child = child(s.t, "toxics", []string{"SOAK_SEED=" + strconv.FormatUint(seed, 10), "SOAK_STORAGE=" + s.storage.Host}, nil)
	_, err := n.child.StdinPipe() // closed when this process exits
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := n.child.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := n.child.Start(); err != nil {
		s.t.Fatal(err)
	}
	first := make(chan struct{})
	go func() {
		sum, changes := 0, 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var address string
			var toxics int
			if n, _ := fmt.Sscanf(lines.Text(), "toxics %s %d", &address, &toxics); n < 2 {
				continue
			}
			s.address.Store(address)
			if changes++; changes == 1 {
				close(first)
			}
			sum += toxics
		}
		n.toxics <- sum
	}()
	select {
	case <-first:
	case <-n.toxics:
		s.t.Fatal("the proxy did not start")
	}
	return n
}

// stop stops the proxies and returns the number of toxics there were.
func (n *faultyNetwork) stop() int {
	_ = n.child.Process.Kill()
	toxics := <-n.toxics
	_ = n.child.Wait() // reports that it was killed
	n.soak.client.CloseIdleConnections()
	return toxics
}

// changeToxics replaces the proxy from time to time. A connection keeps its toxics until its proxy
// is stopped: toxiproxy can hang if the toxics of a connection change.
func changeToxics(t *testing.T) {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // until the parent exits
		os.Exit(0)
	}()
	seed, err := strconv.ParseUint(os.Getenv("SOAK_SEED"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 3))
	share := func() float64 { return 0.1 + 0.9*r.Float64() } // of the connections
	slow := []func() toxicity{
		func() toxicity { return toxic("bandwidth", share(), map[string]any{"rate": 100 + r.IntN(2000)}) },
		func() toxicity {
			return toxic("slicer", share(), map[string]any{"average_size": 1000 + r.IntN(9000), "size_variation": 500, "delay": r.IntN(2000)})
		},
		func() toxicity {
			return toxic("latency", share(), map[string]any{"latency": 10 + r.IntN(140), "jitter": r.IntN(50)})
		},
	}
	broken := []func() toxicity{
		func() toxicity {
			return toxic("limit_data", share(), map[string]any{"bytes": 10_000 + r.IntN(300_000)})
		},
		func() toxicity { return toxic("reset_peer", share()/2, map[string]any{"timeout": r.IntN(1000)}) },
		func() toxicity {
			return toxic("timeout", share()/2, map[string]any{"timeout": r.IntN(2) * r.IntN(2000)})
		},
	}
	for former := []*toxiproxy.Proxy(nil); ; time.Sleep(time.Duration(50+r.IntN(700)) * time.Millisecond) {
		p, toxics := toxified(t, os.Getenv("SOAK_STORAGE")), 0
		for _, kinds := range [][]func() toxicity{slow, broken} {
			for _, i := range r.Perm(3)[:r.IntN(3)] {
				add(t, p, kinds[i]())
				toxics++
			}
		}
		fmt.Printf("toxics %s %d\n", p.Listen, toxics)
		for former = append(former, p); len(former) > 1+r.IntN(4); former = former[1:] {
			go former[0].Stop()
		}
	}
}

func init() { children["toxics"] = changeToxics }

// Do implements policy.Transporter.
func (n *faultyNetwork) Do(req *http.Request) (*http.Response, error) {
	chance := n.chance.float()
	if chance >= n.share {
		return n.soak.client.Do(req)
	}
	n.soak.rejected.Add(1)
	header := http.Header{}
	status := []int{http.StatusServiceUnavailable, http.StatusInternalServerError, http.StatusTooManyRequests}[int(3*chance/n.share)]
	if status == http.StatusTooManyRequests {
		header.Set("Retry-After", "1")
	}
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: http.NoBody, Request: req,
	}, nil
}
