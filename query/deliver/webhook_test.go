package deliver

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/windrow/windrow/schema"
)

// hook is a server that keeps what it gets.
type hook struct {
	*httptest.Server
	mu  sync.Mutex
	got []posted
}

type posted struct {
	header http.Header
	length int64
	body   []byte
}

// newHook starts a server that answers with answer; nil is 200.
func newHook(t testing.TB, answer http.HandlerFunc) *hook {
	h := &hook{}
	h.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			h.mu.Lock()
			h.got = append(h.got, posted{r.Header, r.ContentLength, body})
			h.mu.Unlock()
		}
		if answer != nil {
			answer(w, r)
		}
	}))
	h.TLS = serverTLS.Clone()
	h.Config.ErrorLog = log.New(io.Discard, "", 0)
	h.StartTLS()
	t.Cleanup(h.Close)
	return h
}

func (h *hook) posts() []posted {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.got)
}

func hookTarget(address string) schema.Target {
	return schema.Target{Kind: schema.TargetWebhook, Address: address, Text: address}
}

// verify is what a receiver writes.
func verify(secret string, header http.Header, body []byte) bool {
	stamp := header.Get("Windrow-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "." + string(body)))
	got, err := hex.DecodeString(header.Get("Windrow-Signature"))
	return err == nil && hmac.Equal(got, mac.Sum(nil))
}

func TestWebhook(t *testing.T) {
	h := newHook(t, nil)
	m := reportOf(t, "latency.html", "text/html; charset=utf-8", strings.Repeat("<p>ä", 100_000))
	r := deliver(t, hookTarget(h.URL+"/x"), Config{Secret: "geheim", Version: "1.2"}, m)
	if r.Place != h.URL+"/x" || r.Bytes != m.Content.Bytes || r.SHA256 != m.Content.SHA256 {
		t.Errorf("receipt %+v", r)
	}
	p := h.posts()[0]
	if sha256.Sum256(p.body) != m.Content.SHA256 || p.length != m.Content.Bytes {
		t.Errorf("got %d bytes, Content-Length %d", len(p.body), p.length)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Content-Disposition": "attachment; filename=latency.html",
		"Idempotency-Key": "TestWebhook", "User-Agent": "windrow/1.2", "Content-Encoding": "", "Accept-Encoding": "",
		"Windrow-Report": "morning", "Windrow-Kind": "report", "Windrow-Slot": "2026-03-02T07:00:00Z", "Windrow-Revision": "1",
	} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if !verify("geheim", p.header, p.body) {
		t.Error("the signature does not verify")
	}
	if verify("Geheim", p.header, p.body) || verify("geheim", p.header, p.body[1:]) {
		t.Error("a wrong signature verifies")
	}
	m.Revision = 2
	deliver(t, hookTarget(h.URL), Config{}, m)
	p = h.posts()[1]
	if p.header.Get("Windrow-Revision") != "2" || p.header.Get("Windrow-Signature") != "" || p.header.Get("Idempotency-Key") != "TestWebhook" {
		t.Errorf("headers %v", p.header)
	}
}

func TestWebhookEvent(t *testing.T) {
	h := newHook(t, nil)
	m := eventOf("e-1")
	r := deliver(t, hookTarget(h.URL), Config{Secret: "s"}, m)
	p := h.posts()[0]
	if !bytes.Equal(p.body, m.Record) || p.header.Get("Content-Type") != "application/json" || p.header.Get("Windrow-Kind") != "firing" || p.header.Get("Idempotency-Key") != "e-1" {
		t.Errorf("got %q with %v", p.body, p.header)
	}
	if !verify("s", p.header, p.body) || r.SHA256 != sha256.Sum256(m.Record) || r.Place != h.URL {
		t.Errorf("receipt %+v", r)
	}
}

// TestWebhookPython has the code of the documentation judge.
func TestWebhookPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	code := documented(t, "```python\n", "def verify(")
	h := newHook(t, nil)
	deliver(t, hookTarget(h.URL), Config{Secret: "geheim"}, reportOf(t, "x.csv", "text/csv", "a,b\n1,ä\n"))
	p := h.posts()[0]
	for body, want := range map[string]string{string(p.body): "True\n", string(p.body) + " ": "False\n"} {
		cmd := exec.Command(python, "-c", code+"\nimport sys\nprint(verify('geheim', {'Windrow-Timestamp': sys.argv[1], 'Windrow-Signature': sys.argv[2]}, sys.stdin.buffer.read()))",
			p.header.Get("Windrow-Timestamp"), p.header.Get("Windrow-Signature"))
		cmd.Stdin = strings.NewReader(body)
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != want {
			t.Errorf("python says %s, %v; want %s", out, err, want)
		}
	}
}

