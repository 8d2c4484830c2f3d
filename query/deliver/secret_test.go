package deliver

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/windrow/windrow/schema"
)

// Servers repeat what they refuse, in many ways.
func TestWebhookEchoes(t *testing.T) {
	const token = "s3cr%2Ft%3CT0K%3Een"
	plain, _ := url.PathUnescape(token)
	echoes := map[string]func(r *http.Request) string{
		"escaped":   func(r *http.Request) string { return "Cannot POST " + r.RequestURI },
		"unescaped": func(r *http.Request) string { return "Cannot POST " + r.URL.Path + "?" + r.URL.Query().Get("key") },
		"html":      func(r *http.Request) string { return "<pre>" + html.EscapeString(r.URL.Path) + "</pre>" },
		"quoted":    func(r *http.Request) string { return fmt.Sprintf("no %q and %q", r.URL.Path, r.URL.Query().Get("key")) },
		"login":     func(r *http.Request) string { return r.Header.Get("Authorization") },
		"user":      func(r *http.Request) string { u, p, _ := r.BasicAuth(); return u + " with " + p },
		"controls":  func(r *http.Request) string { return strings.Join(strings.Split(r.URL.Path, ""), "\x00") },
		"secret":    func(r *http.Request) string { return "the key geheim-42 did not sign this" },
		"cut":       func(r *http.Request) string { return strings.Repeat("x", answerQuoted-8) + plain },
		"cut later": func(r *http.Request) string { return strings.Repeat("\x00", answerRead-8) + plain },
		"torn":      func(r *http.Request) string { return "Cannot POST /hooks/" + plain[:8] },
	}
	for name, echo := range echoes {
		for _, code := range []int{404, 429, 500} {
			h := newHook(t, func(w http.ResponseWriter, r *http.Request) {
				if name == "torn" {
					w.Header().Set("Content-Length", "1000")
				}
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(code)
				io.WriteString(w, echo(r))
			})
			host := strings.TrimPrefix(h.URL, "https://")
			to := schema.Target{
				Kind: schema.TargetWebhook, Address: "https://robot:pa%2Fssw0rd@" + host + "/hooks/" + token + "?key=K3Y%2FK3Y", Text: "https://" + host + "/hooks/${TOK}?...",
			}
			err := refused(t, to, Config{Secret: "geheim-42"}, eventOf("1"), code == 404, fmt.Sprint("cannot post to https://"+host+"/...: it answers ", code))
			for _, s := range []string{"s3cr", "T0K", "K3Y", "robot", "pa/ss", "pa%2Fss", "geheim", base64.StdEncoding.EncodeToString([]byte("robot:"))[:6]} {
				if contains(err.Error(), s) {
					t.Errorf("%s, %d: error %q says %s", name, code, err, s)
				}
			}
			if r, ok := errors.AsType[*RetryError](err); code == 429 && (!ok || r.After != 7*time.Second) {
				t.Errorf("%s: when to come again is lost in %v", name, err)
			}
		}
	}
}

