package schema

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/windrow/windrow/schema/syntax"
)

const (
	defaultMaxRecord = 1 << 20  // bytes
	maxMaxRecord     = 64 << 20 // bytes
	defaultIdle      = time.Minute
)

// streamOption is an option that a stream with connector = 'file' knows.
type streamOption struct {
	name string
	csv  bool // only with format = 'csv'
	set  func(f *file, o *Options, v string) error
}

// streamOptions are in the order in which they are set: later ones may look at
// what earlier ones have set.
var streamOptions = []streamOption{
	{"connector", false, setConnector},
	{"path", false, setPath},
	{"format", false, setFormat},
	{"delimiter", true, func(_ *file, o *Options, v string) (err error) {
		o.CSV.Delimiter, err = parseByte(v, "delimiter")
		return err
	}},
	{"quote", true, func(_ *file, o *Options, v string) (err error) {
		if o.CSV.Quote = 0; v == "" || strings.EqualFold(v, "none") {
			return nil
		}
		o.CSV.Quote, err = parseByte(v, "quote")
		return err
	}},
	{"header", true, func(_ *file, o *Options, v string) (err error) {
		o.CSV.Header, err = parseBool(v, "header")
		return err
	}},
	{"multiline", true, func(_ *file, o *Options, v string) (err error) {
		o.CSV.Multiline, err = parseBool(v, "multiline")
		return err
	}},
	{"timestamp_format", false, func(_ *file, o *Options, v string) error {
		o.TimestampFormat = v
		return checkTimestampFormat(v)
	}},
	{"timezone", false, func(_ *file, o *Options, v string) (err error) {
		o.Timezone, err = parseZone(v)
		return err
	}},
	{"max_record", false, func(_ *file, o *Options, v string) (err error) {
		o.MaxRecord, err = parseBytes(v)
		return err
	}},
	{"idle_timeout", false, func(_ *file, o *Options, v string) (err error) {
		if o.IdleTimeout, err = parseDuration(v); err != nil {
			return withHint("write idle_timeout = '1 minute', or '0 seconds' for never", "idle_timeout: %v", err)
		}
		return nil
	}},
	{"on_rewrite", false, func(_ *file, o *Options, v string) error {
		switch o.OnRewrite = OnRewrite(strings.ToLower(v)); o.OnRewrite {
		case RewritePause, RewriteAppend:
			return nil
		}
		return withHint("'pause' reads nothing more of a file that was written over and says so, 'append' takes what it holds now as new records",
			"on_rewrite is 'pause' or 'append', not '%s'", clip(v))
	}},
}

// streamOptions checks the WITH options of a stream.
func (f *file) streamOptions(def *streamDef, s *syntax.CreateStream) {
	def.Options = Options{
		CSV:             CSV{Delimiter: ',', Quote: '"', Header: true, Multiline: true},
		TimestampFormat: "auto", Timezone: time.UTC, MaxRecord: defaultMaxRecord,
		IdleTimeout: defaultIdle, OnRewrite: RewritePause,
	}
	given := f.given(s.Options, optionNames(), "stream "+s.Name.Text)
	good := true
	for _, known := range streamOptions {
		o, ok := given[known.name]
		if !ok {
			continue
		}
		if known.csv && def.Format != FormatCSV && good {
			f.problem(nameSpan(o.Key), "leave it out, or set format = 'csv'", "%s is for format = 'csv' only", known.name)
			continue
		}
		v, ok := f.expand(o.Value)
		if !ok {
			good = false
			continue
		}
		if err := known.set(f, &def.Options, v); err != nil {
			good = false
			f.problem(span{o.Value.Pos, o.Value.End}, hintOf(err), "%v", err)
		}
	}
	if good {
		f.complete(def, s, given)
	}
}

// complete reports what is missing and what does not fit together.
func (f *file) complete(def *streamDef, s *syntax.CreateStream, given map[string]syntax.Option) {
	at := nameSpan(s.Name)
	switch {
	case len(def.Paths) == 0:
		f.problem(at, "add WITH (connector = 'file', path = 'logs/*.ndjson')", "the stream %s has no path", s.Name.Text)
	case def.Format == "":
		f.problem(at, "add format = 'json' or format = 'csv'", "the format of the stream %s is not clear from its path", s.Name.Text)
	case def.Format == FormatCSV && def.CSV.Quote == def.CSV.Delimiter:
		o, ok := given["quote"]
		if !ok {
			o = given["delimiter"]
		}
		f.problem(span{o.Value.Pos, o.Value.End}, "", "quote and delimiter cannot be the same")
	}
	if def.Connector == "" {
		def.Connector = "file"
	}
}

func optionNames() []string {
	var names []string
	for _, o := range streamOptions {
		names = append(names, o.name)
	}
	return names
}

// given returns the options by their names, and reports unknown and repeated ones.
func (f *file) given(options []syntax.Option, names []string, of string) map[string]syntax.Option {
	out := map[string]syntax.Option{}
	for _, o := range options {
		key := strings.ToLower(o.Key.Text)
		if _, twice := out[key]; twice {
			f.problem(nameSpan(o.Key), "keep one of them", "the option %s is given twice", key)
			continue
		}
		known := false
		for _, n := range names {
			known = known || n == key
		}
		if !known {
			f.problem(nameSpan(o.Key), oneOf("options are", key, names), "the %s has no option %s", of, clip(o.Key.Text))
			continue
		}
		out[key] = o
	}
	return out
}