// documented returns the block of code in docs that has some words in it.
func documented(t testing.TB, begin, words string) string {
	t.Helper()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, rest := range strings.Split(string(text), begin)[1:] {
			if code, _, ok := strings.Cut(rest, "```"); ok && strings.Contains(code, words) {
				return code
			}
		}
	}
	t.Fatalf("docs have no code with %q", words)
	return ""
}

func TestWebhookAnswers(t *testing.T) {
	for _, c := range []struct {
		code    int
		body    string
		forGood bool
		words   string
	}{
		{400, "bad \x1b[31mthing\r\n happened \u202e\xff", true, "it answers 400 Bad Request: bad [31mthing happened"},
		{404, "", true, "it answers 404 Not Found"},
		{401, "", true, "401"}, {410, "", true, "410"}, {422, "", true, "422"},
		{408, "", false, "408"}, {425, "", false, "425"}, {429, "", false, "429"},
		{500, strings.Repeat("ä", 10_000), false, "500 Internal Server Error: " + strings.Repeat("ä", 200) + "..."},
		{503, "", false, "503"}, {504, "", false, "504"},
		{304, "", true, "it redirects (304 Not Modified) to no address"},
	} {
		h := newHook(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(c.code)
			io.WriteString(w, c.body)
		})
		err := refused(t, hookTarget(h.URL), Config{}, eventOf("1"), c.forGood, c.words)
		if n := len([]rune(err.Error())); n > 400 {
			t.Errorf("%d: the error has %d characters", c.code, n)
		}
		if _, ok := errors.AsType[*RetryError](err); ok {
			t.Errorf("%d: a time to try again came from nowhere", c.code)
		}
	}
}

func TestWebhookRetryAfter(t *testing.T) {
	for _, c := range []struct {
		code   int
		header string
		least  time.Duration
		most   time.Duration
		none   bool
	}{
		{429, "120", 2 * time.Minute, 2 * time.Minute, false},
		{503, "0", 0, 0, false},
		{503, time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), 59 * time.Minute, time.Hour, false},
		{429, "Mon, 02 Jan 2006 15:04:05 GMT", 0, 0, false},
		{429, "soon", 0, 0, true}, {429, "-5", 0, 0, true}, {503, "99999999999999", 0, 0, true},
		{500, "120", 0, 0, true},
	} {
		h := newHook(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", c.header)
			w.WriteHeader(c.code)
		})
		err := refused(t, hookTarget(h.URL), Config{}, eventOf("1"), false, strconv.Itoa(c.code))
		again, ok := errors.AsType[*RetryError](err)
		switch {
		case ok == c.none:
			t.Errorf("%d %q: a time to try again: %t", c.code, c.header, ok)
		case ok && (again.After < c.least || again.After > c.most):
			t.Errorf("%d %q: after %v", c.code, c.header, again.After)
		}
	}
}

