package schema

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/windrow/windrow/schema/syntax"
	"github.com/windrow/windrow/schema/window"
)

// MaxWorkers is the greatest number of workers of a stream.
const MaxWorkers = 256

// setting is a name that SET knows.
type setting struct {
	name  string
	set   func(f *file, s *Settings, v string) error
	unset func(s *Settings) *string // where it goes unexpanded with LoadOptions.Unset; nil if it may not
}

var settings = []setting{
	{"flush_interval", func(_ *file, s *Settings, v string) (err error) {
		s.FlushInterval, err = parseDuration(v)
		if err == nil && (s.FlushInterval < time.Millisecond || s.FlushInterval > time.Hour) {
			err = fmt.Errorf("flush_interval is between 1 millisecond and 1 hour")
		}
		return err
	}, nil},
	{"workers", func(_ *file, s *Settings, v string) (err error) {
		s.Workers, err = strconv.Atoi(v)
		if err != nil || s.Workers < 0 || s.Workers > MaxWorkers {
			return fmt.Errorf("workers is a number from 1 to %d, or 0 for one per CPU", MaxWorkers)
		}
		return nil
	}, nil},
	{"durability", func(_ *file, s *Settings, v string) error {
		s.Durability = strings.ToLower(v)
		if s.Durability != "power" && s.Durability != "process" {
			return fmt.Errorf("durability is 'power' (what is committed survives a power cut) or 'process' (it survives a crash)")
		}
		return nil
	}, nil},
	{"smtp", setSMTP, func(s *Settings) *string { return &s.SMTP }},
	{"mail_from", func(_ *file, s *Settings, v string) error {
		s.MailFrom = v
		return checkAddress("mail_from", v)
	}, func(s *Settings) *string { return &s.MailFrom }},
	{"webhook_secret", func(_ *file, s *Settings, v string) error {
		s.WebhookSecret = v
		return checkSecret("webhook_secret", v)
	}, func(s *Settings) *string { return &s.WebhookSecret }},
	{"report_root", setReportRoot, nil},
}

func (f *file) settings() {
	for _, st := range f.tree.Statements {
		if st.Set != nil && !st.Broken {
			f.setting(st.Set)
		}
	}
}

func (f *file) setting(s *syntax.Set) {
	var names []string
	for _, known := range settings {
		names = append(names, known.name)
		if !strings.EqualFold(known.name, s.Key.Text) {
			continue
		}
		if f.l.set[known.name] {
			f.problem(nameSpan(s.Key), "keep one of them", "%s is set twice", known.name)
			return
		}
		f.l.set[known.name] = true
		f.setTo(known, s.Value)
		return
	}
	f.problem(nameSpan(s.Key), oneOf("settings are", s.Key.Text, names), "there is no setting %s", s.Key.Text)
}

func (f *file) setTo(known setting, l syntax.Literal) {
	into := &f.l.pipeline.Settings
	if known.unset != nil && f.unset(l) {
		*known.unset(into) = l.Text
		return
	}
	expand := f.expand
	if known.name == "smtp" {
		expand = f.expandURL
	}
	v, ok := expand(l)
	if !ok {
		return
	}
	if err := known.set(f, into, v); err != nil {
		f.problem(span{l.Pos, l.End}, hintOf(err), "%v", err)
	}
}

// parseDuration reads a fixed length of time that is not negative.
func parseDuration(text string) (time.Duration, error) {
	sp, err := window.ParseSpan(text)
	if err != nil {
		return 0, err
	}
	return fixedDuration(sp)
}

// fixedDuration refuses months and years, and what is longer than 290 years.
func fixedDuration(sp window.Span) (time.Duration, error) {
	if sp.Calendar() {
		return 0, fmt.Errorf("%s has no fixed length; write it in days", sp)
	}
	us := sp.Micros()
	if us < 0 {
		return 0, fmt.Errorf("%s is negative", sp)
	}
	d := time.Duration(us) * time.Microsecond
	if int64(d/time.Microsecond) != us {
		return 0, fmt.Errorf("%s is too long", sp)
	}
	return d, nil
}

// clip cuts a text to a length that fits into a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:37]) + "..."
	}
	return s
}
