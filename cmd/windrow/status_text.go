package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	pathWidth  = 48               // of a path in the text of status
	nameWidth  = 20               // of a rollup's name
	quietAfter = 10 * time.Second // a file that holds the watermark back is said to be silent
	mostLooks  = 8                // things that need a look are shown in full
	colorWell  = "\x1b[32m"
	colorLook  = "\x1b[33m"
	colorPlain = "\x1b[0m"
)

// printer writes a report for people, 100 columns wide.
type printer struct {
	*report
	w     io.Writer
	color bool
	err   error // of the first write that failed
}

func (r *report) print(w io.Writer, color bool) error {
	p := &printer{report: r, w: w, color: color}
	p.headline()
	p.looks()
	for i := range r.Streams {
		p.stream(&r.Streams[i])
	}
	p.rollups()
	p.reports()
	p.workers()
	return p.err
}

func (p *printer) Write(b []byte) (int, error) {
	if p.err == nil {
		_, p.err = p.w.Write(b)
	}
	return len(b), p.err
}

func (p *printer) line(format string, args ...any) {
	fmt.Fprintf(p, strings.TrimRight(format, " ")+"\n", args...)
}

// painted puts a color around text.
func (p *printer) painted(color, s string) string {
	if !p.color {
		return s
	}
	return color + s + colorPlain
}

// headline says what is going on, and whether all is well.
func (p *printer) headline() {
	verdict := p.painted(colorWell, "all is well")
	if n := len(p.Attention); n > 0 {
		verdict = p.painted(colorLook, count(int64(n), "thing")+" to look at")
	}
	p.line("%s: %s; %s", tail(p.Store.Path, 30), p.doing(), verdict)
	line := "  " + size(p.Store.Bytes) + " on disk"
	if p.Store.FreePages > 0 {
		line += fmt.Sprintf(", %s of it free", size(p.Store.FreePages*p.Store.PageSize))
	}
	line += ", -wal " + size(p.Store.WALBytes)
	if p.Run.Seen != nil {
		line += fmt.Sprintf("; the run was last heard of %s ago", ago(p.now.Sub(p.Run.seen)))
	}
	p.line("%s", line)
}

// doing says what the run does or has done.
func (p *printer) doing() string {
	u := &p.Run
	verb := "following"
	if u.Mode == "once" {
		verb = "reading once"
	}
	process := fmt.Sprintf(", process %d", u.PID)
	if u.PID == 0 {
		process = ""
	}
	switch u.State {
	case runNone:
		return "no run has said anything here"
	case runStarting:
		return "a run is starting" + process
	case runRunning:
		return fmt.Sprintf("%s for %s%s", verb, ago(p.now.Sub(u.began)), process)
	case runCopied:
		return fmt.Sprintf("a copy, made about %s", second(u.Seen))
	case runGone:
		return fmt.Sprintf("no run; the last one is gone since about %s", second(u.Seen))
	}
	note := ""
	if u.Note != "" {
		note = ", " + short(u.Note, 40)
	}
	return fmt.Sprintf("ended %s%s", second(u.Ended), note)
}

func (p *printer) looks() {
	if len(p.Attention) > 0 {
		p.line("")
	}
	for i, a := range p.Attention {
		if i == mostLooks && len(p.Attention) > mostLooks+1 {
			p.line("%s and %d more; --json has all", p.painted(colorLook, "!"), len(p.Attention)-i)
			return
		}
		p.line("%s %s", p.painted(colorLook, "!"), shown(a))
	}
}

func (p *printer) stream(s *streamReport) {
	p.line("")
	p.line("%s: %s", s.Name, s.Splits)
	for i := range s.Progress {
		g := &s.Progress[i]
		if len(s.Progress) > 1 {
			p.line(" for %s", short(strings.Join(g.Rollups, ", "), 90))
		}
		p.progress(g)
	}
}

// String says how many files there are of which kind.
func (c splitCounts) String() string {
	var parts []string
	for _, k := range []struct {
		n    int64
		name string
	}{{c.Live, "live"}, {c.Idle, "idle"}, {c.Ended, "ended"}, {c.Paused, "paused"}, {c.Gone, "gone"}} {
		if k.n > 0 {
			parts = append(parts, thousands(k.n)+" "+k.name)
		}
	}
	if len(parts) == 0 {
		return "no files yet"
	}
	return count(c.Total, "file") + ": " + strings.Join(parts, ", ")
}

func (p *printer) progress(g *progressReport) {
	read := fmt.Sprintf("%s, %s", count(g.Records, "event"), size(g.Bytes))
	if g.Late > 0 {
		read += ", " + thousands(g.Late) + " late"
	}
	if g.Future > 0 {
		read += ", " + thousands(g.Future) + " in the future"
	}
	p.line("  absorbed   %s", read)
	p.line("  behind     %s", p.behind(g))
	p.line("  watermark  %s", watermark(g, p.now))
	if g.LostBytes > 0 {
		p.line("  lost       %s that were not absorbed when their files went", size(g.LostBytes))
	}
}

