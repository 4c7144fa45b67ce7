package manifest_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

func selected(tb testing.TB, m *manifest.Manifest[row], names ...string) *manifest.Manifest[row] {
	tb.Helper()
	part, err := m.Select(names...)
	if err != nil {
		tb.Fatal(err)
	}
	return part
}

func TestSelectReadsTheseBlobsAlone(t *testing.T) {
	store := several(t, 5)
	m := store.manifest(nil)
	part := selected(t, m, name(3), name(1))
	if blobs := part.Blobs(); len(blobs) != 2 || blobs[0].Name != name(3) || blobs[1].Name != name(1) || part.Info() != m.Info() {
		t.Errorf("%+v, %+v", blobs, part.Info())
	}
	if _, ok := part.Blob(name(0)); ok {
		t.Error("a blob that was not selected is there")
	}
	if len(m.Blobs()) != 5 {
		t.Error("the selection changed the manifest")
	}
	want := append(count(3000, 1000), count(1000, 1000)...)
	for what, o := range ways {
		s := stream(t, part, &o)
		ns, err := collect(t.Context(), s)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if !o.InOrder && o.Concurrency != 1 {
			slices.Sort(ns)
			slices.Sort(want)
		}
		if sorted := slices.Sorted(slices.Values(ns)); len(sorted) != 2000 || o.InOrder && !slices.Equal(ns, append(count(3000, 1000), count(1000, 1000)...)) {
			t.Errorf("%s: %d rows", what, len(ns))
		}
		if r := s.Report(); len(r.Blobs) != 2 || r.Blobs[0].Name != name(3) || r.Total.Rows != 2000 || !r.Total.Verified {
			t.Errorf("%s: report %+v", what, r)
		}
	}
	if store.requests[name(0)] != 0 {
		t.Errorf("requests %v", store.requests)
	}
	for _, err := range part.BlobItems(t.Context(), manifest.Blob{Name: name(0)}, nil) {
		if !errors.Is(err, manifest.ErrSelection) {
			t.Errorf("a blob outside of the selection: %v", err)
		}
	}
	if all, err := part.MarshalWithSAS(); err != nil || strings.Count(string(all), `"name"`) != 5 {
		t.Errorf("%s, %v, want the whole export", all, err)
	}
	if data, err := part.MarshalJSON(); err != nil || !strings.Contains(string(data), `"BlobCount":5`) || strings.Contains(string(data), name(0)) || !strings.Contains(string(data), `"SAS":"REDACTED"`) {
		t.Errorf("%s, %v", data, err)
	}
	if text := fmt.Sprint(part, *part); strings.Count(text, "2 of 5 blobs") != 2 {
		t.Errorf("printed as %s", text)
	}
}

func count(first, n int) []int {
	ns := make([]int, n)
	for i := range ns {
		ns[i] = first + i
	}
	return ns
}

func TestSelectRefuses(t *testing.T) {
	m := several(t, 3).manifest(nil)
	for what, c := range map[string]struct {
		m     *manifest.Manifest[row]
		names []string
		want  string
	}{
		"no name":                  {m, nil, "no name was given; to read all blobs, use the manifest itself"},
		"an unknown name":          {m, []string{name(0), "x"}, `"x": no blob of that name; Blobs lists them`},
		"a name twice":             {m, []string{name(0), name(1), name(0)}, `"` + name(0) + `" is repeated; name it once`},
		"outside of the selection": {selected(t, m, name(0), name(1)), []string{name(2)}, `"` + name(2) + `": no blob of that name; Blobs lists them`},
	} {
		_, err := c.m.Select(c.names...)
		if refused, ok := errors.AsType[*manifest.Error](err); !ok || !errors.Is(err, manifest.ErrSelection) || refused.Field == "" {
			t.Errorf("%s: %v, want ErrSelection", what, err)
		} else if want := "manifest: invalid selection of blobs: " + c.want; err.Error() != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
}

// A selection survives a refresh, for which the whole export has to be the same.
func TestSelectionIsRefreshed(t *testing.T) {
	for what, c := range map[string]struct {
		names []string
		want  error
	}{
		"the same export": {[]string{name(0), name(1), name(2)}, nil},
		"a blob less":     {[]string{name(1), name(2)}, manifest.ErrDataChanged},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := &guarded{storage: several(t, 3)}
			g.reply = func(sas string) ([]byte, error) { return document(c.names, map[string]any{"sasToken": sas}), nil }
			m := g.manifestWith(g.fresh(time.Hour), &manifest.Options{Refresh: g.refresh})
			part := selected(t, m, name(1))
			g.sas = "a newer one"
			ns, err := collect(t.Context(), stream(t, part, nil))
			if !errors.Is(err, c.want) || c.want == nil && len(ns) != 1000 {
				t.Errorf("%s: %d rows, %v", what, len(ns), err)
			}
			if c.want == nil && (part.SAS().Reveal() != g.sas || m.SAS().Reveal() != g.sas) {
				t.Errorf("%s: the manifests do not have the fresh SAS", what)
			}
		})
	}
}

