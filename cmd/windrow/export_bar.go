package main

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// exportBar shows how far an export is, on a terminal only.
type exportBar struct{ bar *progressbar.ProgressBar }

// newExportBar makes a bar for total rows; -1 if nobody knows how many there
// will be.
func newExportBar(s *streams, total int64) *exportBar {
	if !s.errTerminal() {
		return &exportBar{}
	}
	return &exportBar{progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(s.err),
		progressbar.OptionSetDescription("rows"),
		progressbar.OptionSetWidth(30),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetItsString("rows"),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetSpinnerChangeInterval(0), // it turns when rows come
		progressbar.OptionSetRenderBlankState(true),   // the clock starts now
		progressbar.OptionClearOnFinish(),
	)}
}

func (b *exportBar) show(rows int64) {
	if b.bar != nil {
		b.bar.Set64(rows)
	}
}

// end removes the bar.
func (b *exportBar) end() {
	if b.bar != nil {
		b.bar.Clear()
	}
}
