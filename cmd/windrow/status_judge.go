package main

import (
	"fmt"
	"strings"
	"time"
)

// From here on something needs a look.
const (
	silentAfter   = 20 * time.Second // a run writes its state every few seconds
	hugeWAL       = 256 << 20        // bytes
	manyUnusable  = 0.01             // of the records of a rollup
	leastUnusable = 100              // of them, for a share to mean something
)

// judge says what needs a look.
func (r *report) judge() {
	r.Attention = []string{}
	r.judgeRun()
	for i := range r.Streams {
		r.judgeStream(&r.Streams[i])
	}
	for i := range r.Workers {
		r.judgeWorker(&r.Workers[i])
	}
	for i := range r.Rollups {
		r.judgeRollup(&r.Rollups[i])
	}
	for i := range r.Reports {
		r.judgeReport(&r.Reports[i])
	}
	if r.Store.WALBytes > hugeWAL {
		r.look("the -wal file of the store is %s long: a program may have had a query open for long", size(r.Store.WALBytes))
	}
	r.Well = len(r.Attention) == 0
}

func (r *report) look(format string, args ...any) {
	r.Attention = append(r.Attention, fmt.Sprintf(format, args...))
}

func (r *report) judgeRun() {
	u := &r.Run
	switch {
	case u.State == runGone:
		r.look("the run is gone without a word: there is no process %d any more; the next run goes on from what it committed", u.PID)
	case u.State == runEnded && u.Note != "" && u.Note != noteSignal:
		r.look("the run has ended: %s", u.Note)
	case u.State == runRunning && u.Note != "":
		r.look("the run says: %s", u.Note)
	}
	if silent := r.now.Sub(u.seen); u.State == runRunning && silent > silentAfter {
		r.look("the run has said nothing for %s: its process %d may be stopped, or cannot write the store", ago(silent), u.PID)
	}
}

func (r *report) judgeStream(s *streamReport) {
	paused := map[int64]bool{}
	for _, p := range s.Progress {
		for _, x := range p.Splits {
			if x.State == "paused" && !paused[x.Split] {
				paused[x.Split] = true
				r.look("%s of %s is paused: %s", x.Path, s.Name, x.Note)
			}
		}
	}
}

func (r *report) judgeWorker(w *workerReport) {
	if r.Run.State != runRunning || !r.Run.ended.IsZero() {
		return
	}
	name := fmt.Sprintf("worker %d of %s", w.Worker, w.Stream)
	switch {
	case w.State == "failed":
		r.look("%s was given up: %s", name, w.Reason)
	case w.State == "backoff":
		r.look("%s waits before it is started again: %s", name, w.Reason)
	case w.PID != 0 && !w.Alive && w.State != "stopped":
		r.look("%s has no process %d any more", name, w.PID)
	}
}

func (r *report) judgeRollup(u *rollupReport) {
	all := u.Absorbed + u.Filtered + u.Quarantined
	if share := float64(u.Quarantined) / float64(max(all, 1)); u.Quarantined >= leastUnusable && share > manyUnusable {
		r.look("%s could not use %s of %s records; see windrow quarantine list", u.Name, percent(share), thousands(all))
	}
}

func percent(share float64) string { return fmt.Sprintf("%.3g %%", 100*share) }

// ago writes a length of time as people say it.
func ago(d time.Duration) string {
	d = max(d, 0)
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return strings.TrimSuffix(fmt.Sprintf("%d min %d s", minutes, int(d/time.Second)%60), " 0 s")
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case days < 1000:
		return fmt.Sprintf("%d d %d h", days, hours)
	}
	return fmt.Sprintf("%d years", days/365)
}