// TestWebhookRedirects follows what stays a POST to the same host.
func TestWebhookRedirects(t *testing.T) {
	var to string
	var code int
	h := newHook(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/from" || to == "/from" {
			w.Header().Set("Location", to)
			w.WriteHeader(code)
		}
	})
	other := newHook(t, nil)
	address, otherAddress := strings.TrimPrefix(h.URL, "https://"), strings.TrimPrefix(other.URL, "https://")
	names.Store("hooks.test:443", address)
	names.Store("other.test:443", otherAddress)
	m := reportOf(t, "x", "text/plain", "content")
	for _, c := range []struct {
		code  int
		to    string
		words string // "" if it arrives
	}{
		{307, "/to", ""},
		{308, "https://hooks.test/to?x=1", ""},
		{301, "/to", "it redirects (301 Moved Permanently) to https://hooks.test, which is not followed"},
		{302, "/to", "302"}, {303, "/to", "303"},
		{307, "https://other.test/to?secret=1", "it redirects (307 Temporary Redirect) to https://other.test, which is not followed"},
		{308, "http://hooks.test/to", "http://hooks.test, which"},
		{307, "https://hooks.test:8443/to", "https://hooks.test:8443, which"},
		{307, "/from", "307"},
		{307, "", "no address"},
	} {
		before := len(h.posts())
		to, code = c.to, c.code
		if c.words != "" {
			refused(t, hookTarget("https://hooks.test/from"), Config{}, m, true, c.words)
			continue
		}
		deliver(t, hookTarget("https://hooks.test/from"), Config{Secret: "s"}, m)
		posts := h.posts()[before:]
		if len(posts) != 2 || string(posts[1].body) != "content" || !verify("s", posts[1].header, posts[1].body) {
			t.Errorf("%d to %s: %d posts, the last %q", c.code, c.to, len(posts), posts[len(posts)-1].body)
		}
	}
	if got := other.posts(); len(got) > 0 {
		t.Errorf("another host got %v", got)
	}
}

func TestWebhookSecrets(t *testing.T) {
	var user, password string
	h := newHook(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ = r.BasicAuth()
		if r.URL.Path != "/ok" {
			w.WriteHeader(500)
		}
	})
	host := strings.TrimPrefix(h.URL, "https://")
	secret := "https://me:passw0rd@" + host + "/T0KEN/x?key=K3Y"
	unused := closedPort(t)
	for _, c := range []struct {
		address, text, place string
	}{
		{secret, "${HOOK}", "https://" + host + "/..."},
		{secret, "https://me:${P}@" + host + "/T0KEN/x?key=${KEY}", "https://" + host + "/T0KEN/x"},
		{"https://me:passw0rd@" + unused + "/T0KEN?key=K3Y", "${HOOK}", "https://" + unused + "/..."},
		{"https://me:passw0rd@unknown.test/T0KEN?key=K3Y", "${HOOK}", "https://unknown.test/..."},
		{"https://me:passw0rd@[::1/T0KEN?key=K3Y", "${HOOK}", "its address is no URL"},
		{"http://me:passw0rd@hooks.test/T0KEN?key=K3Y", "${HOOK}", "hooks.test: webhooks need https://"},
	} {
		_, err := Deliver(t.Context(), schema.Target{Kind: schema.TargetWebhook, Address: c.address, Text: c.text}, Config{Secret: "geheim"}, eventOf("1"))
		if err == nil || !contains(err.Error(), c.place) {
			t.Errorf("error %v does not say %s", err, c.place)
			continue
		}
		for _, s := range []string{"passw0rd", "K3Y", "geheim"} {
			if contains(err.Error(), s) {
				t.Errorf("error %v says %s", err, s)
			}
		}
		if !contains(c.text, "T0KEN") && contains(err.Error(), "T0KEN") {
			t.Errorf("error %v says a path from a variable", err)
		}
	}
	r := deliver(t, hookTarget("https://me:passw0rd@"+host+"/ok?key=K3Y"), Config{}, eventOf("1"))
	if user != "me" || password != "passw0rd" || r.Place != "https://"+host+"/ok" {
		t.Errorf("user %q, password %q, place %q", user, password, r.Place)
	}
}

