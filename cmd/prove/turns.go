package main

// renames gives the file another name and begins a new one, at once or later.
func (w *writer) renames(l *writerLog) error {
	_, err := w.setAside(l)
	return err
}

// compresses does the same and compresses the file.
func (w *writer) compresses(l *writerLog) error {
	o, err := w.setAside(l)
	if err != nil {
		return err
	}
	o.f.Close()
	o.f = nil
	return nil // tidy does it
}

func (w *writer) setAside(l *writerLog) (*rotated, error) {
	o, err := l.rename()
	if err != nil {
		return nil, err
	}
	// The program may not know yet.
	if w.r.IntN(3) == 0 {
		if err := w.burst(l); err != nil {
			return nil, err
		}
	}
	if _, err := w.last(l); err != nil {
		return nil, err
	}
	o.gen = l.gen
	w.anew(l)
	return o, l.open()
}

// copyTruncates copies the file and cuts it off. What is written next may be
// the rest of a line.
func (w *writer) copyTruncates(l *writerLog) error {
	rest, err := w.last(l)
	if err != nil {
		return err
	}
	o, gap, err := l.copyTruncate()
	if err != nil {
		return err
	}
	o.gen = l.gen
	w.late = w.late || gap > w.settle/2
	w.anew(l)
	if len(rest) < 2 {
		return nil
	}
	text := append([]byte(nil), rest...)
	records := []record{{state: brokenRecord}}
	for range 2 {
		rec := w.maker.record()
		rec.offset = int64(len(text))
		text = w.maker.spell(text, &rec)
		records = append(records, rec)
	}
	return w.append(l, text, records)
}

func (w *writer) truncates(l *writerLog) error {
	w.anew(l)
	return l.truncate()
}

func (w *writer) recreates(l *writerLog) error {
	w.anew(l)
	return l.recreate()
}

func (w *writer) swaps(l *writerLog) error {
	before := l.gen
	if _, err := w.last(l); err != nil {
		return err
	}
	w.anew(l)
	if err := l.swap(); err != nil {
		return err
	}
	l.old[len(l.old)-1].gen = before
	return nil
}

// keep is how many rotated files of a log there are before the oldest are
// deleted.
const keep = 8

// tidy closes, compresses and deletes old files, each at some time.
func (w *writer) tidy(l *writerLog) error {
	for i, o := range l.old {
		switch {
		case o.f != nil && w.r.IntN(20) == 0:
			o.f.Close()
			o.f = nil
		case !l.link && o.f == nil && i < len(l.old)-1 && len(o.path) > 0 && o.path[len(o.path)-1] != 'z' && w.r.IntN(60) == 0:
			if err := o.compress(); err != nil {
				return err
			}
		}
	}
	if len(l.old) > keep && w.led.isAbsorbed(l.old[0].gen) {
		return l.forget()
	}
	return nil
}
