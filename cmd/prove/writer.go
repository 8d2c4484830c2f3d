package main

import (
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"time"
)

// writer appends to log files and rotates them, as programs and their
// rotation do, only faster. It is used by one goroutine.
type writer struct {
	r      *rand.Rand
	led    *ledger
	maker  *loadMaker
	dir    string
	all    bool // rotated files are among the stream's paths
	settle time.Duration
	logs   []*writerLog
	// late: for longer than promised two files held the same, as this process
	// was not given time. What follows proves nothing.
	late bool
}

// writerLog is one log file.
type writerLog struct {
	growing
	gen  *generation
	rest []byte // of a record of which the front is written
	want turn   // the rotation that is to come, nil for none
}

// turn is a kind of rotation.
type turn *struct {
	name  string
	whole bool // only once all is absorbed
	do    func(*writer, *writerLog) error
}

// The rotations of files and of links.
var (
	fileTurns = []turn{
		{"rename", false, (*writer).renames},
		{"copytruncate", false, (*writer).copyTruncates},
		{"gzip", false, (*writer).compresses},
		{"truncate", true, (*writer).truncates},
		{"recreate", true, (*writer).recreates},
	}
	linkTurns = []turn{{"swap", false, (*writer).swaps}}
)

// newWriter draws what is written to dir, and how.
func newWriter(r *rand.Rand, dir string, settle time.Duration) (*writer, error) {
	w := &writer{r: r, led: &ledger{splits: map[int64]*generation{}}, dir: dir, all: r.IntN(2) == 0, settle: settle}
	w.maker = &loadMaker{r: r, from: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), csv: r.IntN(3) == 0, lines: true, total: 8_000}
	for i := range 1 + r.IntN(4) {
		l := &writerLog{growing: growing{dir: dir, name: "app" + strconv.Itoa(i) + ".log", shifts: r.IntN(2) == 0, link: r.IntN(4) == 0}}
		if err := l.open(); err != nil {
			return nil, err
		}
		w.logs = append(w.logs, l)
		l.gen = w.led.begin(l.name)
	}
	return w, nil
}

// options are the stream's.
func (w *writer) options() string {
	path, format := "in/*.log", "format = 'json'"
	if w.all {
		path = "in/*"
	}
	if w.maker.csv {
		format = "format = 'csv', multiline = false"
	}
	return "path = '" + path + "', " + format
}

// write goes on until stop is closed, and then makes all lines whole.
func (w *writer) write(stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return w.end()
		case <-time.After(time.Duration(w.r.IntN(18_000)) * time.Microsecond):
		}
		if err := w.step(pick(w.r, w.logs)); err != nil {
			return err
		}
	}
}

func (w *writer) end() error {
	for _, l := range w.logs {
		if err := w.finish(l); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) close() {
	for _, l := range w.logs {
		l.close()
	}
}

// step does the next thing to a log.
func (w *writer) step(l *writerLog) error {
	if err := w.tidy(l); err != nil {
		return err
	}
	often := 25
	if len(l.gen.records) < 3 {
		often = 8 // files of one or two lines
	}
	if l.want == nil && len(l.gen.records) > 0 && w.r.IntN(often) == 0 {
		l.want = pick(w.r, fileTurns)
		if l.link {
			l.want = pick(w.r, linkTurns)
		}
	}
	switch {
	case l.want == nil:
		return w.burst(l)
	case l.want.whole:
		return w.turnWhole(l)
	case !w.all && !w.led.isKnown(l.gen):
		return w.burst(l) // nobody would know that it was there
	}
	return w.turn(l)
}

// turnWhole rotates if all of the file is absorbed, and waits if not.
func (w *writer) turnWhole(l *writerLog) error {
	if err := w.finish(l); err != nil || !w.led.isAbsorbed(l.gen) {
		return err
	}
	return w.turn(l)
}

func (w *writer) turn(l *writerLog) error {
	do := l.want.do
	l.want = nil
	return do(w, l)
}

// burst appends some records, of which the last one may stay half.
func (w *writer) burst(l *writerLog) error {
	n := 1 + w.r.IntN(5)
	switch w.r.IntN(60) {
	case 0:
		n = 100 + w.r.IntN(300)
	case 1, 2, 3, 4, 5, 6:
		n = 5 + w.r.IntN(50)
	}
	first := len(l.gen.text) == 0 && len(l.rest) == 0
	if first && w.maker.csv {
		text := w.maker.header()
		w.led.header(l.gen, text)
		if err := w.put(l, text); err != nil {
			return err
		}
	}
	text, records := l.rest, make([]record, 0, n)
	last := 0
	for range n {
		rec := w.maker.record()
		last = len(text)
		rec.offset = l.gen.size + int64(last)
		text = w.maker.spell(text, &rec)
		records = append(records, rec)
	}
	l.rest = nil
	if at := last + 1 + w.r.IntN(len(text)-last-1); w.r.IntN(3) == 0 && (!first || last > 0) {
		text, l.rest = text[:at], append([]byte(nil), text[at:]...)
	}
	return w.append(l, text, records)
}

func (w *writer) append(l *writerLog, text []byte, records []record) error {
	w.led.append(l.gen, text, records)
	return w.put(l, text)
}

// put writes, sometimes in two parts.
func (w *writer) put(l *writerLog, text []byte) error {
	if len(text) > 1 && w.r.IntN(4) == 0 {
		at := 1 + w.r.IntN(len(text)-1)
		if err := l.growing.write(text[:at]); err != nil {
			return err
		}
		text = text[at:]
	}
	return l.growing.write(text)
}

// finish makes the last line whole.
func (w *writer) finish(l *writerLog) error {
	rest := l.rest
	l.rest = nil
	if len(rest) == 0 {
		return nil
	}
	return w.append(l, rest, nil)
}

// last brings the last line to an end: as it should be, without its newline,
// or in the middle. It returns what is not written of it. Files that stay under
// the stream's paths may grow for ever, so their last lines are made whole.
func (w *writer) last(l *writerLog) ([]byte, error) {
	if w.all {
		return nil, w.finish(l)
	}
	rest := l.rest
	l.rest = nil
	if len(rest) == 0 {
		return nil, nil
	}
	how := w.r.IntN(3)
	if how == 0 && !w.maker.csv && len(rest) > 1 {
		w.led.cut(l.gen)
		return rest, nil
	}
	if how == 1 {
		rest = rest[:len(rest)-1]
	}
	if len(rest) == 0 {
		return nil, nil
	}
	return nil, w.append(l, rest, nil)
}

// anew begins a generation.
func (w *writer) anew(l *writerLog) { l.gen = w.led.begin(filepath.Base(l.name)) }
