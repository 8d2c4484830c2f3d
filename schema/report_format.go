package schema

import (
	"path"
	"slices"
	"strings"

	"github.com/windrow/windrow/schema/syntax"
)

// otherFormats are other words for formats.
var otherFormats = map[string]string{"md": "markdown", "txt": "text", "table": "text", "plain": "text", "excel": "xlsx", "xls": "xlsx",
	"jsonl": "ndjson", "jsonlines": "ndjson", "pdf": "html, which prints well", "htm": "html"}

// readFormat finds the format that FORMAT says, or else the names of the files.
func (d *sending) readFormat(s *syntax.CreateReport) {
	if s.Format == nil {
		d.guessFormat(s)
		return
	}
	low := strings.ToLower(s.Format.Text)
	var names []string
	for i := range ReportFormats {
		names = append(names, ReportFormats[i].Name)
		if ReportFormats[i].Name == low {
			d.format = &ReportFormats[i]
			return
		}
	}
	hint := oneOf("formats are", low, names)
	if other := otherFormats[low]; other != "" {
		hint = "write FORMAT " + other
	}
	d.f.problem(nameSpan(*s.Format), hint, "there is no format %s", clip(s.Format.Text))
}

// otherEndings are endings of files that no format has, with what to take
// instead.
var otherEndings = map[string]string{".pdf": ".html, which prints well", ".xls": ".xlsx", ".xlsm": ".xlsx", ".ods": ".xlsx",
	".doc": ".html", ".docx": ".html", ".odt": ".html", ".rtf": ".html", ".xml": ".json", ".yaml": ".json", ".yml": ".json",
	".avro": ".parquet", ".orc": ".parquet", ".arrow": ".parquet", ".feather": ".parquet"}

// packed are endings of compressed files.
var packed = []string{".gz", ".gzip", ".tgz", ".zip", ".zst", ".bz2", ".xz", ".lz4", ".br", ".7z"}

// guessFormat takes the format that the files' endings say, which must be one.
func (d *sending) guessFormat(s *syntax.CreateReport) {
	clear := true
	for i, t := range *d.targets {
		if t.Kind != TargetFile {
			continue
		}
		f := formatOf(t.Address)
		if d.noFormat(t, f, d.placesOf[i]) {
			d.lost = true // that is the mistake, and said
		}
		clear = clear && f != nil && (d.format == nil || d.format == f)
		d.format = f
	}
	if (d.format == nil || !clear) && !d.lost {
		d.f.problem(nameSpan(s.Name), "add FORMAT html", "the format of the report %s is not clear from its targets", d.name)
	}
	if !clear {
		d.format = nil
	}
}

// noFormat says why the ending of a file names no format, or another one than
// the file before, where that can be said.
func (d *sending) noFormat(t Target, f *ReportFormat, at span) bool {
	ending := endingOf(t.Address)
	switch other := otherEndings[ending]; {
	case f != nil && d.format != nil && f != d.format:
		d.f.problem(at, "make a report of each", "a report has one format: the file before this one is %s, and this one %s", d.format.Name, f.Name)
	case other != "":
		d.f.problem(at, "take "+other, "there is no format %s", ending[1:])
	case slices.Contains(packed, ending):
		d.f.problem(at, "leave out "+ending, "reports are not compressed")
	default:
		return false
	}
	return true
}

// endingFits warns where the ending of a file says something else than what
// is in it.
func (d *sending) endingFits(t Target, at span) {
	ending := endingOf(t.Address)
	switch f := formatOf(t.Address); {
	case d.format == nil || f == d.format:
	case f != nil:
		d.f.warn(at, "FORMAT "+f.Name+", or another name", "the file is named like %s and holds %s", f.Name, d.format.Name)
	case otherEndings[ending] != "":
		d.f.warn(at, "name it "+d.format.Endings[0], "the file is named like %s and holds %s", ending[1:], d.format.Name)
	case slices.Contains(packed, ending):
		d.f.warn(at, "leave out "+ending, "the file is named like a compressed one, and reports are not compressed")
	}
}

func endingOf(name string) string { return strings.ToLower(path.Ext(name)) }

// formatOf returns the format that the ending of a file name says, or nil.
func formatOf(name string) *ReportFormat {
	ending := endingOf(name)
	for i, f := range ReportFormats {
		if slices.Contains(f.Endings, ending) {
			return &ReportFormats[i]
		}
	}
	return nil
}
