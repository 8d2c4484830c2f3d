//go:build linux

package main

import (
	"context"
	"time"
)

// sample is what a run held at one moment.
type sample struct {
	at         time.Duration // since the beginning
	all, main  usage
	wal, store int64
	behind     int64 // events that are not absorbed
}

// measures are what must not grow, in megabytes or a number. limit is by how
// much it may, an hour, and noise how much it may over the time of the soak,
// however short that is.
var measures = []struct {
	name         string
	limit, noise float64
	of           func(*sample) float64
}{
	{"PSS of all processes", 40, 30, func(s *sample) float64 { return float64(s.all.pss) / 1e6 }},
	{"RSS of all processes", 60, 40, func(s *sample) float64 { return float64(s.all.rss) / 1e6 }},
	{"RSS of the main process", 30, 20, func(s *sample) float64 { return float64(s.main.rss) / 1e6 }},
	{"descriptors of main", 20, 10, func(s *sample) float64 { return float64(s.main.files) }},
	{"threads of main", 10, 6, func(s *sample) float64 { return float64(s.main.threads) }},
	{"WAL", 60, 40, func(s *sample) float64 { return float64(s.wal) / 1e6 }},
	{"store", 15, 8, func(s *sample) float64 { return float64(s.store) / 1e6 }},
	{"events behind", 100_000, 50_000, func(s *sample) float64 { return float64(s.behind) }},
}

func (s *soak) sample(ctx context.Context, at time.Duration) error {
	n, err := s.f.absorbed(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	now := sample{at: at, wal: sizeOf(s.f.o.store + "-wal"), store: sizeOf(s.f.o.store), behind: s.load.written() - n}
	now.all, now.main = s.f.run.usage()
	s.samples = append(s.samples, now)
	if every := max(1, int(time.Minute/min(soakSample, s.length/20))); len(s.samples)%every == 0 {
		s.j.say("soak: %v: %d processes, PSS %s, RSS %s, %d descriptors, %d threads, WAL %s, store %s, %d events behind", at.Round(time.Second),
			now.all.processes, megabytes(now.all.pss), megabytes(now.all.rss), now.main.files, now.main.threads, megabytes(now.wal), megabytes(now.store), now.behind)
	}
	return nil
}

// judge prints how everything has grown, and fails if it does so without end.
func (s *soak) judge() error {
	warm := s.samples[len(s.samples)/5:]
	var grown []string
	for _, m := range measures {
		var xs, ys []float64
		top := 0.0
		for i := range warm {
			y := m.of(&warm[i])
			xs, ys, top = append(xs, warm[i].at.Hours()), append(ys, y), max(top, y)
		}
		perHour := slope(xs, ys)
		grew := perHour * (xs[len(xs)-1] - xs[0])
		said := ""
		if perHour > m.limit && grew > m.noise {
			said = "  GROWS"
			grown = append(grown, m.name)
		}
		s.j.say("soak: %-24s %10.1f at most, slope %+10.1f an hour (%+.1f in this time)%s", m.name, top, perHour, grew, said)
	}
	if len(grown) > 0 {
		return violated("bounded", "these grow: %v", grown)
	}
	return nil
}

// slope is that of the line with the least squares.
func slope(xs, ys []float64) float64 {
	var mx, my float64
	for i := range xs {
		mx += xs[i] / float64(len(xs))
		my += ys[i] / float64(len(xs))
	}
	var xy, xx float64
	for i := range xs {
		xy += (xs[i] - mx) * (ys[i] - my)
		xx += (xs[i] - mx) * (xs[i] - mx)
	}
	if xx == 0 {
		return 0
	}
	return xy / xx
}
