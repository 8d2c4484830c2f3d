package main

import (
	"os"
	"time"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/value"
)

// report is what `windrow status` says, and what its --json prints: names are
// never taken away, new ones may come. Moments are text in UTC, as in the
// store, and null if there is none.
type report struct {
	At        *string           `json:"at"`
	Well      bool              `json:"well"`      // nothing needs a look
	Attention []string          `json:"attention"` // what needs one, a sentence each
	Run       runReport         `json:"run"`
	Store     storeReport       `json:"store"`
	Streams   []streamReport    `json:"streams"`
	Rollups   []rollupReport    `json:"rollups"`
	Reports   []scheduledReport `json:"reports"` // and alerts
	Workers   []workerReport    `json:"workers"` // of the run; also after its end

	now time.Time
}

type runReport struct {
	State string  `json:"state"` // none, starting, running, ended, gone, copied
	PID   int     `json:"pid"`
	Mode  string  `json:"mode"` // once, follow
	Began *string `json:"began"`
	Seen  *string `json:"seen"` // when it last wrote its state
	Ended *string `json:"ended"`
	Note  string  `json:"note"`

	began, seen, ended time.Time
}

type storeReport struct {
	Path      string `json:"path"`
	Bytes     int64  `json:"bytes"`
	WALBytes  int64  `json:"wal_bytes"`
	PageSize  int64  `json:"page_size"`
	Pages     int64  `json:"pages"`
	FreePages int64  `json:"free_pages"`
}

type streamReport struct {
	Name         string           `json:"name"`
	DelaySeconds float64          `json:"delay_seconds"`
	Splits       splitCounts      `json:"splits"`
	Progress     []progressReport `json:"progress"` // one for each set of rollups that are equally far
}

type splitCounts struct {
	Total  int64 `json:"total"`
	Live   int64 `json:"live"`
	Idle   int64 `json:"idle"`
	Ended  int64 `json:"ended"`
	Paused int64 `json:"paused"`
	Gone   int64 `json:"gone"`
}

type progressReport struct {
	Cohort     int64         `json:"cohort"`
	Rollups    []string      `json:"rollups"`
	Records    int64         `json:"records"`
	Bytes      int64         `json:"bytes"`
	Late       int64         `json:"late"`
	Future     int64         `json:"future"`
	LagBytes   int64         `json:"lag_bytes"` // known, and not absorbed
	LagSplits  int64         `json:"lag_splits"`
	LagSeconds *float64      `json:"lag_seconds"` // from the newest event to now
	LostBytes  int64         `json:"lost_bytes"`  // of splits that are gone
	Newest     *string       `json:"newest"`
	Watermark  *string       `json:"watermark"`
	HeldBy     *holderReport `json:"held_by"` // what the watermark waits for
	Splits     []splitReport `json:"splits"`  // that have a lag or a note
}

type holderReport struct {
	Split  int64   `json:"split"`
	Path   string  `json:"path"`
	Reason string  `json:"reason"` // unread, no time, paused, newest
	Newest *string `json:"newest"` // event in its absorbed front
	// Written is when something was last written to the file, as far as that
	// can be seen.
	Written *string `json:"written"`

	written time.Time
}

func newHolderReport(s *store.SplitStatus) *holderReport {
	h := &holderReport{Split: s.Number, Path: s.Path, Reason: holderReason(s), Newest: eventTime(s.FrontTime)}
	if info, err := os.Stat(s.Path); err == nil && sameFile(info, s.Device, s.Inode) {
		h.written = info.ModTime()
		h.Written = moment(h.written)
	}
	return h
}

type splitReport struct {
	Split    int64  `json:"split"`
	Path     string `json:"path"`
	State    string `json:"state"` // live, idle, ended, paused, gone
	Note     string `json:"note"`
	Size     int64  `json:"size"` // uncompressed; -1 if not known
	Absorbed int64  `json:"absorbed"`
	LagBytes int64  `json:"lag_bytes"`
}

