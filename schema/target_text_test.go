package schema

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestShownTarget checks that no secret of a URL is in what the store and
// people see.
func TestShownTarget(t *testing.T) {
	tests := []struct{ written, want string }{
		{"https://example.com/x?token=abc", "https://example.com/x?..."},
		{"https://user:abc@example.com/x", "https://example.com/x"},
		{"HTTPS://abc@example.com", "HTTPS://example.com"},
		{"https://u:a@bc@example.com:8443/x/@y?token=abc#abc", "https://example.com:8443/x/@y?..."},
		{"https://example.com?abc", "https://example.com?..."},
		{"https://example.com/#abc", "https://example.com/#..."},
		{"https://example.com/a/b", "https://example.com/a/b"},
		{"https://example.com/${WEBHOOK_SECRET}", "https://example.com/${WEBHOOK_SECRET}"},
		{"https://${LOGS}:abc@${NONE:-example.com}/x?token=${WEBHOOK_SECRET}", "https://${NONE:-example.com}/x?..."},
		{"${NONE:-https://u:abc@example.com/x}", "${NONE:-...}"},
		{"${NONE:-https://example.com/x?token=abc}/y", "${NONE:-...}/y"},
		{"${NONE:-https://}u:abc@example.com/x", "example.com/x"},
	}
	for _, tt := range tests {
		p, problems := load(t, "", "CREATE ALERT a EVERY INTERVAL '1 hour' TO '"+tt.written+"' AS SELECT 1")
		if problems != nil {
			t.Errorf("%s: %s", tt.written, problems.Format())
		} else if got := p.Alerts[0].Targets[0].Text; got != tt.want || strings.Contains(got, "abc") {
			t.Errorf("%s: got %s, want %s", tt.written, got, tt.want)
		}
	}
}

// TestTargetsApart checks that the targets of one report have texts of their
// own, and that other kinds are as written.
func TestTargetsApart(t *testing.T) {
	p, problems := load(t, "", `SET smtp = 'smtp://localhost'; SET mail_from = 'a@example.com';
		CREATE REPORT r SCHEDULE '@daily' FORMAT html TO 'https://example.com/x?a', 'https://example.com/x?b', 'x?c', 'mailto:a@example.com', 'https://u:p@example.com/x?a', stdout AS SELECT 1;
		CREATE ALERT a EVERY INTERVAL '1 hour' TO 'https://example.com/x?c' AS SELECT 1`)
	if problems != nil {
		t.Fatal(problems.Format())
	}
	var got []string
	for _, to := range slices.Concat(p.Reports[0].Targets, p.Alerts[0].Targets) {
		got = append(got, to.Text)
	}
	want := []string{"https://example.com/x?...", "https://example.com/x?... (2)", "x?c", "mailto:a@example.com", "https://example.com/x?... (3)", "stdout", "https://example.com/x?..."}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if a := p.Reports[0].Targets[1].Address; a != "https://example.com/x?b" {
		t.Errorf("the address is %s", a)
	}
}

// TestUnset checks which variables need not be set where nothing is sent.
func TestUnset(t *testing.T) {
	const sending = `SET smtp = 'smtp://u:${PW}@${HOST}'; SET mail_from = '${FROM}'; SET webhook_secret = '${SECRET}';
		CREATE REPORT r SCHEDULE '@daily' TO 'mailto:${OPS}', '${DIR}/r.html', 'https://${HOST}/x?y', '${HOOK}', '${LOGS}/r.html' WITH (subject = 'x', secret = '${SECRET}') AS SELECT 1;
		CREATE REPORT s SCHEDULE '@daily' TO '${OUT}' AS SELECT 1`
	at := func(text string, unset bool) (*Pipeline, Problems) {
		return Load([]Source{{Name: "x.sql", Text: text}}, LoadOptions{Getenv: env, Unset: unset})
	}
	if _, problems := at(sending, false); len(problems) != 9 {
		t.Errorf("%d problems where all have to be set:\n%s", len(problems), problems.Format())
	}
	p, problems := at(sending, true)
	if problems != nil {
		t.Fatal(problems.Format())
	}
	r, s := p.Reports[0], p.Reports[1]
	want := []Target{
		{Kind: TargetMail, Address: "mailto:${OPS}", Text: "mailto:${OPS}", Unset: true},
		{Kind: TargetFile, Address: "${DIR}/r.html", Text: "${DIR}/r.html", Unset: true},
		{Kind: TargetWebhook, Address: "https://${HOST}/x?y", Text: "https://${HOST}/x?...", Unset: true},
		{Address: "${HOOK}", Text: "${HOOK}", Unset: true},
		{Kind: TargetFile, Address: "logs/r.html", Root: ".", Text: "${LOGS}/r.html"},
	}
	if d := cmp.Diff(want, r.Targets); d != "" {
		t.Error(d)
	}
	if r.Format != "html" || s.Format != "" || r.Options.Secret != "${SECRET}" {
		t.Errorf("formats %q %q, secret %q", r.Format, s.Format, r.Options.Secret)
	}
	if g := p.Settings; g.SMTP != "smtp://u:${PW}@${HOST}" || g.MailFrom != "${FROM}" || g.WebhookSecret != "${SECRET}" {
		t.Errorf("%+v", g)
	}
	for _, text := range []string{
		"SET report_root = '${DIR}'", "SET smtp = '${}'", "SET smtp = 'http://${LOGS}'",
		"CREATE STREAM s (ts TIMESTAMP) WITH (path = '${DIR}/x')",
		"CREATE REPORT r SCHEDULE '@daily' TO 'r.html' WITH (title = '${X}') AS SELECT 1",
		"CREATE REPORT r SCHEDULE '@daily' TO '../${LOGS}.html' AS SELECT 1",
		"CREATE REPORT r SCHEDULE '@daily' FORMAT html TO '${A}', '${A}' AS SELECT 1",
	} {
		if _, problems := at(text, true); len(problems) != 1 {
			t.Errorf("%s: %d problems: %s", text, len(problems), problems.Format())
		}
	}
}
