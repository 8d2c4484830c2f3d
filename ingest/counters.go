package ingest

import (
	"sync/atomic"
	"time"
)

// counters are what the ingestors of a run count together, for the progress
// line. They may be used concurrently.
type counters struct {
	records, bytes, total, workers atomic.Int64
	complained                     atomic.Int64 // when, in nanoseconds
}

// mayComplain tells whether it is time to say again that something is wrong.
func (c *counters) mayComplain() bool {
	now, last := time.Now().UnixNano(), c.complained.Load()
	return now-last > int64(complainEvery) && c.complained.CompareAndSwap(last, now)
}

func (c *counters) progress() Progress {
	return Progress{Records: c.records.Load(), Bytes: c.bytes.Load(), Total: c.total.Load(), Workers: int(c.workers.Load())}
}

// show calls f until stop is closed.
func (c *counters) show(f func(Progress), stop <-chan struct{}) {
	if f == nil {
		return
	}
	t := time.NewTicker(tickEvery)
	defer t.Stop()
	for {
		select {
		case <-stop:
			return
		case <-t.C:
			f(c.progress())
		}
	}
}
