package schema

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/windrow/windrow/schema/syntax"
)

const (
	defaultReportTimeout = 10 * time.Minute
	maxReportTimeout     = 24 * time.Hour
	defaultReviseFor     = 24 * time.Hour
	maxReviseFor         = 366 * 24 * time.Hour
)

// Who knows an option.
const (
	forReports = 1 << iota
	forAlerts
)

// reportOption is an option of a report or an alert.
type reportOption struct {
	name  string
	who   int
	needs need // what it is for; empty for anything
	set   func(o *ReportOptions, v string) error
}

// need is what an option needs to have an effect.
type need string

const (
	needsMail    need = "mail targets"
	needsWebhook need = "webhook targets"
	needsFile    need = "file targets with FORMAT csv, tsv, ndjson and parquet"
	needsCSV     need = "FORMAT csv"
	needsRows    need = "FORMAT csv and tsv"
	needsParts   need = "FORMAT csv, tsv, ndjson and parquet"
	needsRevise  need = "reports with REVISE"
)

var reportOptions = []reportOption{
	{"title", forReports, "", func(o *ReportOptions, v string) error {
		o.Title = v
		return checkLine("title", v)
	}},
	{"subject", forReports | forAlerts, needsMail, func(o *ReportOptions, v string) error {
		o.Subject = v
		return checkLine("subject", v)
	}},
	{"attach", forReports, needsMail, func(o *ReportOptions, v string) (err error) {
		o.Attach, err = parseBool(v, "attach")
		return err
	}},
	{"secret", forReports | forAlerts, needsWebhook, func(o *ReportOptions, v string) error {
		o.Secret = v
		return checkSecret("secret", v)
	}},
	{"key", forAlerts, "", func(o *ReportOptions, v string) (err error) {
		o.Key, err = parseKey(v)
		return err
	}},
	{"delimiter", forReports, needsCSV, func(o *ReportOptions, v string) (err error) {
		o.Delimiter, err = parseDelimiter(v)
		return err
	}},
	{"header", forReports, needsRows, func(o *ReportOptions, v string) error {
		header, err := parseBool(v, "header")
		o.NoHeader = !header
		return err
	}},
	{"null", forReports, needsRows, func(o *ReportOptions, v string) error {
		if o.Null = v; strings.ContainsAny(v, "\"\r\n") {
			return withHint("null = 'NULL'", "null is a text without quotes and line breaks")
		}
		return nil
	}},
	{"timezone", forReports | forAlerts, "", func(o *ReportOptions, v string) (err error) {
		o.Zone, err = parseZone(v)
		return err
	}},
	{"time_format", forReports | forAlerts, "", func(o *ReportOptions, v string) error {
		o.TimeFormat = v
		return checkOutputFormat(v)
	}},
	{"guard_formulas", forReports, needsRows, func(o *ReportOptions, v string) (err error) {
		o.GuardFormulas, err = parseBool(v, "guard_formulas")
		return err
	}},
	{"partition_by", forReports, needsParts, func(o *ReportOptions, v string) error {
		if o.PartitionBy = v; strings.TrimSpace(v) == "" {
			return withHint("partition_by = 'day'", "partition_by is day or a column")
		}
		return nil
	}},
	{"manifest", forReports, needsFile, func(o *ReportOptions, v string) (err error) {
		o.Manifest, err = parseBool(v, "manifest")
		return err
	}},
	{"timeout", forReports | forAlerts, "", func(o *ReportOptions, v string) (err error) {
		o.Timeout, err = parseBetween(v, "timeout", time.Second, maxReportTimeout)
		return err
	}},
	{"revise_for", forReports, needsRevise, func(o *ReportOptions, v string) (err error) {
		o.ReviseFor, err = parseBetween(v, "revise_for", time.Second, maxReviseFor)
		return err
	}},
}

// readOptions checks the WITH options of a report or an alert.
func (d *sending) readOptions(list []syntax.Option) {
	*d.options = ReportOptions{Title: d.name, Timeout: defaultReportTimeout, ReviseFor: defaultReviseFor}
	who := forReports
	if d.kind == "alert" {
		who = forAlerts
	}
	var names []string
	for _, o := range reportOptions {
		if o.who&who != 0 {
			names = append(names, o.name)
		}
	}
	given := d.f.given(list, names, d.kind+" "+d.name)
	d.given = map[string]bool{}
	for _, known := range reportOptions {
		o, ok := given[known.name]
		if !ok {
			continue
		}
		d.given[known.name] = true
		if !d.has(known.needs) {
			d.f.problem(nameSpan(o.Key), "leave it out", "%s is for %s", known.name, known.needs)
			continue
		}
		if known.name == "secret" && d.f.unset(o.Value) {
			d.options.Secret = o.Value.Text
			continue
		}
		v, ok := d.f.expand(o.Value)
		if !ok {
			continue
		}
		if err := known.set(d.options, v); err != nil {
			d.f.problem(span{o.Value.Pos, o.Value.End}, hintOf(err), "%v", err)
		}
	}
}

