package schema

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func load(t *testing.T, dir, text string) (*Pipeline, Problems) {
	t.Helper()
	return Load([]Source{{Name: "x.sql", Dir: dir, Text: text}}, LoadOptions{Getenv: env})
}

func TestSMTP(t *testing.T) {
	tests := []struct{ value, want string }{ // what is kept, or the begin of a message
		{"smtps://robot:secret@mail.example.com:465", "smtps://robot:secret@mail.example.com:465"},
		{"smtps://robot:${SMTP_PASSWORD}@mail.example.com", "smtps://robot:p%40ss%2Fw%3Ard%23%3F@mail.example.com"},
		{"smtp://${SMTP_PASSWORD}:${NONE:-a b}@[::1]:25?tls=none", "smtp://p%40ss%2Fw%3Ard%23%3F:a%20b@[::1]:25?tls=none"},
		{"${NONE:-smtp://robot:secret@mail.example.com}", "smtp://robot:secret@mail.example.com"},
		{"smtp://${NONE:-mail.example.com}:587", "smtp://mail.example.com:587"},
		{"smtp://localhost:2525?tls=none", "smtp://localhost:2525?tls=none"},
		{"smtp://mail.example.com?tls=none", "!mail without TLS"},
		{"smtps://localhost?tls=none", "!mail without TLS"},
		{"smtp://localhost?tls=off", "!smtp has a ?"},
		{"smtps://localhost?ca=/etc/a+b%20c.pem", "smtps://localhost?ca=%2Fetc%2Fa%2Bb%20c.pem"},
		{"smtp://mail.example.com?ca=certs/ca.pem", "smtp://mail.example.com?ca=certs%2Fca.pem"},
		{"smtps://robot:${SMTP_PASSWORD}@localhost?ca=/x/${SMTP_PASSWORD}", "smtps://robot:p%40ss%2Fw%3Ard%23%3F@localhost?ca=%2Fx%2Fp%40ss%2Fw%3Ard%23%3F"},
		{"smtps://localhost?ca=", "!smtp has a ?"},
		{"smtps://localhost?ca=%zz", "!smtp has a ?"},
		{"smtp://localhost?ca=a.pem&tls=none", "!smtp has a ?"},
		{"https://mail.example.com", "!smtp begins with"},
		{"mail.example.com:25", "!smtp is not a URL"},
		{"smtp://", "!smtp is not a URL"},
		{"smtp://mail.example.com:0", "!smtp is not a URL"},
		{"smtp://mail.example.com:", "!smtp is not a URL"},
		{"smtp://robot:secret@mail.example.com:99999", "!smtp is not a URL"},
		{"smtp://robot@mail.example.com", "!smtp has a user without"},
		{"smtp://:secret@mail.example.com", "!smtp has a user without"},
		{"smtp://mail.example.com/path", "!smtp has something after"},
		{"", "!smtp is not a URL"},
	}
	for _, tt := range tests {
		p, problems := load(t, "", "SET smtp = '"+tt.value+"'")
		got := ""
		if p != nil {
			got = p.Settings.SMTP
		} else {
			got = "!" + problems[0].Message
			if text := problems.Format(); strings.Contains(text, "p@ss") || problems[0].Hint == "" {
				t.Errorf("%s: the message shows a secret, or has no way out:\n%s", tt.value, text)
			}
		}
		if got != tt.want && !(tt.want[0] == '!' && strings.HasPrefix(got, tt.want)) {
			t.Errorf("%s: got %s, want %s", tt.value, got, tt.want)
		}
	}
}