func (p *printer) behind(g *progressReport) string {
	s := "nothing"
	if g.LagBytes > 0 {
		s = fmt.Sprintf("%s in %s", size(g.LagBytes), count(g.LagSplits, "file"))
	}
	if g.Newest == nil {
		return s
	}
	age := seconds(*g.LagSeconds)
	if age < 0 {
		return fmt.Sprintf("%s; the newest event is of %s, %s ahead of now", s, *g.Newest, ago(-age))
	}
	return fmt.Sprintf("%s; the newest event is of %s, %s ago", s, *g.Newest, ago(age))
}

func watermark(g *progressReport, now time.Time) string {
	mark := "none yet"
	if g.Watermark != nil {
		mark = *g.Watermark
	}
	if g.HeldBy == nil {
		return mark
	}
	mark += ", " + g.HeldBy.String()
	if silent := now.Sub(g.HeldBy.written); !g.HeldBy.written.IsZero() && silent >= quietAfter {
		mark += ", last written " + ago(silent) + " ago"
	}
	return mark
}

// String says what the watermark waits for.
func (h *holderReport) String() string {
	path := tail(h.Path, pathWidth)
	switch h.Reason {
	case "paused":
		return fmt.Sprintf("held back by %s, which is paused", path)
	case "unread":
		return fmt.Sprintf("held back by %s, not begun yet", path)
	case "no time":
		return fmt.Sprintf("held back by %s: no usable time yet", path)
	}
	return fmt.Sprintf("as %s is at %s", path, clock(*h.Newest))
}

func (p *printer) rollups() {
	if len(p.Rollups) == 0 {
		return
	}
	disk := ">disk"
	if p.Rollups[0].DiskEstimated {
		disk = ">disk, about"
	}
	c := columns{{"rollup", ">rows", ">absorbed", ">filtered", ">unusable", "final before", disk, ">cpu"}}
	var notes []string
	for i := range p.Rollups {
		u := &p.Rollups[i]
		c = append(c, []string{short(u.Name, nameWidth), brief(u.Rows), brief(u.Absorbed), brief(u.Filtered), brief(u.Quarantined),
			orDash(u.FinalBefore), size(u.DiskBytes), fmt.Sprintf("%.2f s", u.CPUSeconds)})
		notes = append(notes, p.notes(u)...)
	}
	p.line("")
	c.write(p, "")
	for _, n := range notes {
		p.line("  %s", n)
	}
}

// notes are what is special about a rollup.
func (p *printer) notes(u *rollupReport) []string {
	var notes []string
	name := short(u.Name, nameWidth)
	if !u.Attached && u.Replaces == nil && !p.replaced(u.Name) {
		notes = append(notes, fmt.Sprintf("%s is no longer defined and stays as it is; windrow drop %s deletes it", name, name))
	}
	if u.Replaces != nil {
		notes = append(notes, fmt.Sprintf("%s takes the place of %s when it has caught up%s", name, short(*u.Replaces, nameWidth), p.share(u)))
	}
	if u.CompleteFrom != nil {
		notes = append(notes, fmt.Sprintf("%s is complete from %s on; %s were gone when it was filled", name, *u.CompleteFrom, count(u.MissingSplits, "file")))
	}
	if u.Horizon != nil {
		came := ""
		if u.Expired > 0 {
			came = fmt.Sprintf("; %s came later than that", count(u.Expired, "event"))
		}
		notes = append(notes, fmt.Sprintf("%s: what is before %s has expired%s", name, *u.Horizon, came))
	}
	return notes
}

// replaced reports whether another generation is to take a rollup's place.
func (p *printer) replaced(name string) bool {
	for i := range p.Rollups {
		if r := p.Rollups[i].Replaces; r != nil && *r == name {
			return true
		}
	}
	return false
}

// share says how much of the input a rollup has absorbed.
func (p *printer) share(u *rollupReport) string {
	for _, s := range p.Streams {
		for _, g := range s.Progress {
			if g.Cohort == u.Cohort && g.Bytes+g.LagBytes > 0 {
				return fmt.Sprintf(": %s is read", percent(float64(g.Bytes)/float64(g.Bytes+g.LagBytes)))
			}
		}
	}
	return ""
}

func (p *printer) workers() {
	if len(p.Workers) == 0 {
		return
	}
	c := columns{{"worker", "stream", ">pid", "state", ">events", ">events/s", ">memory", ">cpu", ">restarts"}}
	var reasons []string
	for i := range p.Workers {
		w := &p.Workers[i]
		state := w.State
		if !w.Alive && w.PID != 0 {
			state = "gone"
		}
		pid, memory := "-", "-"
		if w.PID != 0 {
			pid, memory = fmt.Sprint(w.PID), size(w.Memory)
		}
		c = append(c, []string{fmt.Sprint(w.Worker), short(w.Stream, nameWidth), pid, state, brief(w.Records), brief(int64(w.Rate)),
			memory, fmt.Sprintf("%.2f s", w.CPUSeconds), fmt.Sprint(w.Restarts)})
		if w.Reason != "" {
			reasons = append(reasons, fmt.Sprintf("  worker %d of %s ended before: %s", w.Worker, w.Stream, short(w.Reason, 60)))
		}
	}
	p.line("")
	c.write(p, "")
	for _, r := range reasons {
		p.line("%s", r)
	}
}