// has reports whether a need is met, or may be: of what has mistakes that is
// not known.
func (d *sending) has(n need) bool {
	to := func(kind TargetKind) bool {
		return d.lost || slices.ContainsFunc(*d.targets, func(t Target) bool { return t.Kind == kind })
	}
	format := func(ok func(*ReportFormat) bool) bool { return d.format == nil || ok(d.format) }
	parts := func(f *ReportFormat) bool { return f.Partitions }
	switch n {
	case needsMail:
		return to(TargetMail)
	case needsWebhook:
		return to(TargetWebhook)
	case needsFile:
		return to(TargetFile) && format(parts)
	case needsCSV:
		return format(func(f *ReportFormat) bool { return f.Name == "csv" })
	case needsRows:
		return format(func(f *ReportFormat) bool { return f.Name == "csv" || f.Name == "tsv" })
	case needsParts:
		return format(parts)
	case needsRevise:
		return d.revise
	}
	return true
}

// checkLine checks a text of one line with placeholders.
func checkLine(what, v string) error {
	if hasControl(v) || strings.TrimSpace(v) == "" {
		return withHint(what+" = '{name} of {date}'", "%s is one line of text", what)
	}
	return checkPlaceholders(v)
}

// parseKey reads names of columns separated by commas.
func parseKey(v string) ([]string, error) {
	var key []string
	for _, name := range strings.Split(v, ",") {
		name = strings.TrimSpace(name)
		same := func(k string) bool { return strings.EqualFold(k, name) }
		if name == "" || slices.ContainsFunc(key, same) {
			return nil, withHint("key = 'host, route'", "key is columns of the SELECT, each once, separated by commas")
		}
		key = append(key, name)
	}
	return key, nil
}

// parseDelimiter refuses what would make fields ambiguous.
func parseDelimiter(v string) (byte, error) {
	c, err := parseByte(v, "delimiter")
	alone := c == '\t' || c > ' ' && c < 0x7f && !strings.ContainsRune(`"'.+-`, rune(c)) &&
		(c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z')
	if err == nil && !alone {
		return 0, withHint("take ',' ';' '|' ':' or 'tab'", "'%s' cannot stand between fields", clip(v))
	}
	return c, err
}

// outputLetters are the letters that may follow % or %- in a time_format.
const outputLetters = "YymdeHIMSfLpaAbBjuwVGFTRszZ%"

// checkOutputFormat checks how times are written.
func checkOutputFormat(v string) error {
	words := []string{"iso", "epoch_s", "epoch_ms"}
	if slices.Contains(words, v) {
		return nil
	}
	if !strings.Contains(v, "%") {
		return withHint(oneOf("it is a pattern such as '%d.%m.%Y %H:%M', or one of", v, words), "there is no time_format '%s'", clip(v))
	}
	rest := strings.ReplaceAll(v, "%:z", "")
	for {
		_, after, found := strings.Cut(rest, "%")
		if !found {
			return nil
		}
		after = strings.TrimPrefix(after, "-")
		if after == "" || !strings.Contains(outputLetters, after[:1]) {
			return withHint("known are %Y %m %d %H %M %S %f %z %b %j %p and the like", "the pattern has a %% that is not followed by a known letter")
		}
		rest = after[1:]
	}
}

// parseBetween reads a length of time with limits.
func parseBetween(v, what string, least, most time.Duration) (time.Duration, error) {
	d, err := parseDuration(v)
	if err != nil {
		return 0, withHint(what+" = '5 minutes'", "%s: %v", what, err)
	}
	if d < least || d > most {
		return 0, withHint("", "%s is between %s and %s", what, lengthText(least), lengthText(most))
	}
	return d, nil
}

// lengthText is a length of time in words: "24 hours".
func lengthText(d time.Duration) string {
	n, unit := int64(d/time.Second), "second"
	switch {
	case d%(24*time.Hour) == 0 && d > 48*time.Hour:
		n, unit = int64(d/(24*time.Hour)), "day"
	case d%time.Hour == 0:
		n, unit = int64(d/time.Hour), "hour"
	case d%time.Minute == 0:
		n, unit = int64(d/time.Minute), "minute"
	}
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
