//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lineDefinition counts the lines of a file, and each of them.
const lineDefinition = `SET flush_interval = '20 milliseconds';
CREATE STREAM s (ts TIMESTAMP, line INTEGER NOT NULL, WATERMARK FOR ts)
WITH (connector = 'file', path = 'in/%s', format = 'json');
CREATE ROLLUP total AS SELECT window_start, count(*) AS lines, sum(line) AS checksum FROM TUMBLE(s, INTERVAL '1 day') GROUP BY window_start;
CREATE ROLLUP each AS SELECT window_start, line, count(*) AS times FROM TUMBLE(s, INTERVAL '1 day') GROUP BY window_start, line;
`

// rotation is a case under way.
type rotation struct {
	*matrixRow
	follower
	g       *growing
	r       *rand.Rand
	written int       // lines
	before  int       // of them in files of before
	next    time.Time // of the next kill
}

// prove writes the lines, rotates, kills if it is to, and counts.
func (m *matrixRow) prove(ctx context.Context, p *program, dir string, r *rand.Rand) error {
	began := time.Now()
	defer func() { m.took = time.Since(began) }()
	in := filepath.Join(dir, "in")
	if err := os.MkdirAll(in, 0o755); err != nil {
		return err
	}
	glob := "app.log"
	if m.all {
		glob = "*"
	}
	o := runOptions{definition: filepath.Join(dir, "lines.sql"), store: filepath.Join(dir, "lines.db"), workers: 2, block: 5000, poll: 20 * time.Millisecond, settle: 300 * time.Millisecond}
	if err := os.WriteFile(o.definition, fmt.Appendf(nil, lineDefinition, glob), 0o644); err != nil {
		return err
	}
	t := &rotation{matrixRow: m, follower: follower{p: p, o: o}, r: r, g: &growing{dir: in, name: "app.log", link: m.link, shifts: r.IntN(2) == 0}}
	defer t.end()
	if err := t.g.open(); err != nil {
		return err
	}
	defer t.g.close()
	if err := t.begin(ctx); err != nil {
		return err
	}
	if err := t.write(ctx); err != nil {
		return err
	}
	return t.count(ctx)
}

// write writes and rotates.
func (t *rotation) write(ctx context.Context) error {
	for i := range t.rotations + 1 {
		if i > 0 {
			if err := t.turn(ctx); err != nil {
				return err
			}
		}
		end := t.lines * (i + 1) / (t.rotations + 1)
		for t.written < end {
			if err := t.burst(min(end-t.written, 1+t.r.IntN(100))); err != nil {
				return err
			}
			if err := t.pause(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// turn rotates. The file of before must be known if it leaves the paths, and
// absorbed if its bytes are lost.
func (t *rotation) turn(ctx context.Context) error {
	need := 0
	switch {
	case t.whole:
		need = t.written
	case !t.all && t.written > t.before:
		need = t.before + 1
	}
	if err := t.await(ctx, need); err != nil {
		return fmt.Errorf("before rotation %d: %w", t.g.turns+1, err)
	}
	t.before = t.written
	return t.rotationCase.turn(t.g)
}

// await waits until at least n lines are absorbed, and goes on to kill.
func (t *rotation) await(ctx context.Context, n int) error {
	for until := time.Now().Add(absorbLimit); ; {
		got, err := t.absorbed(ctx)
		if err != nil || got >= int64(n) {
			return err
		}
		if time.Now().After(until) {
			return violated("end", "%d lines were written, and %d are absorbed %v later\n%s\n%s", n, got, absorbLimit, t.splits(ctx), t.run.stacks())
		}
		if err := t.pause(ctx); err != nil {
			return err
		}
	}
}

// burst appends lines, the last of them sometimes in two parts.
func (t *rotation) burst(n int) error {
	var b []byte
	for range n {
		t.written++
		b = fmt.Appendf(b, `{"line":%d,"ts":"2026-03-01T%02d:%02d:%02dZ"}`+"\n", t.written, t.written/3600%24, t.written/60%60, t.written%60)
	}
	at := len(b) - t.r.IntN(20)
	if err := t.g.write(b[:at]); err != nil {
		return err
	}
	return t.g.write(b[at:])
}

// pause waits a moment, and kills when it is time to.
func (t *rotation) pause(ctx context.Context) error {
	if !t.kill {
		if t.run.over(time.Duration(1+t.r.IntN(4)) * time.Millisecond) {
			return violated("exit", "the run has ended by itself: %v\n%s", t.run.err, t.run.out.String())
		}
		return nil
	}
	t.run.over(time.Duration(5+t.r.IntN(40)) * time.Millisecond)
	if time.Now().Before(t.next) {
		return nil
	}
	t.next = time.Now().Add(time.Duration(100+t.r.IntN(400)) * time.Millisecond)
	if workers := t.run.workers(); t.r.IntN(3) == 0 && len(workers) > 0 {
		syscall.Kill(pick(t.r, workers), syscall.SIGKILL)
		t.kills++
		return nil
	}
	t.kills++
	return t.again(ctx)
}

// count waits until all lines are absorbed, and some time more, and counts.
func (t *rotation) count(ctx context.Context) error {
	last := time.Now()
	t.kill = false
	if err := t.await(ctx, t.lines); err != nil {
		return err
	}
	t.behind = time.Since(last)
	t.run.over(3 * t.o.settle) // what is read twice may be read late
	if err := t.terminate(); err != nil {
		return err
	}
	total, err := readTable(ctx, t.db, "SELECT lines, checksum, (SELECT count(*) FROM each), (SELECT coalesce(min(line), 0) FROM each WHERE times > 1) FROM total")
	if err != nil {
		return err
	}
	want := fmt.Sprintf("%d | %d | %d | 0\n", t.lines, t.lines*(t.lines+1)/2, t.lines)
	if got := total.dump(); got != want {
		return violated("end", "lines, their sum, how many different, one that is there twice: %s, not %s\n%s", got, want, t.splits(ctx))
	}
	return nil
}
