package main

import (
	"fmt"
	"time"

	"github.com/windrow/windrow/ingest"
)

// progressLine shows how far a run is, on a terminal only.
type progressLine struct {
	s     *streams
	on    bool
	began time.Time
}

func newProgress(s *streams) *progressLine {
	return &progressLine{s: s, on: s.errTerminal(), began: time.Now()}
}

func (p *progressLine) show(g ingest.Progress) {
	if !p.on {
		return
	}
	fmt.Fprintf(p.s.err, "\r\x1b[K%s of %s read, %s committed, %s/s, %s", size(g.Bytes), size(g.Total), count(g.Records, "event"),
		size(int64(float64(g.Bytes)/time.Since(p.began).Seconds())), count(int64(g.Workers), "worker"))
}

// end removes the line.
func (p *progressLine) end() {
	if p.on {
		fmt.Fprint(p.s.err, "\r\x1b[K")
	}
}
