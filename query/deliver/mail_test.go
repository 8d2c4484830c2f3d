package deliver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/query/report"
	"github.com/windrow/windrow/schema"
)

// page is a report as an html file.
func page(t testing.TB, rows int) string {
	t.Helper()
	var b strings.Builder
	w, err := report.New("html", &b, output.Options{})
	if err != nil {
		t.Fatal(err)
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(w.Begin(report.Head{Name: "morning", Title: "Latency <ä>", Slot: slot, Start: slot.AddDate(0, 0, -1), End: slot, Revision: 1}))
	enc, err := w.Section("Slowest hosts")
	check(err)
	if typed, ok := enc.(output.Typed); ok {
		typed.Kinds([]output.Kind{output.KindText, output.KindReal})
	}
	check(enc.Begin([]output.Column{{Name: "host"}, {Name: "p99"}}))
	for i := range rows {
		check(enc.Row([]any{fmt.Sprintf("host-%d", i), float64(i) + 0.5}))
	}
	check(enc.End())
	check(w.End())
	return b.String()
}

func TestMailPage(t *testing.T) {
	s := (&mailServer{way: "smtps", mechanisms: []string{"PLAIN"}}).start(t)
	content := page(t, 20)
	m := reportOf(t, "latency-2026-03-02.html", "text/html; charset=utf-8", content)
	m.Content.Inline, m.Subject, m.Notes, m.Revision = true, "{name} of {date}: Größe", []string{"latency_1h is\nfinal before\x1b 06:00."}, 2
	c := s.config("me:pass%2Fw0rd")
	r := deliver(t, mailTarget("ops@example.com,boss@example.com"), c, m)
	if !strings.HasPrefix(r.Place, "ops@example.com, boss@example.com (") || r.Bytes != m.Content.Bytes || r.SHA256 != m.Content.SHA256 {
		t.Errorf("receipt %+v", r)
	}
	deliver(t, mailTarget("ops@example.com,boss@example.com"), c, m)
	got := s.mails()
	if len(got) != 2 || got[0].from != "robot@example.com" || strings.Join(got[0].to, " ") != "ops@example.com boss@example.com" {
		t.Fatalf("got %d mails, from %s to %s", len(got), got[0].from, got[0].to)
	}
	head, body := parse(t, got[0].text)
	again, _ := parse(t, got[1].text)
	if id := head.Get("Message-ID"); id != again.Get("Message-ID") || !strings.HasSuffix(id, "@example.com>") {
		t.Errorf("Message-ID %q, then %q", id, again.Get("Message-ID"))
	}
	if at, err := head.Date(); err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("Date %v, %v", at, err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(head.Get("Subject"))
	if err != nil || subject != "morning of 2026-03-02: Größe" {
		t.Errorf("subject %q, %v", subject, err)
	}
	for name, want := range map[string]string{
		"From": `"Windrow" <robot@example.com>`, "To": "<ops@example.com>, <boss@example.com>", "Auto-Submitted": "auto-generated",
		"User-Agent": "Windrow 1.2", "X-Windrow-Report": "morning", "X-Windrow-Kind": "report",
		"X-Windrow-Slot": "2026-03-02T07:00:00Z", "X-Windrow-Revision": "2",
	} {
		if got := head.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	checkParts(t, body, "multipart/mixed multipart/alternative text/plain", "multipart/mixed multipart/alternative text/html", "multipart/mixed text/html latency-2026-03-02.html")
	for _, want := range []string{"morning, 2026-03-02 08:00 CET\r\n", "From 2026-03-01 08:00 CET to 2026-03-02 08:00 CET.\r\n", "This is revision 2; it replaces the earlier ones.\r\n", "latency_1h is final before 06:00.\r\n", "attached file latency-2026-03-02.html.\r\n"} {
		if !contains(body[0].body, want) {
			t.Errorf("the text does not say %q:\n%s", want, body[0].body)
		}
	}
	if h := body[1].body; !contains(h, "host-19") || contains(h, "<svg") || contains(h, "<style") || !contains(h, "Latency &lt;ä&gt;") || !contains(h, "attached file latency-2026-03-02.html.") {
		t.Errorf("the page in the mail is\n%s", h)
	}
	if body[2].body != content {
		t.Errorf("the attached file has %d bytes, and not the %d of the report", len(body[2].body), len(content))
	}
}

func checkParts(t testing.TB, got []part, want ...string) {
	t.Helper()
	var have []string
	for _, p := range got {
		have = append(have, strings.TrimSpace(p.media+" "+p.name))
	}
	if strings.Join(have, "\n") != strings.Join(want, "\n") {
		t.Fatalf("parts:\n%s\nwant:\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
}

// TestMailContents has what becomes a body and what is attached only.
func TestMailContents(t *testing.T) {
	s := (&mailServer{way: "none"}).start(t)
	mixed, alternative := "multipart/mixed ", "multipart/mixed multipart/alternative "
	text := "# Größe\n\n| a | b |\n.\n..\n<b>&" + strings.Repeat("long ", 300) + "\n"
	binary := "\x00\r\n.\r\n\xff" + strings.Repeat("\r\n.", 1000)
	for _, c := range []struct {
		name, media, content string
		inline, attach       bool
		want                 []string
	}{
		{"x.md", "text/markdown; charset=utf-8", text, true, false, []string{alternative + "text/plain", alternative + "text/html", mixed + "text/markdown x.md"}},
		{"x.txt", "text/plain; charset=utf-8", text, true, true, []string{mixed + "text/plain", mixed + "text/plain x.txt"}},
		{"x.txt", "text/plain", strings.Repeat("x\n", inlineLimit), true, false, []string{mixed + "text/plain", mixed + "text/plain x.txt"}},
		{"x.csv", "text/csv", "a,b\r\n1,2\r\n", false, false, []string{mixed + "text/plain", mixed + "text/csv x.csv"}},
		{"Bericht für März \"1\".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", binary, false, false, []string{mixed + "text/plain", mixed + "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet Bericht für März \"1\".xlsx"}},
		{"x.bin", "what?", binary, false, false, []string{mixed + "text/plain", mixed + "application/octet-stream x.bin"}},
		{"x.html", "text/html", "no report", true, false, []string{mixed + "text/plain", mixed + "text/html x.html"}},
		{"e.csv", "text/csv", "", false, false, []string{mixed + "text/plain", mixed + "text/csv e.csv"}},
	} {
		m := reportOf(t, c.name, c.media, c.content)
		m.Content.Inline = c.inline
		config := s.config("")
		config.Attach = c.attach
		deliver(t, mailTarget("ops@example.com"), config, m)
		mails := s.mails()
		head, body := parse(t, mails[len(mails)-1].text)
		checkParts(t, body, c.want...)
		if got := body[len(body)-1].body; got != c.content {
			t.Errorf("%s: the file is %.100q", c.name, got)
		}
		if head.Get("Subject") != "morning, 2026-03-02 08:00" {
			t.Errorf("subject %q", head.Get("Subject"))
		}
		if len(body) == 3 {
			if got := strings.ReplaceAll(body[0].body, "\r\n", "\n"); got != c.content {
				t.Errorf("%s: the text is %.100q", c.name, got)
			}
			if !contains(body[1].body, "&lt;b&gt;&amp;long") {
				t.Errorf("%s: the page is %.100q", c.name, body[1].body)
			}
		} else if !contains(body[0].body, c.name+".\r\n") {
			t.Errorf("%s: the text is %q", c.name, body[0].body)
		}
	}
}

func TestMailEvent(t *testing.T) {
	s := (&mailServer{way: "none"}).start(t)
	m := eventOf("e-1")
	m.Record = []byte(`{"id":"e-1","alert":"slow","row":{"host":"a\u001b[31m\nFake: line","p99":6.1250,"tags":["x","y"],"none":null,"in":{"deep":1e400}},"ok":true,"empty":{}}`)
	deliver(t, mailTarget("Ops <ops@example.com>"), s.config(""), m)
	head, body := parse(t, s.mails()[0].text)
	checkParts(t, body, "text/plain")
	want := "slow, 2026-03-02 08:00 CET: firing\n\nid: e-1\nalert: slow\nrow:\n  host: a�[31m�Fake: line\n  p99: 6.1250\n  tags: [\"x\",\"y\"]\n  none: null\n  in:\n    deep: 1e400\nok: true\nempty:\n"
	if got := strings.ReplaceAll(body[0].body, "\r\n", "\n"); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if head.Get("Subject") != "slow: firing, 2026-03-02 08:00" || head.Get("To") != `"Ops" <ops@example.com>` {
		t.Errorf("subject %q to %q", head.Get("Subject"), head.Get("To"))
	}
	m.Record = []byte("no object")
	deliver(t, mailTarget("ops@example.com"), s.config(""), m)
	if _, body = parse(t, s.mails()[1].text); !strings.HasSuffix(body[0].body, "no object\r\n") {
		t.Errorf("got %q", body[0].body)
	}
}

// TestMailWays has the ways to connect and to authenticate.
func TestMailWays(t *testing.T) {
	m := eventOf("1")
	to := mailTarget("ops@example.com")
	for _, way := range []string{"smtps", "starttls", "none"} {
		for _, mechanisms := range [][]string{{"PLAIN"}, {"LOGIN"}, {"CRAM-MD5"}, {"GSSAPI", "LOGIN", "PLAIN"}} {
			s := (&mailServer{way: way, mechanisms: mechanisms}).start(t)
			deliver(t, to, s.config("me:pass%2Fw0rd"), m)
			if len(s.mails()) != 1 {
				t.Errorf("%s %v: nothing came", way, mechanisms)
			}
			err := refused(t, to, s.config("me:wr0ng"), m, true, "127.0.0.1: user me: 535")
			if contains(err.Error(), "wr0ng") {
				t.Errorf("error %v says the password", err)
			}
			if mechanisms[0] == "GSSAPI" {
				continue
			}
			refused(t, to, s.config(""), m, true, "502")
		}
		s := (&mailServer{way: way, mechanisms: []string{"GSSAPI", "XOAUTH2"}}).start(t)
		refused(t, to, s.config("me:x"), m, false, `no way to authenticate that Windrow knows ("GSSAPI XOAUTH2")`)
		if n := len(s.mails()); n != 0 {
			t.Errorf("%d mails", n)
		}
	}
}

// Without encryption nothing is said.
func TestMailUnencrypted(t *testing.T) {
	m := eventOf("1")
	to := mailTarget("ops@example.com")
	s := (&mailServer{way: "none", mechanisms: []string{"PLAIN"}}).start(t)
	c := s.config("me:pass%2Fw0rd")
	c.SMTP = strings.Replace(c.SMTP, "?tls=none", "", 1)
	refused(t, to, c, m, false, "it offers no STARTTLS")
	c.SMTP = strings.Replace(c.SMTP, "smtp://", "smtps://", 1)
	refused(t, to, c, m, false, "cannot reach 127.0.0.1: tls: first record does not look like a TLS handshake")

	other := filepath.Join(t.TempDir(), "ca.pem")
	if _, err := certify(other); err != nil {
		t.Fatal(err)
	}
	for _, way := range []string{"smtps", "starttls"} {
		e := (&mailServer{way: way}).start(t)
		c := e.config("")
		c.SMTP = strings.Replace(c.SMTP, authority, other, 1)
		refused(t, to, c, m, false, "certificate")
		c.SMTP = strings.Replace(c.SMTP, other, other+".none", 1)
		refused(t, to, c, m, false, "cannot read the certificates "+other+".none: no such file")
		c.SMTP = strings.Replace(e.config("").SMTP, "127.0.0.1", "localhost", 1)
		refused(t, to, c, m, false, "not localhost")
		c.SMTP, _, _ = strings.Cut(e.config("").SMTP, "?") // SSL_CERT_FILE knows the authority
		deliver(t, to, c, m)
		e.mu.Lock()
		if e.senders != 1 {
			t.Errorf("%s: %d MAIL commands", way, e.senders)
		}
		e.mu.Unlock()
	}
	if s.senders != 0 {
		t.Errorf("%d MAIL commands in the clear", s.senders)
	}
}

func TestParseSMTP(t *testing.T) {
	for _, c := range []struct{ text, want, words string }{
		{"smtps://me:p%40ss@mail.example.com:465", "mail.example.com 465 me p@ss true false ", ""},
		{"smtps://mail.example.com", "mail.example.com 465   true false ", ""},
		{"smtp://me:x@mail.example.com?ca=/etc/a%20b.pem", "mail.example.com 587 me x false false /etc/a b.pem", ""},
		{"smtp://localhost:25?tls=none", "localhost 25   false true ", ""},
		{"smtp://[::1]:25?tls=none", "::1 25   false true ", ""},
		{"smtp://127.8.0.1?tls=none", "127.8.0.1 587   false true ", ""},
		{"", "", "no server is set"},
		{"smtp://me:s3cret@mail.example.com?tls=none", "", "on this very machine"},
		{"smtps://me:s3cret@localhost?tls=none", "", "on this very machine"},
		{"smtp://me:s3cret@mail.example.com?tls=maybe", "", "ca=FILE and tls=none"},
		{"smtp://me:s3cret@mail.example.com?x=y", "", "ca=FILE and tls=none"},
		{"http://me:s3cret@mail.example.com", "", "neither smtps:// nor smtp://"},
		{"smtps://me:s3cret/x@mail.example.com", "", "is no URL"},
		{"mail.example.com", "", "is no URL"},
		{"smtps://me:s3cret@", "", "is no URL"},
		{"smtps://me:s3cret@mail.example.com:x", "", "is no URL"},
	} {
		s, err := parseSMTP(c.text)
		if c.words != "" {
			if err == nil || !contains(err.Error(), c.words) || contains(err.Error(), "s3cret") {
				t.Errorf("%s: error %v", c.text, err)
			}
			continue
		}
		got := fmt.Sprintln(s.host, s.port, s.user, s.password, s.implicit, s.plain, s.ca)
		if err != nil || got != c.want+"\n" {
			t.Errorf("%s: got %q, want %q (%v)", c.text, got, c.want, err)
		}
	}
}

func smtpError(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 7, 1}, Message: text}
}

func TestMailRecipients(t *testing.T) {
	never, later := smtpError(550, "no such\nuser"), smtpError(451, "greylisted, come again")
	m := reportOf(t, "x.csv", "text/csv", "a\n")
	for _, c := range []struct {
		answers map[string]error
		forGood bool
		words   string
		got     string // who got the mail
	}{
		{map[string]error{"a@x.test": never}, true, "a@x.test was refused: 550 no such 5.7.1 user", "b@x.test c@x.test"},
		{map[string]error{"a@x.test": never}, true, "it was sent to the others, but", "b@x.test c@x.test"},
		{map[string]error{"a@x.test": never, "b@x.test": never, "c@x.test": never}, true, "user; c@x.test was refused: 550", ""},
		{map[string]error{"b@x.test": later}, false, "b@x.test: 451 4.7.1 greylisted", ""},
		{map[string]error{"b@x.test": later, "a@x.test": never}, false, "greylisted", ""},
	} {
		s := (&mailServer{way: "smtps", rcpt: func(to string) error { return c.answers[to] }}).start(t)
		refused(t, mailTarget("a@x.test,b@x.test,c@x.test"), s.config(""), m, c.forGood, c.words)
		var got string
		for _, r := range s.mails() {
			got += strings.Join(r.to, " ")
		}
		if got != c.got {
			t.Errorf("%v: got by %q, want %q", c.answers, got, c.got)
		}
	}
}

// TestMailGreylist is refused at first and taken later, once.
func TestMailGreylist(t *testing.T) {
	seen := map[string]bool{}
	var mu sync.Mutex
	s := (&mailServer{way: "starttls", rcpt: func(to string) error {
		mu.Lock()
		defer mu.Unlock()
		if !seen[to] {
			seen[to] = true
			return smtpError(451, "greylisted")
		}
		return nil
	}}).start(t)
	m := eventOf("1")
	refused(t, mailTarget("a@x.test,b@x.test"), s.config(""), m, false, "451")
	deliver(t, mailTarget("a@x.test,b@x.test"), s.config(""), m)
	if got := s.mails(); len(got) != 1 || len(got[0].to) != 2 {
		t.Errorf("got %+v", got)
	}
}

// TestMailBreaks has servers that fail within DATA.
func TestMailBreaks(t *testing.T) {
	m := reportOf(t, "x.bin", "application/octet-stream", strings.Repeat("x", 8<<20))
	for _, c := range []struct {
		name    string
		data    func(c net.Conn, r io.Reader) error
		forGood bool
		words   string
	}{
		{"closes", func(c net.Conn, r io.Reader) error {
			io.ReadFull(r, make([]byte, 1000))
			c.Close()
			return errors.New("closed")
		}, false, "127.0.0.1"},
		{"closes at the end", func(c net.Conn, r io.Reader) error {
			io.Copy(io.Discard, r)
			c.Close()
			return errors.New("closed")
		}, false, "EOF"},
		{"refuses", func(c net.Conn, r io.Reader) error {
			io.Copy(io.Discard, r)
			return smtpError(554, "spam")
		}, true, "554 5.7.1 spam"},
		{"is busy", func(c net.Conn, r io.Reader) error {
			io.Copy(io.Discard, r)
			return smtpError(452, "disk full")
		}, false, "452 4.7.1 disk full"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := (&mailServer{way: "smtps", data: c.data}).start(t)
			refused(t, mailTarget("a@x.test"), s.config(""), m, c.forGood, c.words)
		})
	}
}

// TestMailWaits has servers that do not answer.
func TestMailWaits(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	m := eventOf("1")
	for _, scheme := range []string{"smtp", "smtps"} {
		c := Config{SMTP: scheme + "://" + mute.Addr().String(), MailFrom: "robot@example.com"}
		ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("the run ends"))
		r, err := Deliver(ctx, mailTarget("a@x.test"), c, m)
		cancel()
		checkRefused(t, r, err, false, "the run ends")
	}
	l, err := newLetter(t.Context(), mailTarget("a@x.test"), Config{SMTP: "smtp://" + mute.Addr().String(), MailFrom: "robot@example.com"}, m)
	if err != nil {
		t.Fatal(err)
	}
	l.server.patience = 50 * time.Millisecond
	_, err = l.server.send(t.Context(), l)
	checkRefused(t, Receipt{}, err, false, "i/o timeout")

	refused(t, mailTarget("a@x.test"), Config{SMTP: "smtp://" + closedPort(t), MailFrom: "robot@example.com"}, m, false, "cannot reach 127.0.0.1: ")

	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	slow := (&mailServer{way: "none", data: func(c net.Conn, r io.Reader) error { <-release; return nil }}).start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	r, err := Deliver(ctx, mailTarget("a@x.test"), slow.config(""), m)
	checkRefused(t, r, err, false, context.DeadlineExceeded.Error())
}

func TestMailTooLarge(t *testing.T) {
	s := (&mailServer{way: "smtps", limit: 1 << 20}).start(t)
	m := reportOf(t, "x.bin", "application/octet-stream", strings.Repeat("x", 800<<10))
	refused(t, mailTarget("a@x.test"), s.config(""), m, true, "and the server takes 1024 kB")
	if s.senders != 0 {
		t.Errorf("the server was asked")
	}
	m = reportOf(t, "x.bin", "application/octet-stream", strings.Repeat("x", 700<<10))
	deliver(t, mailTarget("a@x.test"), s.config(""), m)
	m.Content.Bytes = mailLimit + 1
	refused(t, mailTarget("a@x.test"), s.config(""), m, true, "x.bin has 25 MB, which is more than the 25 MB that a mail carries")
}

// What would end a header, or add one, is refused before anybody is asked.
func TestMailHeaders(t *testing.T) {
	s := (&mailServer{way: "none"}).start(t)
	good := func() (schema.Target, Config, Message) {
		return mailTarget("ops@example.com"), s.config(""), reportOf(t, "x.csv", "text/csv", "a\n")
	}
	for _, evil := range []string{"x\r\nBcc: evil@example.com", "x\nBcc: evil@example.com", "x\rBcc: evil@example.com", "x\x00"} {
		for name, change := range map[string]func(t *schema.Target, c *Config, m *Message){
			"subject":   func(_ *schema.Target, _ *Config, m *Message) { m.Subject = evil },
			"name":      func(_ *schema.Target, _ *Config, m *Message) { m.Report = evil },
			"kind":      func(_ *schema.Target, _ *Config, m *Message) { m.Kind = evil },
			"version":   func(_ *schema.Target, c *Config, _ *Message) { c.Version = evil },
			"mail_from": func(_ *schema.Target, c *Config, _ *Message) { c.MailFrom = `"` + evil + `" <robot@example.com>` },
			"addresses": func(t *schema.Target, _ *Config, _ *Message) { t.Address = `"` + evil + `" <ops@example.com>` },
			"file":      func(_ *schema.Target, _ *Config, m *Message) { m.Content.Name = evil },
		} {
			to, c, m := good()
			change(&to, &c, &m)
			refused(t, to, c, m, true, name)
		}
	}
	for _, address := range []string{"", "ops", "ops@example.com, <", "a@b\r\nRCPT TO:<c@d>"} {
		to, c, m := good()
		to.Address = address
		refused(t, to, c, m, true, "no list of addresses")
	}
	to, c, m := good()
	m.Content.Folder = true
	refused(t, to, c, m, true, "folder of files")
	c.SMTP = ""
	refused(t, to, c, eventOf("1"), true, "no server is set")
	to, c, m = good()
	os.WriteFile(m.Content.File, []byte("b\n"), 0o600)
	refused(t, to, c, m, false, "has changed")
	if s.senders != 0 {
		t.Errorf("%d mails were begun", s.senders)
	}
	to, c, m = good()
	m.Report, to.Address, c.MailFrom = "früh", "büro@bücher.example", "Büro <röbot@bücher.example>"
	deliver(t, to, c, m)
	head, _ := parse(t, s.mails()[0].text)
	if id := head.Get("Message-ID"); !strings.HasSuffix(id, "@windrow.invalid>") {
		t.Errorf("Message-ID %s", id)
	}
	if got, err := new(mime.WordDecoder).DecodeHeader(head.Get("X-Windrow-Report")); got != "früh" || err != nil {
		t.Errorf("X-Windrow-Report %q, %v", got, err)
	}
	if got := s.mails()[0].to[0]; got != "büro@bücher.example" {
		t.Errorf("to %q", got)
	}
}
