package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// display shows the progress of the export: on a terminal in one line that is updated, elsewhere in
// plain lines that suit a log.
type display struct {
	out      io.Writer
	terminal bool
	shown    int // width of the updated line, 0 if there is none
	status   string
	last     time.Time
}

func newDisplay(out *os.File) *display {
	return &display{out: out, terminal: term.IsTerminal(int(out.Fd()))}
}

// waiting shows the status of the operation.
func (d *display) waiting(o poller.Operation) {
	if d.terminal {
		d.change("waiting: " + o.Status)
		return
	}
	if o.Status != d.status {
		d.line("waiting: " + o.Status)
		d.status, d.last = o.Status, time.Now()
	}
}

const barWidth = 30

// reading shows the progress of the read in blobs. The number of rows is not known in advance.
func (d *display) reading(p manifest.Progress) {
	count := fmt.Sprintf("%d of %d blobs, %s rows, %.1f MB", p.BlobsDone, p.Blobs, grouped(strconv.FormatInt(p.Rows, 10)), float64(p.Bytes)/1e6)
	if d.terminal {
		full := barWidth * p.BlobsDone / max(p.Blobs, 1)
		d.change("reading: [" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "] " + count)
		return
	}
	if time.Since(d.last) >= time.Second || p.BlobsDone == p.Blobs {
		d.line("reading: " + count)
		d.last = time.Now()
	}
}

// change replaces the updated line.
func (d *display) change(text string) {
	fmt.Fprintf(d.out, "\r%-*s", d.shown, text)
	d.shown = len(text)
}

// done ends the updated line.
func (d *display) done() {
	if d.shown > 0 {
		fmt.Fprintln(d.out)
		d.shown = 0
	}
}

// line prints text on a line of its own.
func (d *display) line(text string) {
	d.done()
	fmt.Fprintln(d.out, text)
}

// Write implements io.Writer for the help of package flag.
func (d *display) Write(p []byte) (int, error) { return d.out.Write(p) }
