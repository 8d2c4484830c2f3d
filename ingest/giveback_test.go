package ingest

import (
	"path/filepath"
	"testing"

	"github.com/windrow/windrow/ingest/supervise"
	"github.com/windrow/windrow/ingest/track"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// Of what a dead worker had, only what the store does not have is read again,
// also where that is a part of a block.
func TestGiveBackInPart(t *testing.T) {
	text := `CREATE STREAM s (ts TIMESTAMP, n INTEGER, WATERMARK FOR ts) WITH (path = 'x.ndjson');
CREATE ROLLUP r AS SELECT window_start, count(*) AS n FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY 1;`
	p, problems := schema.Load([]schema.Source{{Name: "x.sql", Text: text}}, schema.LoadOptions{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	epoch, err := st.NextEpoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	refs, err := st.Register(t.Context(), p, store.RegisterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cohort := refs[0].Cohorts[0]
	splits, err := st.AddSplits(t.Context(), epoch, refs[0].ID, []store.Split{{Path: "x.ndjson", Size: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	number := splits[0].Number
	for _, r := range []store.Range{{Split: number, Lo: 0, Hi: 150}, {Split: number, Lo: 300, Hi: 350}} {
		c := store.Commit{Epoch: epoch, Cohort: cohort.ID, Ranges: []store.Range{r}, Rollups: []store.RollupCommit{{RollupRef: cohort.Rollups[0]}}}
		if err := st.Commit(t.Context(), &c); err != nil {
			t.Fatal(err)
		}
	}
	g := newIngestor(Config{Definitions: Definitions{Workers: 1}, Store: st}, refs[0], cohort, &Token{}, &counters{})
	g.c.fillIn()
	g.splits[number] = &splitState{File: track.File{Split: store.Split{Number: number, Size: 1000}}}
	w := g.workers[0]
	w.life.State = supervise.Backoff // it has died
	for i, b := range []gap{{Lo: 0, Hi: 100}, {Lo: 100, Hi: 200}, {Lo: 250, Hi: 400}, {Lo: 400, Hi: 500}} {
		w.blocks[int64(i)] = &given{Block: wire.Block{ID: int64(i), Split: number, Mode: wire.ByLine, Lo: b.Lo, Hi: b.Hi}}
	}
	g.giveBack(w, nil)
	got := g.plan.drop(number)
	want := []gap{{Lo: 150, Hi: 200}, {Lo: 250, Hi: 300}, {Lo: 350, Hi: 400}, {Lo: 400, Hi: 500}}
	if len(got) != len(want) {
		t.Fatalf("read again: %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("read again: %v, want %v", got, want)
		}
	}
}