// TestSMTPAuthority checks that the file of certificates is one that can be
// opened from where the program runs.
func TestSMTPAuthority(t *testing.T) {
	for ca, want := range map[string]string{
		"ca.pem": filepath.Join("my defs", "ca.pem"), "../certs/a&b=c.pem": filepath.Join("certs", "a&b=c.pem"), "/etc/ca.pem": "/etc/ca.pem",
		"${NONE:-a&b #c}.pem": filepath.Join("my defs", "a&b #c.pem"),
	} {
		p, problems := load(t, "my defs", "SET smtp = 'smtps://localhost?ca="+strings.ReplaceAll(ca, "a&b=c", "a%26b=c")+"'")
		if problems != nil {
			t.Errorf("%s: %s", ca, problems.Format())
			continue
		}
		u, err := url.Parse(p.Settings.SMTP)
		if err != nil || filepath.ToSlash(u.Query().Get("ca")) != filepath.ToSlash(want) {
			t.Errorf("%s: got %s (%v), want the file %s", ca, p.Settings.SMTP, err, want)
		}
	}
}

func TestReportSettings(t *testing.T) {
	for text, want := range map[string]string{
		"SET mail_from = 'robot'": "mail_from is not an address of mail", "SET mail_from = 'a@example.com, b@example.com'": "mail_from is not an address of mail",
		"SET mail_from = 'Robot <robot@example.com>\r\nBcc: x@example.com'": "mail_from is not an address of mail",
		"SET webhook_secret = '${EMPTY}'":                                   "webhook_secret is empty", "SET report_root = ' '": "report_root is not a folder",
		"SET mail_from = 'Robot <robot@example.com>'": "", "SET webhook_secret = 'x'": "", "SET report_root = '/srv'": "",
	} {
		_, problems := load(t, "", text)
		got := ""
		if len(problems) > 0 {
			got = problems[0].Message
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// TestReportRoot checks which folder file targets stay below.
func TestReportRoot(t *testing.T) {
	abs, err := filepath.Abs("/srv/reports")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ dir, set, target, root, address string }{
		{"", "", "a/b.html", ".", "a/b.html"},
		{"defs", "", "a/b.html", "defs", "a/b.html"},
		{"defs", "out", "a/b.html", filepath.Join("defs", "out"), "a/b.html"},
		{"defs", "../out", "./a//b.html", "out", "a/b.html"},
		{"defs", abs, "a.html", abs, "a.html"},
		{"defs", abs, filepath.Join(abs, "x", "a.html"), abs, "x/a.html"},
		{"defs", abs, filepath.Join(abs, "..", "a.html"), "", ""},
		{"defs", abs, abs + "er/a.html", "", ""},
		{"defs", "out", filepath.Join(abs, "a.html"), "", ""},
		{"defs", "", filepath.Join(abs, "a.html"), "", ""},
		{"defs", abs, "../a.html", "", ""},
	}
	for _, tt := range tests {
		text := "CREATE REPORT r SCHEDULE '@daily' TO '" + tt.target + "' AS SELECT 1;"
		if tt.set != "" {
			text += "SET report_root = '" + tt.set + "';"
		}
		p, problems := load(t, tt.dir, text)
		switch {
		case tt.root == "" && len(problems) == 1 && strings.HasPrefix(problems[0].Message, "the path "):
		case tt.root == "" || p == nil:
			t.Errorf("%+v: got %v %s", tt, p, problems.Format())
		default:
			if got := p.Reports[0].Targets[0]; got.Root != tt.root || got.Address != tt.address || got.Text != tt.target {
				t.Errorf("%+v: got %+v", tt, got)
			}
		}
	}
}

// TestReportText checks that the statement and the targets are kept as they
// are written, for the store: with no value of a variable in them.
func TestReportText(t *testing.T) {
	const report = "CREATE REPORT r SCHEDULE '@daily' FORMAT html TO 'https://example.com/${WEBHOOK_SECRET}' WITH (title = '${LOGS}', secret = '${WEBHOOK_SECRET}')\nAS SELECT '${LOGS}' -- x\n"
	const alert = "CREATE ALERT a EVERY INTERVAL '1 hour' TO '${LOGS}/a.ndjson' AS SELECT ago('${LOGS}')"
	p, problems := load(t, "", "-- before\n"+report+";\n"+alert+" /* after */;")
	if problems != nil {
		t.Fatal(problems.Format())
	}
	r, a := p.Report("R"), p.Alert("A")
	if r == nil || a == nil || p.Report("a") != nil || p.Alert("r") != nil {
		t.Fatalf("found %v, %v", r, a)
	}
	if want := strings.TrimSuffix(report, " -- x\n"); r.Text != want || a.Text != alert || r.Pos != len("-- before\n") {
		t.Errorf("got %q at %d, %q", r.Text, r.Pos, a.Text)
	}
	if to := r.Targets[0]; to.Address != "https://example.com/a long secret" || to.Text != "https://example.com/${WEBHOOK_SECRET}" {
		t.Errorf("%+v", to)
	}
	if r.Options.Title != "logs" || r.Options.Secret != "a long secret" || r.Sections[0].SQL != "SELECT '${LOGS}'" || a.SQL != "SELECT ago('${LOGS}')" {
		t.Errorf("%+v %+v %q", r.Options, r.Sections, a.SQL)
	}
	if a.Targets[0].Address != "logs/a.ndjson" || a.Every.Next(time.Unix(1, 0)).Unix() != 3600 {
		t.Errorf("%+v %s", a.Targets, a.Every)
	}
}

// TestMailOnce checks that a missing server is one mistake, and that a
// setting with a mistake is not missing.
func TestMailOnce(t *testing.T) {
	const two = "CREATE REPORT a SCHEDULE '@daily' FORMAT html TO 'mailto:a@example.com' AS SELECT 1; CREATE ALERT b EVERY INTERVAL '1 hour' TO 'mailto:a@example.com' AS SELECT 1;"
	for text, want := range map[string]string{
		two:                                   "mail needs SET smtp and SET mail_from;",
		two + "SET smtp = 'smtp://localhost'": "mail needs SET mail_from;",
		two + "SET smtp = 'smtp'; SET mail_from = 'a@example.com'":                      "smtp is not a URL with a host and a port;",
		two + "SET mail_from = 'a@example.com'":                                         "mail needs SET smtp;",
		two + "SET smtp = 'smtp://[::1]?tls=none'; SET mail_from = 'A <a@example.com>'": "",
	} {
		_, problems := load(t, "", text)
		got := ""
		for _, q := range problems {
			got += q.Message + ";"
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", strings.TrimPrefix(text, two), got, want)
		}
	}
}

// TestReportFiles checks definitions in several files: each has its own
// folder, settings hold for all.
func TestReportFiles(t *testing.T) {
	const report = "CREATE REPORT r SCHEDULE '@daily' TO 'r.html' AS SELECT 1"
	p, problems := Load([]Source{
		{Name: "a.sql", Dir: "a", Text: report},
		{Name: "b.sql", Dir: "b", Text: strings.ReplaceAll(report, "REPORT r", "REPORT s")},
	}, LoadOptions{})
	if problems != nil {
		t.Fatal(problems.Format())
	}
	if p.Reports[0].Targets[0].Root != "a" || p.Reports[1].Targets[0].Root != "b" || p.Reports[1].File != "b.sql" {
		t.Errorf("%+v %+v", p.Reports[0], p.Reports[1])
	}
	_, problems = Load([]Source{
		{Name: "a.sql", Dir: "a", Text: report},
		{Name: "b.sql", Dir: "b", Text: strings.ReplaceAll(report, "REPORT r", "REPORT s") + "; SET report_root = '/srv'"},
	}, LoadOptions{})
	if len(problems) != 1 || problems[0].Message != "the report r writes this file too" || problems[0].File != "b.sql" {
		t.Errorf("%s", problems.Format())
	}
	_, problems = Load([]Source{{Name: "a.sql", Text: "\n\n" + report}, {Name: "b.sql", Text: report + ";\n" + strings.Replace(report, "'r.html'", "'s.html'", 1)}}, LoadOptions{})
	if len(problems) != 3 || problems[0].Message != "there is already a report r, in line 3 of a.sql" || problems[0].File != "b.sql" {
		t.Errorf("%s", problems.Format())
	}
}