// A checkpoint of a selection is resumed with the same selection.
func TestSelectionIsResumed(t *testing.T) {
	m := several(t, 4).manifest(nil)
	part := selected(t, m, name(2), name(0))
	s := stream(t, part, &manifest.ReadOptions{InOrder: true})
	rows := 0
	for range s.All(t.Context()) {
		if rows++; rows == 1500 {
			break
		}
	}
	c := again(t, s)
	rest, err := collect(t.Context(), stream(t, selected(t, m, name(0), name(2)), &manifest.ReadOptions{Resume: c}))
	if err != nil || int64(len(rest))+c.Rows() != 2000 || c.Rows() != 1499 {
		t.Errorf("%d rows and %d before them, %v", len(rest), c.Rows(), err)
	}
	ofAll := again(t, stream(t, m, nil))
	if !strings.HasPrefix(ofAll.String(), "partnerbilling-checkpoint.v1.") {
		t.Errorf("the form of a whole export's checkpoint changed: %s", ofAll)
	}
	for what, refused := range map[string]struct {
		m    *manifest.Manifest[row]
		from *manifest.Checkpoint
	}{
		"the whole export":             {m, c},
		"another selection":            {selected(t, m, name(0), name(1)), c},
		"a selection from all of them": {part, ofAll},
	} {
		if _, err := refused.m.NewStream(&manifest.ReadOptions{Resume: refused.from}); !errors.Is(err, manifest.ErrCheckpoint) {
			t.Errorf("%s: %v, want ErrCheckpoint", what, err)
		}
	}
	every := selected(t, m, name(3), name(2), name(1), name(0))
	if _, err := every.NewStream(&manifest.ReadOptions{Resume: ofAll}); err != nil {
		t.Errorf("a selection of every blob is the whole export: %v", err)
	}
}

// payload returns the JSON in the text of a checkpoint.
func payload(t *testing.T, text string) string {
	t.Helper()
	parts := strings.Split(text, ".")
	if len(parts) != 4 {
		t.Fatalf("%q has %d parts", text, len(parts))
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A checkpoint of a whole export has the form that it had before there were selections.
func TestCheckpointFormIsKept(t *testing.T) {
	const text = "partnerbilling-checkpoint.v1.eyJlVGFnIjoiUndEcm43ZmJpVFh5NlVVTEUiLCJuYW1lcyI6ImZhYzQ5OGFiZTNhODMxYTZjYzA4N2IzOGRkMDM2NmVkIiwiYmxvYnMiOjMsInJvd" +
		"3MiOjE0OTksImRvbmUiOiJBUT09Iiwib3BlbiI6W3siYmxvYiI6MSwibGluZSI6NTAwLCJvZmZzZXQiOjM1Mzc0LCJrbm93biI6NzA4ODksImNyYyI6MTE1MDU3MDkyMH1dfQ.9fbbb2f6"
	m := several(t, 3).manifest(nil)
	s := stream(t, m, &manifest.ReadOptions{InOrder: true})
	rows := 0
	for range s.All(t.Context()) {
		if rows++; rows == 1500 {
			break
		}
	}
	// Counts of attributes come after what there was before.
	before := strings.TrimSuffix(payload(t, text), "}")
	if c := again(t, s); !strings.HasPrefix(payload(t, c.String()), before+`,"counted":{`) {
		t.Errorf("%s, want %s and counts", c, text)
	}
	records, err := manifest.As[lineitem.Record](m).NewStream(&manifest.ReadOptions{InOrder: true})
	if err != nil {
		t.Fatal(err)
	}
	rows = 0
	for range records.All(t.Context()) {
		if rows++; rows == 1500 {
			break
		}
	}
	if c, err := records.Checkpoint(); err != nil || c.String() != text {
		t.Errorf("without attributes: %s, %v, want %s", c, err, text)
	}
	c, err := manifest.ParseCheckpoint(text)
	if err != nil {
		t.Fatal(err)
	}
	if ns, err := collect(t.Context(), stream(t, m, &manifest.ReadOptions{Resume: c, InOrder: true})); err != nil || len(ns) != 1501 || ns[0] != 1499 {
		t.Errorf("%d rows, %v", len(ns), err)
	}
}

// The expiry of a SAS with a stored access policy is unknown: it is not stale by the clock, and
// refreshed when storage refuses it.
func TestSASWithStoredAccessPolicy(t *testing.T) {
	const policy = "sv=2021-08-06&si=exports&sr=c&sig=" + canary
	for text, ok := range map[string]bool{
		policy:                     true,
		policy + "&sp=rl":          true,
		policy + "&sp=wl":          false,
		policy + "&se=soon":        false,
		"sv=1&si=&sp=r&sig=x":      false,
		"sv=1&sp=r&sig=" + canary:  false,
		"si=x&se=2099-01-01&sig=y": true,
	} {
		sas, err := manifest.NewSAS(text)
		if (err == nil) != ok {
			t.Errorf("%s: %v", strings.ReplaceAll(text, canary, "..."), err)
		}
		if err == nil && sas.Expires().IsZero() == strings.Contains(text, "se=") {
			t.Errorf("%s expires %v", strings.ReplaceAll(text, canary, "..."), sas.Expires())
		}
	}
	for _, refused := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			g := &guarded{storage: newStorage(t).put(name(0), zipped(lines(0, 10))).put(name(1), zipped(lines(10, 10)))}
			g.sas = policy
			m := g.manifestWith(policy, &manifest.Options{Refresh: g.refresh})
			time.Sleep(1000 * time.Hour)
			g.fault = func(_ int, req *http.Request, a *response) error {
				if refused && strings.HasSuffix(req.URL.Path, name(1)) && req.URL.RawQuery == policy {
					*a = *refusal(403, "AuthenticationFailed")
					a.cut, a.stall = -1, -1
				}
				return nil
			}
			ns, err := collect(t.Context(), stream(t, m, &manifest.ReadOptions{Concurrency: 1}))
			if want := map[bool]int64{true: 1}[refused]; err != nil || !isCount(ns, 20) || g.refreshes.Load() != want {
				t.Errorf("refused %t: %d rows, %d refreshes, %v", refused, len(ns), g.refreshes.Load(), err)
			}
		})
	}
	_, err := manifest.Parse[row](document([]string{"a"}, map[string]any{"sasToken": policy}), nil)
	if err != nil {
		t.Errorf("without a refresh: %v", err)
	}
}
