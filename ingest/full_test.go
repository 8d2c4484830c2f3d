package ingest

import (
	"strings"
	"testing"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// A full disk ends a run that is to end, after a while in which nothing was
// committed; a lock of another program does not, nor does it end one that
// follows.
func TestFullDiskEndsOnce(t *testing.T) {
	const full, busy = "cannot commit to store \"s.db\": the disk is full", "another program is writing the store"
	for _, c := range []struct {
		name    string
		follow  bool
		reasons []string // of refused commits, each as long after the one before as is waited at most; "" is a commit
		ends    bool
	}{
		{"full", false, []string{full, full}, true},
		{"full while following", true, []string{full, full}, false},
		{"busy", false, []string{busy, busy, busy}, false},
		{"full, then busy", false, []string{full, busy, full}, false},
		{"commits between", false, []string{full, "", full, "", full}, false},
	} {
		g := newIngestor(Config{Definitions: Definitions{Workers: 1}, follow: c.follow}, store.Ref{Stream: &schema.Stream{Name: "s"}}, store.Cohort{ID: 1}, &Token{}, &counters{})
		g.c.fillIn()
		g.background = 1 // no look at the store
		for _, r := range c.reasons {
			if !g.fullSince.IsZero() {
				g.fullSince = g.fullSince.Add(-fullStops * g.c.StopLimit)
			}
			if r == "" {
				g.workers[0].committed(wire.Committed{})
			} else {
				g.workers[0].released(wire.Released{Reason: r})
			}
		}
		if (g.err != nil) != c.ends || c.ends && !strings.Contains(g.err.Error(), "for 1m0s: "+full) {
			t.Errorf("%s: %v", c.name, g.err)
		}
	}
}