// hinted is an error with a way out.
type hinted struct {
	error
	hint string
}

func withHint(hint, format string, args ...any) error {
	return hinted{fmt.Errorf(format, args...), hint}
}

func hintOf(err error) string {
	if h, ok := err.(hinted); ok {
		return h.hint
	}
	return ""
}

func setConnector(_ *file, o *Options, v string) error {
	if o.Connector = strings.ToLower(v); o.Connector != "file" {
		return withHint("this version has: 'file'", "there is no connector '%s'", clip(v))
	}
	return nil
}

func setPath(f *file, o *Options, v string) error {
	if strings.TrimSpace(v) == "" {
		return withHint("path = 'logs/*.ndjson'", "the path is empty")
	}
	if strings.ContainsRune(v, 0) {
		return withHint("", "the path holds a NUL")
	}
	if f.Dir != "" && !filepath.IsAbs(v) {
		v = filepath.Join(escapeGlob(f.Dir), filepath.FromSlash(v))
	}
	o.Paths = []string{v}
	guessFormat(o, v)
	return nil
}

// escapeGlob makes a folder's name mean itself in a pattern.
func escapeGlob(dir string) string {
	if filepath.Separator == '\\' {
		return dir
	}
	var b strings.Builder
	for _, r := range dir {
		if strings.ContainsRune(`*?[]{}\`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// guessFormat takes the format from the ending of a path.
func guessFormat(o *Options, path string) {
	p := strings.ToLower(path)
	for _, z := range []string{".gz", ".zst"} {
		p = strings.TrimSuffix(p, z)
	}
	switch filepath.Ext(p) {
	case ".json", ".ndjson", ".jsonl":
		o.Format = FormatJSON
	case ".csv":
		o.Format = FormatCSV
	case ".tsv", ".tab":
		o.Format, o.CSV.Delimiter = FormatCSV, '\t'
	}
}

func setFormat(_ *file, o *Options, v string) error {
	switch low := strings.ToLower(v); low {
	case "json", "csv":
		o.Format = Format(low)
	case "ndjson", "jsonl":
		return withHint("write format = 'json', which reads one object per line, and an array too", "there is no format '%s'", low)
	case "tsv":
		return withHint("write format = 'csv', delimiter = 'tab'", "there is no format 'tsv'")
	default:
		return withHint(oneOf("this version has", low, []string{"json", "csv"}), "there is no format '%s'", clip(v))
	}
	return nil
}

func parseByte(v, what string) (byte, error) {
	if strings.EqualFold(v, "tab") || v == `\t` {
		return '\t', nil
	}
	if len(v) != 1 || v[0] >= 128 || v == "\n" || v == "\r" || v == "\x00" {
		return 0, withHint(map[string]string{"delimiter": "for a tab write 'tab'", "quote": "for none write 'none'"}[what], "%s is one ASCII character, not '%s'", what, clip(v))
	}
	return v[0], nil
}

func parseBool(v, what string) (bool, error) {
	switch strings.ToLower(v) {
	case "true", "on", "yes", "1":
		return true, nil
	case "false", "off", "no", "0":
		return false, nil
	}
	return false, withHint("", "%s is true or false, not '%s'", what, clip(v))
}

var byteUnits = map[string]int{"": 1, "b": 1, "kb": 1 << 10, "kib": 1 << 10, "k": 1 << 10, "mb": 1 << 20, "mib": 1 << 20, "m": 1 << 20}

func parseBytes(v string) (int, error) {
	digits := strings.TrimLeft(v, "0123456789")
	n, err := strconv.Atoi(v[:len(v)-len(digits)])
	unit, ok := byteUnits[strings.ToLower(strings.TrimSpace(digits))]
	if err != nil || !ok || n < 1 || n > maxMaxRecord/unit {
		return 0, withHint("max_record = '4 MiB'", "max_record is a number of bytes up to 64 MiB, not '%s'", clip(v))
	}
	return n * unit, nil
}

// timestampFormats are the words that timestamp_format knows, beside patterns.
var timestampFormats = []string{"auto", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns"}

// Directives are the letters that may follow % in a timestamp_format.
const Directives = "YmdHMSfzZbBjyeIpaAsTF%"

func checkTimestampFormat(v string) error {
	for _, w := range timestampFormats {
		if v == w {
			return nil
		}
	}
	if !strings.Contains(v, "%") {
		return withHint(oneOf("it is a pattern such as '%d/%b/%Y:%H:%M:%S %z', or one of", v, timestampFormats), "there is no timestamp_format '%s'", clip(v))
	}
	used := ""
	for i := 0; i < len(v); i++ {
		if v[i] != '%' {
			continue
		}
		if i++; i == len(v) || !strings.Contains(Directives, v[i:i+1]) {
			return withHint("known are %Y %m %d %H %M %S %f %z %b %j %p and the like", "the pattern has a %% that is not followed by a known letter")
		}
		used += v[i : i+1]
	}
	switch {
	case !strings.ContainsAny(used, "YysF"):
		return withHint("add %Y", "the pattern has no year")
	case strings.Contains(used, "I") && !strings.Contains(used, "p"):
		return withHint("use %H for hours of 0 to 23, or add %p", "the pattern has %%I, hours of 1 to 12, without %%p, AM or PM")
	}
	return nil
}
