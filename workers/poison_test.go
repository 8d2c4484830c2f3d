//go:build faults

package workers

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/windrow/windrow/schema/fault"
	"github.com/windrow/windrow/workers/wire"
)

// poisoned are records as the test needs them, with a mark among them.
func poisoned(mark string) string {
	bad := strings.Replace(record, `"n":7`, `"n":7,"note":"`+mark+`"`, 1)
	return strings.Repeat(record, 3000) + bad + strings.Repeat(record, 10)
}

// Poison ends a worker, or stops it, in the way that its text says; what is
// refused is not looked at.
func TestPoison(t *testing.T) {
	limits(t)
	const limit = 512 << 20
	start := func(env string) *process {
		return begin(t, "plain", one, func(h *wire.Hello) { h.MemoryLimit, h.BeatEvery = limit, 5e3 }, "WINDROW_FAULT="+env)
	}
	t.Run("panic", func(t *testing.T) {
		p := start(fault.Poison)
		p.block(1, 0, poisoned("POISON-PANIC"))
		if f, log := p.died(); f.Source || f.Store || f.Final || !strings.Contains(f.Reason, "POISON-PANIC") || !strings.Contains(log, "panic") {
			t.Errorf("%+v\n%s", f, log)
		}
	})
	t.Run("memory", func(t *testing.T) {
		p := start(fault.Poison)
		p.block(1, 0, poisoned("POISON-MEMORY"))
		p.within(limit)
	})
	t.Run("hang", func(t *testing.T) {
		p := start(fault.Poison)
		p.block(1, 0, poisoned("POISON-HANG"))
		// Its heart beats on, but it makes no progress.
		var last wire.Beat
		for same := 0; same < 50; {
			var b wire.Beat
			if err := p.expect(wire.TypeBeat).Decode(&b); err != nil {
				t.Fatal(err)
			}
			if same++; b.Progress != last.Progress || b.Progress == 0 {
				last, same = b, 0
			}
		}
		if last.Progress >= 3011 {
			t.Errorf("%d records", last.Progress)
		}
		p.cmd.Process.Kill()
	})
	t.Run("refused", func(t *testing.T) {
		p := start(fault.Poison)
		p.send(wire.TypeBlock, wire.Block{ID: 1, Split: 1, Mode: wire.Refused, Hi: 12, Reason: "it ends workers"}, []byte("POISON-PANIC"))
		p.expect(wire.TypeDone)
		if err := p.stop(); err != nil {
			t.Errorf("%v\n%s", err, p.stderr.String())
		}
	})
	t.Run("not planted", func(t *testing.T) {
		p := start("")
		p.block(1, 0, poisoned("POISON-PANIC")+poisoned("POISON-HANG")+poisoned("POISON-MEMORY"))
		p.expect(wire.TypeDone)
		if err := p.stop(); err != nil {
			t.Errorf("%v\n%s", err, p.stderr.String())
		}
	})
}

// Records that are tried again may be poison still. This process has none
// planted, so the test starts one.
func TestRetryOfPoison(t *testing.T) {
	for mark, want := range map[string]string{
		"POISON-PANIC": "left: BUG: POISON-PANIC",
		"POISON-HANG":  "given up at the record at offset 5 of split 1",
	} {
		if got := retryElsewhere(t, mark, time.Second); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", mark, got, want)
		}
	}
}

// retryElsewhere tries a record with a mark again in a process with poison
// planted, and returns what it said.
func retryElsewhere(t *testing.T, mark string, limit time.Duration) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asWorker+"=retry", "WINDROW_FAULT=poison", "RETRY_MARK="+mark, "RETRY_LIMIT="+limit.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
