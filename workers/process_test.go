package workers

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// asWorker in the environment makes this test binary a worker process.
const asWorker = "WORKERS_TEST_PROCESS"

func TestMain(m *testing.M) {
	mode := os.Getenv(asWorker)
	switch mode {
	case "":
		os.Exit(m.Run())
	case "retry":
		tellRetry()
		return
	}
	o := Options{Build: "test", Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	if mode == "bomb" {
		o.Wrap = func(Committer) Committer { return bomb{} }
	}
	if Run(context.Background(), os.Stdin, os.Stdout, o) != nil {
		os.Exit(1)
	}
}

// bomb is a committer that takes memory, as much as the machine can bear.
type bomb struct{}

func (bomb) Commit(context.Context, *store.Commit) error {
	var kept [][]byte
	for len(kept) < 4<<10 { // 4 GiB, should nothing limit it
		kept = append(kept, bytes.Repeat([]byte{1}, 1<<20))
	}
	return fmt.Errorf("%d MiB were there", len(kept))
}

// process is a worker in a process of its own.
type process struct {
	*conversation
	cmd    *exec.Cmd
	stderr bytes.Buffer
}

// begin starts a process in a mode of TestMain.
func begin(t *testing.T, mode, text string, change func(*wire.Hello), env ...string) *process {
	t.Helper()
	st, h := prepare(t, text)
	change(&h)
	p := &process{cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), append(env, asWorker+"="+mode)...)
	p.cmd.Stderr = &p.stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill(); p.cmd.Wait() })
	p.conversation = &conversation{t: t, in: wire.NewWriter(in), out: make(chan wire.Frame, 1000), st: st}
	p.stop = func() error {
		in.Close()
		for range p.out { // read to its end before Wait closes it
		}
		return p.cmd.Wait()
	}
	p.greet(out, h)
	return p
}

// died waits until the process has ended by itself, and returns its last frame
// and log. It must have exited with a code, not by a signal.
func (p *process) died() (last wire.Failed, log string) {
	p.t.Helper()
	late := time.AfterFunc(30*time.Second, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	for f := range p.out {
		if f.Type == wire.TypeFailed {
			if err := f.Decode(&last); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	p.cmd.Wait()
	if code := p.cmd.ProcessState.ExitCode(); code <= 0 {
		p.t.Errorf("the process ended with %v\n%s", p.cmd.ProcessState, p.stderr.String())
	}
	return last, p.stderr.String()
}

// within checks that a process has ended for want of memory, and says so,
// without having taken more than it may.
func (p *process) within(limit int64) {
	p.t.Helper()
	last, log := p.died()
	// The limit may meet a new thread's stack first: pthread_create fails then.
	if said := last.Reason + log; !strings.Contains(said, "memory") && !strings.Contains(said, "pthread_create failed") {
		p.t.Errorf("its last words: %.500s", said)
	}
	if most := mostMemory(p.cmd.ProcessState); most > limit+64<<20 { // what it does not write to is not counted
		p.t.Errorf("%d MiB of %d were taken", most>>20, limit>>20)
	}
}

// raced says that this is a build with the race detector, which takes far more
// memory than a limit for workers leaves it.
var raced bool

// limits skips a test where memory cannot be limited.
func limits(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" || raced {
		t.Skip("only Linux has a limit for data, and the race detector needs more")
	}
}

// A worker that takes memory without end dies by itself, before the machine
// is in need, and says why. One that does not works under the limit.
func TestMemoryLimit(t *testing.T) {
	limits(t)
	const limit = 512 << 20
	limited := func(h *wire.Hello) { h.MemoryLimit = limit }
	for _, mode := range []string{"bomb", "plain"} {
		p := begin(t, mode, one, limited)
		p.block(1, 0, strings.Repeat(record, 1000))
		p.expect(wire.TypeDone)
		p.send(wire.TypeFlush, wire.Flush{}, nil)
		p.expect(wire.TypeWant)
		p.send(wire.TypeGrant, struct{}{}, nil)
		if mode == "bomb" {
			p.within(limit)
			continue
		}
		p.expect(wire.TypeCommitted)
		if err := p.stop(); err != nil {
			t.Errorf("%v\n%s", err, p.stderr.String())
		}
	}
}

// Under its limit a worker holds as many groups as its budget says.
func TestBudgetUnderMemoryLimit(t *testing.T) {
	limits(t)
	const text = `CREATE STREAM s (ts TIMESTAMP, host TEXT NOT NULL, n INTEGER, WATERMARK FOR ts) WITH (connector = 'file', path = 'x', format = 'json');
CREATE ROLLUP r WITH (retention = '1 day') AS SELECT window_start, host, count(*) AS c, sum(n) AS s, min(n) AS mi, avg(n) AS a FROM TUMBLE(s, INTERVAL '1 hour') GROUP BY window_start, host;`
	p := begin(t, "plain", text, func(h *wire.Hello) { h.MemoryLimit, h.Budget = 512<<20, 64<<20 })
	var id, end int64
	for full := false; !full; {
		id++
		var b strings.Builder
		for i := range 20_000 {
			fmt.Fprintf(&b, `{"ts":"2026-03-01T12:00:00Z","host":"a host with a long name %d %d","n":7}`+"\n", id, i)
		}
		end = p.block(id, end, b.String())
		f, ok := <-p.out
		if !ok {
			t.Fatal(p.died())
		}
		full = f.Type == wire.TypeWant // this block has to wait
	}
	p.send(wire.TypeGrant, struct{}{}, nil)
	p.expect(wire.TypeCommitted)
	if err := p.stop(); err != nil {
		t.Errorf("%v\n%s", err, p.stderr.String())
	}
	if id < 5 {
		t.Errorf("full after %d records", id*20_000)
	}
}
