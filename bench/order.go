package main

import (
	"context"
	"time"

	"github.com/partnerbilling/sdk-go/manifest"
)

// order compares rows sorted by customer with shuffled ones, and blobs in the order of the manifest
// with rows as they arrive. Sorted rows have the same inflated length, but compress differently, so
// each has a floor of its own.
func order(ctx context.Context, s *settings, out *report) error {
	mixed, err := s.data(ctx)
	if err != nil {
		return err
	}
	export := shuffled(s.rows, 8)
	export.Shuffled = false
	sorted, err := serveBytes(ctx, export)
	if err != nil {
		return err
	}
	ways := []struct {
		name  string
		data  *dataset
		c     contender
		floor int // the index of its floor
	}{
		{"shuffled rows, as they come", mixed, itemsFull(mixed, nil), 3},
		{"shuffled rows, InOrder", mixed, itemsFull(mixed, &manifest.ReadOptions{InOrder: true}), 3},
		{"sorted rows, as they come", sorted, itemsFull(sorted, nil), 4},
		{"shuffled rows, floor", mixed, floor(mixed), 3},
		{"sorted rows, floor", sorted, floor(sorted), 4},
	}
	var contenders []contender
	for _, way := range ways {
		contenders = append(contenders, way.c)
	}
	t, err := rounds(ctx, "order", s.rounds, contenders, func(i int, r result) error { return contenders[i].check(r, ways[i].data) })
	if err != nil {
		return err
	}
	out.title("Items full by order, %s, %s", plural(s.rows, "row"), plural(len(mixed.blobs), "blob"))
	table := newTable("", "median s", "min – max", "/ floor", "/ first line")
	for i, way := range ways {
		median, span := t[i].cells(time.Second, 3)
		table.add(way.name, median, span, number(t[i].over(t[way.floor]), 2), number(t[i].over(t[0]), 2))
	}
	table.write(out)
	return nil
}