func TestMask(t *testing.T) {
	s := secrets{}
	for _, v := range []string{"abcd", "cdefgh", "ab", "größe", ""} {
		s.add(v)
	}
	for text, want := range map[string]string{
		"":                              "",
		"ab abc xabcdx":                 "ab abc x...x",
		"abcdefgh":                      "...",
		"abcdabcd":                      "...",
		"x cdefg":                       "x cdefg",
		"x cdefg... cde... cdef.":       "x ...... cde... cdef.",
		"größe gr%C3%B6%C3%9Fe größ...": "... ... ......",
	} {
		if got := s.mask(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// A path may be in part from a variable, and what is no secret stays.
func TestWebhookEchoesParts(t *testing.T) {
	h := newHook(t, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no "+r.URL.Query().Get("say")+" at "+strings.ReplaceAll(r.URL.Path, "/bot", "/bot "), 404)
	})
	host := strings.TrimPrefix(h.URL, "https://")
	for _, c := range []struct{ address, text, words string }{
		{"/botT0KEN/sendMessage", "/bot${T}/sendMessage", "no at /bot .../sendMessage"},
		{"/botT0KEN/sendMessage?say=hello", "/bot${T}/sendMessage?... (2)", "no ... at /bot .../sendMessage"},
		{"/botT0KEN/sendMessage", "/bot${T}/sendMessage (2)", "no at /bot .../sendMessage"},
		{"/T0/B1/SEC", "/${T}", "no at /..."},
		{"/T0/B1/SECR", "${ALL}", "no at /T0/B1/..."},
		{"/hooks/xyz?say=xyz", "/hooks/${T}?...", "no xyz at /hooks/xyz"}, // too short
		{"/hooks/ops", "/hooks/ops", "no at /hooks/ops"},
	} {
		text := "https://" + host + c.text
		if c.text[0] != '/' {
			text = c.text
		}
		to := schema.Target{Kind: schema.TargetWebhook, Address: "https://" + host + c.address, Text: text}
		refused(t, to, Config{}, eventOf("1"), true, "404 Not Found: "+c.words)
	}
}

func TestMailEchoes(t *testing.T) {
	m := eventOf("1")
	for _, mechanism := range []string{"PLAIN", "LOGIN"} {
		address := echoLogin(t, mechanism)
		c := Config{SMTP: "smtp://robot:pass%2Fw0rd@" + address + "?tls=none", MailFrom: "robot@example.com"}
		err := refused(t, mailTarget("ops@example.com"), c, m, true, "127.0.0.1: user robot: 535 you said")
		b64 := base64.StdEncoding.EncodeToString
		for _, s := range []string{"pass/w0rd", "pass%2Fw0rd", b64([]byte("\x00robot\x00pass/w0rd")), b64([]byte("pass/w0rd")), b64([]byte("robot")), "AHJv"} {
			if contains(err.Error(), s) {
				t.Errorf("%s: error %q says %s", mechanism, err, s)
			}
		}
	}
	s := (&mailServer{way: "none", mechanisms: []string{"PLAIN"}, rcpt: func(string) error {
		return &smtp.SMTPError{Code: 550, Message: "pass/w0rd knows nobody of that name"}
	}}).start(t)
	refused(t, mailTarget("ops@example.com"), s.config("me:pass%2Fw0rd"), m, true, "550 5.0.0 ... knows nobody")
	s = (&mailServer{way: "none", mechanisms: []string{"PLAIN"}, data: func(net.Conn, io.Reader) error {
		return &smtp.SMTPError{Code: 250, Message: "thanks, pass/w0rd"}
	}}).start(t)
	if r := deliver(t, mailTarget("ops@example.com"), s.config("me:pass%2Fw0rd"), m); r.Place != "ops@example.com (2.0.0 thanks, ...)" {
		t.Errorf("place %q", r.Place)
	}
}

// echoLogin starts a server that refuses each login with all that it was told.
func echoLogin(t testing.TB, mechanism string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "220 mail.test\r\n")
		said := ""
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			line := lines.Text()
			switch {
			case strings.HasPrefix(line, "EHLO"):
				fmt.Fprintf(conn, "250-mail.test\r\n250 AUTH %s\r\n", mechanism)
				continue
			case line == "QUIT":
				return
			}
			said += line + " "
			if mechanism == "LOGIN" && strings.Count(said, " ") < 4 { // AUTH LOGIN, user, password
				fmt.Fprint(conn, "334 "+map[int]string{2: "VXNlcm5hbWU6", 3: "UGFzc3dvcmQ6"}[strings.Count(said, " ")]+"\r\n")
				continue
			}
			fmt.Fprintf(conn, "535 you said %s and pass/w0rd\r\n", said)
		}
	}()
	return l.Addr().String()
}
