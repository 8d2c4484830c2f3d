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
	name string
	set  func(f *file, s *Settings, v string) error
}

var settings = []setting{
	{"flush_interval", func(_ *file, s *Settings, v string) (err error) {
		s.FlushInterval, err = parseDuration(v)
		if err == nil && (s.FlushInterval < time.Millisecond || s.FlushInterval > time.Hour) {
			err = fmt.Errorf("flush_interval is between 1 millisecond and 1 hour")
		}
		return err
	}},
	{"workers", func(_ *file, s *Settings, v string) (err error) {
		s.Workers, err = strconv.Atoi(v)
		if err != nil || s.Workers < 0 || s.Workers > MaxWorkers {
			return fmt.Errorf("workers is a number from 1 to %d, or 0 for one per CPU", MaxWorkers)
		}
		return nil
	}},
	{"durability", func(_ *file, s *Settings, v string) error {
		s.Durability = strings.ToLower(v)
		if s.Durability != "power" && s.Durability != "process" {
			return fmt.Errorf("durability is 'power' (what is committed survives a power cut) or 'process' (it survives a crash)")
		}
		return nil
	}},
	{"smtp", func(_ *file, s *Settings, v string) error {
		s.SMTP = v
		return checkSMTP(v)
	}},
	{"mail_from", func(_ *file, s *Settings, v string) error {
		s.MailFrom = v
		return checkAddress("mail_from", v)
	}},
	{"webhook_secret", func(_ *file, s *Settings, v string) error {
		s.WebhookSecret = v
		return checkSecret("webhook_secret", v)
	}},
	{"report_root", setReportRoot},
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
		if v, ok := f.expandURL(s.Value, known.name == "smtp"); ok {
			if err := known.set(f, &f.l.pipeline.Settings, v); err != nil {
				f.problem(span{s.Value.Pos, s.Value.End}, hintOf(err), "%v", err)
			}
		}
		return
	}
	f.problem(nameSpan(s.Key), oneOf("settings are", s.Key.Text, names), "there is no setting %s", s.Key.Text)
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

// expand replaces ${NAME} and ${NAME:-default} in an option's value. It
// reports what is not set.
func (f *file) expand(v syntax.Literal) (string, bool) { return f.expandURL(v, false) }

// expandURL is expand. With url, what variables give as user or password of a
// URL is escaped: a password may hold any character.
func (f *file) expandURL(v syntax.Literal, url bool) (string, bool) {
	var b strings.Builder
	rest, ok := v.Text, true
	for {
		before, after, found := strings.Cut(rest, "${")
		b.WriteString(before)
		if !found {
			return b.String(), ok
		}
		inner, tail, closed := strings.Cut(after, "}")
		name, fallback, has := strings.Cut(inner, ":-")
		if !closed || name == "" {
			f.problem(span{v.Pos, v.End}, "write ${NAME} or ${NAME:-default}", "%q is not the name of a variable", "${"+clip(after))
			return "", false
		}
		rest = tail
		val, isSet := f.getenv(name)
		if has && val == "" {
			val, isSet = fallback, true
		}
		if !isSet {
			ok = false
			f.problem(span{v.Pos, v.End}, fmt.Sprintf("set it, or write ${%s:-default}", name), "the environment variable %s is not set", name)
		}
		if url && strings.Contains(b.String(), "://") && strings.Contains(tail, "@") {
			val = escapeUser(val)
		}
		b.WriteString(val)
	}
}

func (f *file) getenv(name string) (string, bool) {
	if f.l.opts.Getenv == nil {
		return "", false
	}
	return f.l.opts.Getenv(name)
}

// clip cuts a text to a length that fits into a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:37]) + "..."
	}
	return s
}
