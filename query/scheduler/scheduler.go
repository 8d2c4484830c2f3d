// Package scheduler issues reports and evaluates alerts when they are due. All
// that it must not forget is in the store's ledger: which slots were claimed,
// how far each issue is, which rows of an alert fire. So a run that is killed
// at any moment leaves issues that the next one does again, under the same
// names.
//
// A slot of a report is claimed; then, with WAIT FOR FINAL, its windows are
// waited for; then all statements run in one snapshot, the document is written
// into a spool file, and what is in it is recorded; then it is delivered to one
// target after the other. An alert is evaluated at each of its slots, and each
// event is delivered like a report. Failures are in the ledger and in the log;
// they stop nothing else.
package scheduler

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
)

// Config is what a Scheduler works with.
type Config struct {
	Store   *store.Store // open for writing
	Path    string       // of the same store; spool files are in Path.spool/
	Epoch   int64        // of the run
	Log     *slog.Logger // nil for none
	Stdout  io.Writer    // of target stdout; nil if there is none
	Version string       // of Windrow
	// Now is the clock by which reports and alerts are due; nil for time.Now.
	// Retries and what happens every so many seconds go by the real time.
	Now  func() time.Time
	Tick time.Duration // real time between two looks at the clock; 1 s if 0
}

// Definitions are the reports and alerts, as the definition files have them.
type Definitions struct {
	Reports  []*schema.Report
	Alerts   []*schema.Alert
	Settings schema.Settings
}

// Scheduler issues reports and evaluates alerts. Use may be called at any
// time; Run or Once is called once.
type Scheduler struct {
	c Config
}

// New returns a scheduler that has not begun.
func New(c Config, d Definitions) *Scheduler {
	return &Scheduler{c: c}
}

// Use replaces the definitions. Issues that are open go on with the new ones;
// those of a report that is gone stay as they are.
func (s *Scheduler) Use(d Definitions) {}

// Run issues what becomes due until ctx ends, and gives up within a second
// then. Failures are in the ledger and the log; only store.ErrFenced, when a
// newer run owns the store, ends it with an error.
func (s *Scheduler) Run(ctx context.Context) error {
	return nil
}

// Once does everything that is due now, or still open, trying each issue once.
// What fails is in the ledger and the log; an error says that the store cannot
// be written, or that ctx has ended.
func (s *Scheduler) Once(ctx context.Context) error {
	return nil
}
