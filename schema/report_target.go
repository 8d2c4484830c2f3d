package schema

import (
	"net/mail"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/windrow/windrow/schema/syntax"
)

// readTargets checks the targets of a report or an alert.
func (d *sending) readTargets(list []syntax.Literal) {
	seen, texts := map[string]bool{}, map[string]bool{}
	for _, l := range list {
		at := span{l.Pos, l.End}
		t, ok := d.readTarget(l)
		if !ok || t.Unset {
			d.lost = true // whatever it is: others may be meant for it
		}
		if !ok {
			continue
		}
		t.Text = unlike(shownTarget(t.Kind, l.Text), texts)
		if key := string(t.Kind) + t.Address; seen[key] {
			d.f.problem(at, "keep one of them", "this target is given twice")
		} else {
			seen[key] = true
		}
		*d.targets = append(*d.targets, t)
		d.placesOf = append(d.placesOf, at)
	}
}

// readTarget reads one target, and reports whether it is one.
func (d *sending) readTarget(l syntax.Literal) (Target, bool) {
	if d.f.unset(l) {
		return Target{Kind: kindOf(l.Text), Address: l.Text, Unset: true}, true
	}
	v, ok := d.f.expand(l)
	if !ok {
		return Target{}, false
	}
	t, err := d.target(v)
	if err != nil {
		d.f.problem(span{l.Pos, l.End}, hintOf(err), "%v", err)
	}
	return t, err == nil
}

// target tells kinds of targets apart. Messages do not show the expanded text.
func (d *sending) target(v string) (Target, error) {
	scheme, rest, hasScheme := strings.Cut(v, ":")
	scheme = strings.ToLower(scheme)
	switch {
	case strings.TrimSpace(v) == "":
		return Target{}, withHint("TO 'reports/{name}-{date}.html'", "the target is empty")
	case hasControl(v):
		return Target{}, withHint("", "the target holds a line break or another control character")
	case strings.EqualFold(v, "stdout"):
		return Target{Kind: TargetStdout}, nil
	case hasScheme && scheme == "mailto":
		return d.mail(rest)
	case hasScheme && (scheme == "https" || scheme == "http"):
		return webhook(v)
	case hasScheme && strings.HasPrefix(rest, "//"):
		return Target{}, withHint("targets are paths of files, 'mailto:ops@example.com', 'https://example.com/hook' and stdout", "there is no kind of target for %s://", clip(scheme))
	}
	return d.file(v)
}

// mail reads addresses separated by commas.
func (d *sending) mail(list string) (Target, error) {
	if strings.Contains(list, "?") {
		return Target{}, withHint("WITH (subject = '{name} of {date}')", "after the addresses of mailto: nothing follows")
	}
	parsed, err := mail.ParseAddressList(list)
	if err != nil {
		return Target{}, withHint("write 'mailto:ops@example.com,boss@example.com'", "the target has an address of mail that cannot be read")
	}
	var addresses []string
	for _, a := range parsed {
		addresses = append(addresses, a.Address)
	}
	return Target{Kind: TargetMail, Address: strings.Join(addresses, ",")}, nil
}

func webhook(v string) (Target, error) {
	u, err := url.Parse(v)
	switch {
	case err != nil || u.Hostname() == "" || !goodPort(u):
		return Target{}, withHint("write 'https://hooks.example.com/path'", "the target is not a URL with a host")
	case strings.EqualFold(u.Scheme, "http") && !loopback(u.Hostname()):
		return Target{}, withHint("write https://, or http://localhost", "a webhook needs https, unless it is on this machine")
	case strings.ContainsAny(v, "{}"):
		return Target{}, withHint("report and slot are in the headers of the request", "a URL has no placeholders")
	}
	return Target{Kind: TargetWebhook, Address: v}, nil
}

