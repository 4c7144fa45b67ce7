package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/partnerbilling/sdk-go/internal/azurite"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// fromAzurite reads the same rows from Microsoft's storage emulator over TLS, and downloads them
// without decoding. The emulator runs on the same processors as its reader, so this shows that
// reading over HTTP is fast, and not how fast Azure is.
func fromAzurite(ctx context.Context, s *settings, out *report) error {
	d, err := s.data(ctx)
	if err != nil {
		return err
	}
	out.title("Items full from Azurite, %s, %s", plural(s.rows, "row"), plural(len(d.blobs), "blob"))
	missing, err := withHarness(ctx, func(h *harness) error {
		storage := azurite.Start(h) //nolint:contextcheck // The harness has the context, like a test.
		return measureAzurite(ctx, s, d, storage, out)
	})
	if missing != "" {
		out.line("SKIPPED: %s", missing)
	}
	return err
}

func measureAzurite(ctx context.Context, s *settings, d *dataset, storage *azurite.Server, out *report) error {
	m, address, err := upload(d, storage) //nolint:contextcheck // The storage has the harness's.
	if err != nil {
		return err
	}
	remote := *d
	remote.manifest = m
	contenders := []contender{itemsFull(d, nil), itemsFull(&remote, nil), download(d, storage.Client, address)}
	names := []string{"Items full, in memory", "Items full, from Azurite", "download only, from Azurite"}
	check := func(i int, r result) error { return contenders[i].check(r, d) }
	t, err := rounds(ctx, "azurite", s.rounds, contenders, check)
	if err != nil {
		return err
	}
	table := newTable("", "median s", "min – max", "/ in memory")
	for i, name := range names {
		median, span := t[i].cells(time.Second, 3)
		table.add(name, median, span, number(t[i].over(t[0]), 2))
	}
	table.write(out)
	return nil
}

// upload puts the blobs into a container and returns a manifest of them, and the URL of each.
func upload(d *dataset, storage *azurite.Server) (*manifest.Manifest[lineitem.Usage], func(name string) string, error) {
	doing("uploading to Azurite")
	container := storage.NewContainer()
	var blobs []map[string]string
	for i, blob := range d.manifest.Blobs() {
		storage.PutBlob(container, "run/"+blob.Name, d.blobs[i], nil)
		blobs = append(blobs, map[string]string{"name": blob.Name})
	}
	sas := storage.ContainerSAS(container, "r", time.Now().Add(2*time.Hour))
	document, err := json.Marshal(map[string]any{
		"schemaVersion": "2", "dataFormat": "compressedJSON", "eTag": "bench",
		"rootDirectory": storage.BlobURL(container, "run"), "sasToken": sas,
		"blobCount": len(blobs), "blobs": blobs,
	})
	if err != nil {
		return nil, nil, err
	}
	o := &manifest.Options{StorageHosts: []string{storage.Host}}
	o.Transport = storage.Client
	m, err := manifest.Parse[lineitem.Usage](document, o)
	return m, func(name string) string { return storage.BlobURL(container, "run/"+name) + "?" + sas }, err
}

// download downloads as many blobs at once as Items does and discards them.
func download(d *dataset, client *http.Client, address func(name string) string) contender {
	get := func(ctx context.Context, name string) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address(name), http.NoBody)
		if err != nil {
			return errors.New("the address of a blob is no URL")
		}
		response, err := client.Do(request)
		if err != nil {
			return fmt.Errorf("downloading %s failed", name) // the error itself holds the SAS
		}
		_, err = io.Copy(io.Discard, response.Body)
		if response.StatusCode != http.StatusOK {
			err = errors.Join(err, fmt.Errorf("downloading %s: %s", name, response.Status))
		}
		return errors.Join(err, response.Body.Close())
	}
	return contender{
		name: "download only", threads: procs(), proof: ended,
		read: func(ctx context.Context) (result, error) {
			var next atomic.Int64
			errs := make([]error, max(2, runtime.GOMAXPROCS(0)))
			var workers sync.WaitGroup
			for w := range errs {
				workers.Go(func() {
					for errs[w] == nil {
						i := int(next.Add(1)) - 1
						if i >= len(d.manifest.Blobs()) {
							return
						}
						errs[w] = get(ctx, d.manifest.Blobs()[i].Name)
					}
				})
			}
			workers.Wait()
			return result{}, errors.Join(errs...)
		},
	}
}