type rollupReport struct {
	Name          string  `json:"name"`
	Stream        string  `json:"stream"`
	Cohort        int64   `json:"cohort"`
	Attached      bool    `json:"attached"`
	Replaces      *string `json:"replaces"` // whose place it takes when it has caught up
	Rows          int64   `json:"rows"`
	Absorbed      int64   `json:"absorbed"`
	Filtered      int64   `json:"filtered"`
	Quarantined   int64   `json:"quarantined"`
	Expired       int64   `json:"expired"`
	FinalBefore   *string `json:"final_before"`
	Horizon       *string `json:"horizon"`
	CompleteFrom  *string `json:"complete_from"`
	MissingSplits int64   `json:"missing_splits"`
	MissingBytes  int64   `json:"missing_bytes"`
	DiskBytes     int64   `json:"disk_bytes"`
	DiskEstimated bool    `json:"disk_estimated"`
	CPUSeconds    float64 `json:"cpu_seconds"`
}

type workerReport struct {
	Stream     string  `json:"stream"`
	Cohort     int64   `json:"cohort"`
	Worker     int     `json:"worker"`
	PID        int     `json:"pid"`
	Alive      bool    `json:"alive"`
	State      string  `json:"state"`
	Began      *string `json:"began"`
	Restarts   int     `json:"restarts"`
	Reason     string  `json:"reason"` // why the last process ended
	Records    int64   `json:"records"`
	Bytes      int64   `json:"bytes"`
	Rate       float64 `json:"rate"` // records a second, lately
	Memory     int64   `json:"memory"`
	CPUSeconds float64 `json:"cpu_seconds"`
}

// moment is a time as the store writes it; nil for none.
func moment(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return eventTime(value.TimeOf(t.Truncate(time.Millisecond)))
}

func eventTime(t value.Time) *string {
	if !t.Valid() {
		return nil
	}
	return text(t.Format(-1))
}

// text is nil for "".
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func newRunReport(path string, run *store.RunState) runReport {
	var r runReport
	r.State, r.PID = lifeOf(path, run)
	if run != nil && r.State != runStarting {
		r.Mode, r.Note = run.Mode, run.Note
		r.began, r.seen, r.ended = run.Began, run.Seen, run.Ended
		r.Began, r.Seen, r.Ended = moment(run.Began), moment(run.Seen), moment(run.Ended)
	}
	return r
}

// newProgressReport says how far the attached rollups of a cohort are; there
// may be none.
func newProgressReport(c *store.CohortStatus, now time.Time) progressReport {
	p := progressReport{Cohort: c.ID, Records: c.Records, Bytes: c.Bytes, Late: c.Late, Future: c.Future,
		Newest: eventTime(c.Newest), Watermark: eventTime(c.Watermark), Splits: []splitReport{}}
	for _, u := range c.Rollups {
		if u.Attached {
			p.Rollups = append(p.Rollups, u.Name)
		}
	}
	if c.Newest.Valid() {
		lag := now.Sub(c.Newest.Std()).Round(time.Millisecond).Seconds()
		p.LagSeconds = &lag
	}
	for i := range c.Splits {
		p.addSplit(&c.Splits[i])
	}
	if h := c.Holder(); h != nil {
		p.HeldBy = newHolderReport(h)
	}
	return p
}

// addSplit counts what a split has that is not absorbed.
func (p *progressReport) addSplit(s *store.SplitStatus) {
	r := splitReport{s.Number, s.Path, splitState(s), s.Note, s.Size, s.Absorbed, s.Behind()}
	if r.State == "live" || r.State == "idle" {
		r.LagBytes = max(r.LagBytes, grown(s)-s.Start-s.Absorbed)
	}
	switch {
	case s.Gone:
		p.LostBytes += r.LagBytes
	case r.State != "paused" && r.LagBytes > 0:
		p.LagBytes += r.LagBytes
		p.LagSplits++
	}
	if r.LagBytes > 0 || r.Note != "" {
		p.Splits = append(p.Splits, r)
	}
}

func splitState(s *store.SplitStatus) string {
	switch {
	case s.Gone:
		return "gone"
	case s.Note != "":
		return "paused"
	case s.Ended:
		return "ended"
	case s.Idle:
		return "idle"
	}
	return "live"
}

// grown is the size of a plain file as it lies there now, 0 if it is not there.
func grown(s *store.SplitStatus) int64 {
	info, err := os.Stat(s.Path)
	if err != nil || !info.Mode().IsRegular() || !sameFile(info, s.Device, s.Inode) || source.CodecOf(s.Path) != source.Plain {
		return 0
	}
	return info.Size()
}

func holderReason(s *store.SplitStatus) string {
	switch {
	case s.Note != "":
		return "paused"
	case s.Front <= s.Start:
		return "unread"
	case !s.FrontTime.Valid():
		return "no time"
	}
	return "newest"
}
