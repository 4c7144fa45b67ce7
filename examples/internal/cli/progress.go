package cli

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// Progress shows how far a program is: on a terminal in one line that is updated, elsewhere in
// plain lines that suit a log. Several goroutines may use it.
type Progress struct {
	out   io.Writer
	width func() int // of the terminal; nil if it is none

	mu     sync.Mutex
	shown  int // width of the updated line, 0 if there is none
	status string
	last   time.Time // when a plain line was printed
}

// defaultWidth is the width of a terminal that does not tell.
const defaultWidth = 80

func newProgress(out io.Writer) *Progress {
	p := &Progress{out: out}
	if f, ok := out.(*os.File); ok && isTerminal(f) {
		p.width = func() int {
			if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
				return width
			}
			return defaultWidth
		}
	}
	return p
}

// AsTerminal makes the progress that of a terminal of the given width, for tests.
func (p *Progress) AsTerminal(width int) { p.width = func() int { return width } }

// Waiting shows the status of an operation.
func (p *Progress) Waiting(o poller.Operation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	status := cmp.Or(o.Status, "accepted") // Cost Management reports none before the end
	text := "waiting: " + status
	if p.width != nil {
		p.update(text)
		return
	}
	if status != p.status {
		p.line(text)
		p.status, p.last = status, time.Now()
	}
}

const barWidth = 30

// Reading shows how many blobs have been read. The number of rows is not known in advance.
func (p *Progress) Reading(r manifest.Progress) {
	count := fmt.Sprintf("%d of %d blobs, %s rows, %.1f MB", r.BlobsDone, r.Blobs, Grouped(strconv.FormatInt(r.Rows, 10)), float64(r.Bytes)/1e6)
	p.Step("reading", count, r.BlobsDone, r.Blobs)
}

// Step shows that part of a work is done, with a text about it. Elsewhere than on a terminal it
// prints a line each second, and one at the end.
func (p *Progress) Step(what, count string, done, all int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.width == nil {
		if time.Since(p.last) >= time.Second || done == all {
			p.line(what + ": " + count)
			p.last = time.Now()
		}
		return
	}
	text := what + ": " + count
	// The bar takes what the text leaves of a line.
	if bar := min(barWidth, p.width()-1-len("[] ")-len(text)); bar > 0 {
		full := bar * done / max(all, 1)
		text = what + ": [" + strings.Repeat("#", full) + strings.Repeat(".", bar-full) + "] " + count
	}
	p.update(text)
}

// update replaces the updated line. A line as wide as the terminal would wrap, and the next one
// would not replace it.
func (p *Progress) update(text string) {
	if room := max(1, p.width()-1); utf8.RuneCountInString(text) > room {
		text = string([]rune(text)[:room])
	}
	width := utf8.RuneCountInString(text)
	fmt.Fprint(p.out, "\r"+text+strings.Repeat(" ", max(0, min(p.shown, p.width()-1)-width)))
	p.shown = width
}

// End ends the updated line.
func (p *Progress) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
}

func (p *Progress) end() {
	if p.shown > 0 {
		fmt.Fprintln(p.out)
		p.shown = 0
	}
}

// Clear erases the updated line, so that results do not stand between remains of the progress.
func (p *Progress) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown > 0 {
		fmt.Fprint(p.out, "\r"+strings.Repeat(" ", min(p.shown, max(1, p.width()-1)))+"\r")
		p.shown = 0
	}
}

// Line prints text on a line of its own.
func (p *Progress) Line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line(text)
}

// line wraps the text at the words for a terminal. In a log, an error stays one line.
func (p *Progress) line(text string) {
	p.end()
	if p.width == nil {
		fmt.Fprintln(p.out, text)
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.Contains(line, "\t") && utf8.RuneCountInString(line) <= p.width() {
			fmt.Fprintln(p.out, line)
			continue
		}
		for _, part := range wrapped(line, p.width()) {
			fmt.Fprintln(p.out, part)
		}
	}
}

// Prompt prints a question. The line ends with what is typed.
func (p *Progress) Prompt(question string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
	fmt.Fprint(p.out, question)
}

// Grouped adds thousands separators: 1234567.5 becomes 1,234,567.5.
func Grouped(number string) string {
	whole, fraction, _ := strings.Cut(number, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return sign + whole + fraction
}
