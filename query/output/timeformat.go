package output

import (
	"fmt"
	"strings"
	"time"

	"github.com/ncruces/go-strftime"

	"github.com/windrow/windrow/schema/value"
)

// timeLetters are the letters of a pattern that are known, with - or without.
const timeLetters = "YymdeHIMSfLpaAbBjuwVGFTRszZ%"

// checkTimeFormat says what is wrong with Options.TimeFormat.
func checkTimeFormat(format string) error {
	switch format {
	case "", "iso", "epoch_s", "epoch_ms":
		return nil
	}
	if !strings.Contains(format, "%") {
		return fmt.Errorf(`the time format %q has no %%: write iso, epoch_s, epoch_ms, or a pattern like "%%Y-%%m-%%d %%H:%%M:%%S"`, format)
	}
	for rest := format; ; {
		i := strings.IndexByte(rest, '%')
		if i < 0 {
			return nil
		}
		letter := rest[i:]
		switch {
		case strings.HasPrefix(letter, "%:z"):
			rest = letter[3:]
			continue
		case strings.HasPrefix(letter, "%-"):
			rest = letter[2:]
		default:
			rest = letter[1:]
		}
		if rest == "" {
			return fmt.Errorf("the time format %q ends in the middle of a %%: %%%% writes the sign itself", format)
		}
		r := []rune(rest)[0]
		if !strings.ContainsRune(timeLetters, r) {
			return fmt.Errorf("the time format %q has an unknown %%%c: there are %s and %%:z", format, r, letters())
		}
		rest = rest[1:]
	}
}

func letters() string { return "%" + strings.Join(strings.Split(timeLetters, ""), " %") }

// clock shows times of the store in a zone and a format.
type clock struct {
	zone   *time.Location
	format string
}

// clockOf returns nil if times stay as they are.
func clockOf(o Options) *clock {
	if o.Zone == nil && o.TimeFormat == "" {
		return nil
	}
	c := &clock{o.Zone, o.TimeFormat}
	if c.zone == nil {
		c.zone = time.UTC
	}
	return c
}

// show gives the time s, for which IsTime holds, as the clock shows it: text,
// or an int64 in the epoch formats.
func (c *clock) show(s string) any {
	at := parseTime(s)
	switch c.format {
	case "epoch_s":
		return floorDiv(int64(at), value.Second)
	case "epoch_ms":
		return floorDiv(int64(at), value.Millisecond)
	}
	t := at.Std().In(c.zone)
	switch c.format {
	case "": // the digits of the fraction stay as they are
		return string(append(t.AppendFormat(make([]byte, 0, len(s)), "2006-01-02 15:04:05"), s[19:]...))
	case "iso":
		b := append(t.AppendFormat(make([]byte, 0, len(s)+6), "2006-01-02T15:04:05"), s[19:]...)
		return string(t.AppendFormat(b, "Z07:00"))
	}
	return strftime.Format(c.format, t)
}

func floorDiv(n, by int64) int64 {
	if n < 0 {
		return (n - by + 1) / by
	}
	return n / by
}

// withTimes lets enc have times as the options want them.
func withTimes(enc Encoder, o Options) Encoder {
	c := clockOf(o)
	if c == nil {
		return enc
	}
	return &timed{Encoder: enc, clock: c}
}

// timed changes the times of each row before its encoder sees them.
type timed struct {
	Encoder
	clock *clock
	last  []shown // of each column: windows come many rows at a time
	one   single
	vals  []any
}

// shown is a time and how it looks.
type shown struct {
	time string
	as   any
}

var _ Batched = (*timed)(nil)

func (e *timed) Begin(cols []Column) error {
	e.last, e.vals = make([]shown, len(cols)), make([]any, len(cols))
	return e.Encoder.Begin(cols)
}

func (e *timed) Row(vals []any) error {
	b, err := e.one.of(vals)
	if err != nil {
		return err
	}
	return e.Rows(b)
}

// Rows implements Batched.
func (e *timed) Rows(b *Batch) error {
	for i := range b.Len() {
		for j, c := range b.row(i) {
			if c.kind != cellText || !IsTime(b.text(c)) {
				continue
			}
			last := &e.last[j]
			if s := b.text(c); last.time != s {
				s = strings.Clone(s)
				*last = shown{s, e.clock.show(s)}
			}
			b.row(i)[j] = b.addShown(last.as)
		}
	}
	return Feed(e.Encoder, b, e.vals)
}
