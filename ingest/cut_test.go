package ingest

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/ingest/supervise"
	"github.com/windrow/windrow/ingest/track"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// What a worker dies with is read again also when no cutter is at work any
// more, in one pass whatever the number of blocks.
func TestLostBlocksAreCutAgain(t *testing.T) {
	dir := t.TempDir()
	text := []byte(strings.Repeat("{\"n\":1}\n", 100))
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text)
	z.Close()
	path := filepath.Join(dir, "a.ndjson.gz")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), filepath.Join(dir, "x.db"), store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s := &schema.Stream{Name: "s", Options: schema.Options{Paths: []string{path}, Format: schema.FormatJSON, MaxRecord: 1000}}
	found, err := source.Look(path, s)
	if err != nil {
		t.Fatal(err)
	}
	g := newIngestor(Config{Definitions: Definitions{Workers: 1}, Store: st}, store.Ref{Stream: s}, store.Cohort{ID: 1}, &Token{}, &counters{})
	g.c.fillIn()
	g.stream = &stream{done: make(chan struct{})}
	close(g.stream.done)
	g.splits[1] = &splitState{File: track.File{Split: store.Split{Number: 1}, Found: found, Kind: split.Lines, Cut: true}}
	defer g.splits[1].Found.Close()
	g.reading = t.Context()
	w := g.workers[0]
	w.life.State = supervise.Backoff // it has died
	lost := []gap{{Lo: 80, Hi: 160}, {Lo: 400, Hi: 440}, {Lo: 160, Hi: 240}}
	for i, l := range lost {
		w.blocks[int64(i)] = &given{Block: wire.Block{ID: int64(i), Split: 1, Mode: wire.Inline, Lo: l.Lo, Hi: l.Hi}}
	}
	g.giveBack(w, nil)
	if g.cutters != 1 || len(g.toCut) > 0 {
		t.Fatalf("%d cutters at work and %d waiting, want one at work", g.cutters, len(g.toCut))
	}
	for g.cutters > 0 {
		(<-g.events)()
	}
	var again []gap
	for _, b := range g.ready {
		again = append(again, gap{Lo: b.Lo, Hi: b.Hi})
		if !bytes.Equal(b.data, text[b.Lo:b.Hi]) {
			t.Errorf("[%d, %d) holds %q", b.Lo, b.Hi, b.data)
		}
	}
	if got, want := joinGaps(again), joinGaps(lost); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("read again: %v, want %v", got, want)
	}
}
