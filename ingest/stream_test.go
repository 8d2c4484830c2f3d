package ingest

import (
	"errors"
	"testing"
	"time"

	"github.com/windrow/windrow/ingest/track"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
)

// A split is forgotten when all cohorts have it, not when one says so twice.
func TestCompleteByAll(t *testing.T) {
	a, b := &ingestor{}, &ingestor{}
	s := &stream{ingestors: []*ingestor{a, b}, finished: map[int64]map[*ingestor]bool{},
		src: &sources{files: map[int64]track.File{7: {}}, saved: map[int64]store.Split{}}}
	s.complete(a, 7)
	s.complete(a, 7)
	if len(s.src.files) != 1 {
		t.Fatal("forgotten before the other cohort has it")
	}
	s.complete(b, 7)
	if len(s.src.files) != 0 {
		t.Error("not forgotten")
	}
}

// A file that cannot be read is tried ever more seldom, and that is said once.
func TestTriedEverMoreSeldom(t *testing.T) {
	ref := store.Ref{Stream: &schema.Stream{Name: "s"}}
	g := newIngestor(Config{Definitions: Definitions{Workers: 1}}, ref, store.Cohort{ID: 1}, &Token{}, &counters{})
	g.c.fillIn()
	s := &splitState{File: track.File{Split: store.Split{Number: 1, Path: "x"}}}
	for _, c := range []struct{ lasted, wait time.Duration }{{0, tryEvery}, {20 * time.Second, 20 * time.Second}, {time.Hour, tryAtLeast}} {
		s.wrongSince = time.Now().Add(-c.lasted)
		g.wrong(s, errors.New("it is damaged"))
		if wait := time.Until(s.tryNext); wait < c.wait-time.Second || wait > c.wait+time.Second {
			t.Errorf("after %v the next try is in %v, want %v", c.lasted, wait, c.wait)
		}
	}
	if len(g.report.Problems) != 1 {
		t.Errorf("it was said %d times", len(g.report.Problems))
	}
}