// file reads a path below the root.
func (d *sending) file(v string) (Target, error) {
	root := d.f.reportRoot()
	if a, err := mail.ParseAddress(v); err == nil && !strings.ContainsAny(v, `/\`) && formatOf(v) == nil {
		return Target{}, withHint("write 'mailto:"+a.Address+"'", "an address of mail begins with mailto:")
	}
	if err := checkPlaceholders(v); err != nil {
		return Target{}, err
	}
	folder := strings.HasSuffix(v, "/")
	name := filepath.FromSlash(v)
	if filepath.IsAbs(name) {
		if !d.f.l.set["report_root"] {
			return Target{}, withHint("write it without the / in front, or SET report_root = '/var/reports'", "the path is absolute: files stay below the folder of the definition file")
		}
		below, err := filepath.Rel(root, name)
		if err != nil || !filepath.IsLocal(below) {
			return Target{}, withHint("", "the path is not below report_root")
		}
		name = below
	}
	if !filepath.IsLocal(name) {
		return Target{}, withHint("files stay below the folder of the definition file, or below SET report_root = '/var/reports'", "the path leads out of the folder for reports")
	}
	address := filepath.ToSlash(filepath.Clean(name))
	if folder {
		address += "/"
	} else if address == "." {
		return Target{}, withHint("TO 'reports/{name}-{date}.html'", "the path names no file")
	}
	return Target{Kind: TargetFile, Address: address, Root: root}, nil
}

// reportRoot is the folder that file targets stay below.
func (f *file) reportRoot() string {
	switch root := f.l.pipeline.Settings.ReportRoot; {
	case root != "":
		return root
	case f.Dir != "":
		return f.Dir
	}
	return "."
}

// fitTargets checks targets against the rest of the definition.
func (d *sending) fitTargets() {
	for i, t := range *d.targets {
		at := d.placesOf[i]
		switch {
		case t.Unset:
		case t.Kind == TargetFile:
			d.fitFile(t, at)
		case d.options.PartitionBy != "":
			d.f.problem(at, "make a report of its own for this target", "a report with partition_by goes into folders only")
		case t.Kind == TargetMail:
			d.needMail(at)
		}
	}
}

// needMail reports, once, that there is no server to send mail with.
func (d *sending) needMail(at span) {
	var missing, forms []string
	for _, s := range []struct{ name, form string }{
		{"smtp", "SET smtp = 'smtps://user:${SMTP_PASSWORD}@mail.example.com:465';"},
		{"mail_from", "SET mail_from = 'Windrow <robot@example.com>';"},
	} {
		if !d.f.l.set[s.name] {
			missing, forms = append(missing, "SET "+s.name), append(forms, s.form)
		}
	}
	if len(missing) > 0 {
		d.f.problem(at, "add "+strings.Join(forms, " "), "mail needs %s", strings.Join(missing, " and "))
		d.f.l.problems[len(d.f.l.problems)-1].once = "mail"
	}
}

// fitFile checks a file target: whether it is a folder, whether slots or
// others write the same file, and whether a stream reads it.
func (d *sending) fitFile(t Target, at span) {
	folder := strings.HasSuffix(t.Address, "/")
	switch {
	case folder && d.kind == "alert":
		d.f.problem(at, "TO 'alerts.ndjson'", "the events of an alert go to a file, not into a folder")
		return
	case folder && !d.given["partition_by"]:
		d.f.problem(at, "name a file, or add WITH (partition_by = 'day')", "only a report with partition_by goes into a folder")
		return
	case !folder && d.options.PartitionBy != "":
		d.f.problem(at, "end the path with a /", "a report with partition_by goes into a folder")
		return
	}
	d.writtenOnce(t, at)
	if d.kind == "report" {
		d.nameFits(t, at)
	}
	d.notRead(t, at)
}

// nameFits warns where the name of a report's file says something else than
// what is in it.
func (d *sending) nameFits(t Target, at span) {
	d.endingFits(t, at)
	if d.schedule == nil {
		return
	}
	if a, b, same := sameName(d.schedule, t.Address); same {
		zone := d.schedule.Zone()
		const form = "2006-01-02 15:04 MST"
		d.f.warn(at, "{slot} is never the same for two slots", "the slots %s and %s have the same file name: the second one replaces the first", a.In(zone).Format(form), b.In(zone).Format(form))
	}
}

// writtenOnce reports a file that another report or alert writes too. Alerts
// may share one.
func (d *sending) writtenOnce(t Target, at span) {
	key := filepath.Join(t.Root, strings.ReplaceAll(t.Address, "{name}", d.name))
	what := d.kind + " " + d.name
	other, ok := d.f.l.written[key]
	if ok && (d.kind == "report" || !strings.HasPrefix(other, "alert")) {
		d.f.problem(at, "give them files of their own, or use {name} in the path", "the %s writes this file too", other)
		return
	}
	d.f.l.written[key] = what
}

// notRead reports a report that would be read as events, or be written over
// them. Of an alert, which appends, that may be meant.
func (d *sending) notRead(t Target, at span) {
	sample := strings.NewReplacer("{name}", d.name, "{date}", "2026-03-02", "{time}", "0800", "{slot}", "20260302T070000Z").Replace(t.Address)
	if strings.HasSuffix(sample, "/") {
		sample += "part"
	}
	name := filepath.Join(t.Root, filepath.FromSlash(sample))
	for _, s := range d.f.l.pipeline.Streams {
		for _, pattern := range s.Paths {
			if ok, err := doublestar.PathMatch(filepath.Clean(pattern), name); err == nil && ok {
				say := d.f.problem
				if d.kind == "alert" {
					say = d.f.warn
				}
				say(at, "another folder, such as 'reports/', is safe", "the stream %s reads this file: its path is %s", s.Name, pattern)
			}
		}
	}
}
