//go:build linux

package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A run that ends must find in the files of a writer what the ledger says, and
// so must the judge: what was cut off or deleted is not there, the rest is.
func TestLedgerIsWhatTheFilesHold(t *testing.T) {
	p := testProgram(t)
	for seed := range uint64(4) {
		dir := t.TempDir()
		in := filepath.Join(dir, "in")
		if err := os.Mkdir(in, 0o755); err != nil {
			t.Fatal(err)
		}
		w, err := newWriter(rand.New(rand.NewPCG(seed, 0)), in, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		defer w.close()
		for range 800 {
			for _, g := range w.led.gens {
				g.known, g.absorbed = true, true
			}
			if err := w.step(pick(w.r, w.logs)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.end(); err != nil {
			t.Fatal(err)
		}
		w.all = true
		o := runOptions{once: true, definition: filepath.Join(dir, "d.sql"), store: filepath.Join(dir, "d.db"), workers: 2}
		if err := os.WriteFile(o.definition, []byte(pipeline("", w.options())), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := p.run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		tr := newTrial(p, w.r, w.led, o, &tally{})
		defer tr.end()
		if err := tr.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		there := 0
		for _, l := range w.logs {
			there += 1 + len(l.old)
		}
		if len(tr.last.spans) < 2 || len(tr.last.spans) > there || len(w.led.gens) <= there {
			t.Errorf("seed %d: %d files absorbed, %d there, of %d generations", seed, len(tr.last.spans), there, len(w.led.gens))
		}
		t.Logf("seed %d: %d files absorbed of %d generations", seed, len(tr.last.spans), len(w.led.gens))
	}
}
