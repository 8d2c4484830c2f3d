//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"time"
)

// keyMemory is what all processes together may hold, whatever the number of
// keys.
const keyMemory = 250_000_000

const keyDefinition = `SET durability = 'process';
CREATE STREAM s (ts TIMESTAMP, k TEXT NOT NULL, n INTEGER, WATERMARK FOR ts) WITH (connector = 'file', path = 'keys.ndjson', format = 'json');
CREATE ROLLUP keys AS SELECT window_start, k, count(*) AS events, sum(n) AS n FROM TUMBLE(s, INTERVAL '1 hour') GROUP BY window_start, k;
`

// proveKeys absorbs one window of n keys and watches the memory.
func (j *judge) proveKeys(ctx context.Context, n int) error {
	p, err := j.build(ctx, "")
	if err != nil {
		return err
	}
	if err := writeKeys(j.folder("keys.ndjson"), n); err != nil {
		return err
	}
	o := runOptions{once: true, definition: j.folder("keys.sql"), store: j.folder("keys.db"), workers: 2}
	if err := os.WriteFile(o.definition, []byte(keyDefinition), 0o644); err != nil {
		return err
	}
	began := time.Now()
	run, err := p.start(ctx, o)
	if err != nil {
		return err
	}
	peak := run.peak(100 * time.Millisecond)
	took := time.Since(began)
	if run.err != nil {
		return violated("exit", "%v\n%s", run.err, run.out.String())
	}
	rows, err := checkKeys(ctx, o.store, n)
	if err != nil {
		return err
	}
	j.say("keys: %d keys in one window: %d rows, at most %s PSS (%s RSS) in all processes, in %v, store of %s",
		n, rows, megabytes(peak.pss), megabytes(peak.rss), took.Round(100*time.Millisecond), megabytes(sizeOf(o.store)))
	if peak.pss > keyMemory {
		return violated("memory", "%s is more than %s", megabytes(peak.pss), megabytes(keyMemory))
	}
	return nil
}

// peak waits for the end of the run and returns the greatest of what all its
// processes held together at one moment.
func (r *running) peak(every time.Duration) usage {
	var peak usage
	for over := false; !over; over = r.over(every) {
		now, _ := r.usage()
		peak.pss, peak.rss = max(peak.pss, now.pss), max(peak.rss, now.rss)
	}
	return peak
}

// writeKeys writes n events of one hour, each with a key of its own, in an
// order that is not that of the keys.
func writeKeys(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	step := coprime(n)
	for i := range n {
		k := int(int64(i) * int64(step) % int64(n))
		fmt.Fprintf(w, `{"ts":"2026-03-01T12:%02d:%02dZ","k":"user-%08d","n":%d}`+"\n", i*60/n, i%60, k, k)
	}
	return w.Flush()
}

// coprime returns a number near 0.618 n that has no divisor in common with n.
func coprime(n int) int {
	for c := max(1, n*618/1000); ; c++ {
		if a, b := c, n; gcd(a, b) == 1 {
			return c
		}
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func checkKeys(ctx context.Context, store string, n int) (int64, error) {
	db, err := openStore(store)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	var rows, events, sum, low, high int64
	err = db.QueryRowContext(ctx, "SELECT count(*), sum(events), sum(n), min(events), max(events) FROM keys").Scan(&rows, &events, &sum, &low, &high)
	if err != nil {
		return 0, err
	}
	want := int64(n)
	if rows != want || events != want || sum != want*(want-1)/2 || low != 1 || high != 1 {
		return rows, violated("guarantee", "%d rows with %d events, sum %d, from %d to %d a row, of %d keys", rows, events, sum, low, high, n)
	}
	return rows, nil
}