// closedPort returns an address where nobody listens.
func closedPort(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestWebhookUntrusted(t *testing.T) {
	h := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.Error("it was posted") }))
	h.Config.ErrorLog = log.New(io.Discard, "", 0)
	h.StartTLS()
	defer h.Close()
	refused(t, hookTarget(h.URL), Config{}, eventOf("1"), false, "certificate")
	good := newHook(t, nil)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(good.URL, "https://"))
	refused(t, hookTarget("https://localhost:"+port), Config{}, eventOf("1"), false, "not localhost")
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	defer plain.Close()
	deliver(t, hookTarget(plain.URL), Config{}, eventOf("1"))
	refused(t, hookTarget("ftp://127.0.0.1/x"), Config{}, eventOf("1"), true, "webhooks need https://")
}

func TestWebhookTimeouts(t *testing.T) {
	release := make(chan struct{})
	silent := newHook(t, func(w http.ResponseWriter, r *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	short := limits{connect: 10 * time.Second, answer: 50 * time.Millisecond, total: 10 * time.Second}
	r, err := toWebhook(t.Context(), hookTarget(silent.URL), Config{}, eventOf("1"), short)
	checkRefused(t, r, err, false, "timeout awaiting response headers")

	short = limits{connect: 10 * time.Second, answer: 10 * time.Second, total: 50 * time.Millisecond}
	r, err = toWebhook(t.Context(), hookTarget(silent.URL), Config{}, eventOf("1"), short)
	checkRefused(t, r, err, false, "it takes longer than 50ms")

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the run ends"))
	r, err = Deliver(ctx, hookTarget(silent.URL), Config{}, eventOf("1"))
	checkRefused(t, r, err, false, "the run ends")

	// A server that accepts and never greets.
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	short = limits{connect: 50 * time.Millisecond, answer: 10 * time.Second, total: 10 * time.Second}
	r, err = toWebhook(t.Context(), hookTarget("https://"+mute.Addr().String()), Config{}, eventOf("1"), short)
	checkRefused(t, r, err, false, "TLS handshake timeout")
}

// A server that refuses a large body before it has read it is heard.
func TestWebhookEarlyAnswer(t *testing.T) {
	h := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "too large for me", http.StatusRequestEntityTooLarge)
	}))
	h.TLS = serverTLS.Clone()
	h.StartTLS()
	defer h.Close()
	m := reportOf(t, "x", "text/plain", strings.Repeat("x", 32<<20))
	for range 5 {
		refused(t, hookTarget(h.URL), Config{}, m, true, "413 Request Entity Too Large: too large for me")
	}
}

func TestWebhookContent(t *testing.T) {
	h := newHook(t, nil)
	m := reportOf(t, "Bericht für März.csv", "text/csv", "")
	m.Report, m.ID = "früh/später 100%\r\nX: y", "früh 1"
	deliver(t, hookTarget(h.URL), Config{Secret: "s"}, m)
	p := h.posts()[0]
	if p.length != 0 || !verify("s", p.header, nil) {
		t.Errorf("an empty report has length %d", p.length)
	}
	for name, want := range map[string]string{
		"Windrow-Report": m.Report, "Idempotency-Key": m.ID,
	} {
		if got, err := url.PathUnescape(p.header.Get(name)); err != nil || got != want {
			t.Errorf("%s: %q", name, p.header.Get(name))
		}
	}
	if got := p.header.Get("Content-Disposition"); got != "attachment; filename*=utf-8''Bericht%20f%C3%BCr%20M%C3%A4rz.csv" {
		t.Errorf("Content-Disposition: %s", got)
	}
	m = reportOf(t, "x", "text/plain", "content")
	os.WriteFile(m.Content.File, []byte("c0ntent"), 0o600)
	refused(t, hookTarget(h.URL), Config{}, m, false, "has changed")
	m.Content.Folder = true
	refused(t, hookTarget(h.URL), Config{}, m, true, "folder of files")
	if n := len(h.posts()); n != 1 {
		t.Errorf("%d posts", n)
	}
}
