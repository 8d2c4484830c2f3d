package decode

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/windrow/windrow/schema/value"
)

// pattern is a compiled strptime pattern: what to read, one step after the
// other.
type pattern struct{ steps []step }

// step reads one directive; white space stands for any amount of white space,
// every other byte for itself.
type step struct {
	directive byte // 0 for a literal
	literal   byte
}

// compound directives stand for others.
var compound = map[byte]string{'T': "%H:%M:%S", 'F': "%Y-%m-%d"}

const directives = "YmdHMSfzZbBjyeIpaAs"

// compilePattern compiles a strptime pattern.
func compilePattern(format string) (*pattern, error) {
	p := &pattern{}
	if err := p.compile(format, format); err != nil {
		return nil, err
	}
	if !p.has("Yys") {
		return nil, fmt.Errorf("timestamp_format '%s' has no year (%%Y)", format)
	}
	if p.has("I") && !p.has("p") {
		return nil, fmt.Errorf("timestamp_format '%s' has %%I without %%p", format)
	}
	return p, nil
}

func (p *pattern) compile(part, format string) error {
	for i := 0; i < len(part); i++ {
		if part[i] != '%' {
			p.steps = append(p.steps, step{literal: part[i]})
			continue
		}
		if i++; i == len(part) {
			return fmt.Errorf("timestamp_format '%s' ends with a single %%", format)
		}
		c := part[i]
		switch {
		case c == '%':
			p.steps = append(p.steps, step{literal: c})
		case compound[c] != "":
			if err := p.compile(compound[c], format); err != nil {
				return err
			}
		case strings.IndexByte(directives, c) >= 0:
			p.steps = append(p.steps, step{directive: c})
		default:
			return fmt.Errorf("timestamp_format '%s': %%%c is not known; use auto, epoch_s, epoch_ms, epoch_us, epoch_ns, or %%Y %%m %%d %%H %%M %%S %%f %%z and the like", format, c)
		}
	}
	return nil
}

func (p *pattern) has(any string) bool {
	for _, s := range p.steps {
		if s.directive != 0 && strings.IndexByte(any, s.directive) >= 0 {
			return true
		}
	}
	return false
}

// fields are the parts of a stamp while it is read.
type fields struct {
	year, month, day, yearDay int // yearDay 0 for none
	hour, minute, second      int
	micro                     int64
	half                      int // of the day: 1 AM, 2 PM, 0 for none
	offset                    int64
	zoned                     bool // offset holds
	epoch                     int64
	counted                   bool // epoch holds
}

// parse reads b, all of it. loc is that of stamps without offset.
func (p *pattern) parse(b []byte, loc *time.Location) (value.Time, bool) {
	f := fields{month: 1, day: 1}
	for _, s := range p.steps {
		var ok bool
		if s.directive == 0 {
			b, ok = s.match(b)
		} else {
			b, ok = f.read(s.directive, b)
		}
		if !ok {
			return 0, false
		}
	}
	if len(trim(b)) > 0 {
		return 0, false
	}
	return f.time(loc)
}

func (s step) match(b []byte) ([]byte, bool) {
	if s.literal == ' ' || s.literal == '\t' {
		return bytes.TrimLeft(b, " \t"), true
	}
	if len(b) == 0 || b[0] != s.literal {
		return nil, false
	}
	return b[1:], true
}

// time puts the fields together.
func (f *fields) time(loc *time.Location) (value.Time, bool) {
	if f.counted {
		return value.Time(f.epoch*value.Second + f.micro), true
	}
	switch {
	case f.half > 0 && (f.hour < 1 || f.hour > 12):
		return 0, false
	case f.half > 0:
		f.hour = f.hour%12 + 12*(f.half-1)
	}
	if f.yearDay > 0 {
		if f.yearDay == 366 && !leap(f.year) {
			return 0, false
		}
		f.month, f.day = 1, f.yearDay
	} else if !validDate(f.year, f.month, f.day) {
		return 0, false
	}
	if f.zoned {
		loc = time.UTC
	}
	t := time.Date(f.year, time.Month(f.month), f.day, f.hour, f.minute, f.second, 0, loc).Unix() - f.offset
	return value.Time(t*value.Second + f.micro), true
}
