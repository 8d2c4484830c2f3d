package deliver

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/windrow/windrow/schema"
)

// mailServer is a real server that keeps what it gets. Its fields are set
// before it starts.
type mailServer struct {
	way        string // smtps, starttls, none
	mechanisms []string
	limit      int64
	rcpt       func(to string) error
	data       func(c net.Conn, r io.Reader) error // nil reads everything

	address string
	mu      sync.Mutex
	got     []received
	senders int // MAIL commands
}

type received struct {
	from string
	to   []string
	text string
}

func (s *mailServer) start(t testing.TB) *mailServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &mailSession{server: s, conn: c}, nil
	}))
	server.Domain = "mail.test"
	server.MaxMessageBytes = s.limit
	server.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableSMTPUTF8 = true
	switch s.way {
	case "smtps":
		l = tls.NewListener(l, serverTLS)
	case "starttls":
		server.TLSConfig = serverTLS
	default:
		server.AllowInsecureAuth = true
	}
	var done sync.WaitGroup
	done.Go(func() { server.Serve(l) })
	t.Cleanup(func() {
		server.Close()
		done.Wait()
	})
	return s
}

// config is how Windrow is told about the server.
func (s *mailServer) config(user string) Config {
	scheme, query := "smtp://", "?ca="+authority
	switch s.way {
	case "smtps":
		scheme = "smtps://"
	case "none":
		query = "?tls=none"
	}
	if user != "" {
		user += "@"
	}
	return Config{SMTP: scheme + user + s.address + query, MailFrom: "Windrow <robot@example.com>", Version: "1.2"}
}

func (s *mailServer) mails() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// mailSession is one connection.
type mailSession struct {
	server *mailServer
	conn   *smtp.Conn
	user   string
	mail   received
}

var _ smtp.AuthSession = (*mailSession)(nil)

func (s *mailSession) AuthMechanisms() []string { return s.server.mechanisms }

func (s *mailSession) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, password string) error {
		if user != "me" || password != "pass/w0rd" {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
	case sasl.Login:
		return &loginServer{check: check}, nil
	case "CRAM-MD5":
		return cramServer(check), nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// loginServer is the server's side of AUTH LOGIN.
type loginServer struct {
	check func(user, password string) error
	said  []string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if response != nil {
		l.said = append(l.said, string(response))
	}
	switch len(l.said) {
	case 0:
		return []byte("Username:"), false, nil
	case 1:
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.said[0], l.said[1])
}

// cramServer is the server's side of AUTH CRAM-MD5.
type cramServer func(user, password string) error

func (c cramServer) Next(response []byte) (challenge []byte, done bool, err error) {
	const nonce = "<1.2@mail.test>"
	if response == nil {
		return []byte(nonce), false, nil
	}
	mac := hmac.New(md5.New, []byte("pass/w0rd"))
	mac.Write([]byte(nonce))
	if user, sum, _ := strings.Cut(string(response), " "); sum == hex.EncodeToString(mac.Sum(nil)) {
		return nil, true, c(user, "pass/w0rd")
	}
	return nil, true, smtp.ErrAuthFailed
}

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	s.server.mu.Lock()
	s.server.senders++
	s.server.mu.Unlock()
	if len(s.server.mechanisms) > 0 && s.user == "" {
		return smtp.ErrAuthRequired
	}
	if _, encrypted := s.conn.TLSConnectionState(); !encrypted && s.server.way != "none" {
		return errors.New("in the clear")
	}
	s.mail = received{from: from}
	return nil
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.server.rcpt != nil {
		if err := s.server.rcpt(to); err != nil {
			return err
		}
	}
	s.mail.to = append(s.mail.to, to)
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	if s.server.data != nil {
		return s.server.data(s.conn.Conn(), r)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.text = string(text)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.got = append(s.server.got, s.mail)
	return nil
}

func (s *mailSession) Reset()        {}
func (s *mailSession) Logout() error { return nil }

func mailTarget(to string) schema.Target {
	return schema.Target{Kind: schema.TargetMail, Address: to, Text: "mailto:" + to}
}

// part is a leaf of a mail, decoded.
type part struct {
	media string // with what it is within: multipart/mixed multipart/alternative text/plain
	name  string
	body  string
}

// parse takes a mail apart with the standard library.
func parse(t testing.TB, text string) (mail.Header, []part) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		if len(line) > 998+2 {
			t.Errorf("a line has %d bytes", len(line))
		}
		if !strings.HasSuffix(line, "\r\n") {
			t.Errorf("a line ends with %q", line[max(0, len(line)-5):])
		}
	}
	return m.Header, parts(t, "", m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), "", m.Body)
}

func parts(t testing.TB, within, contentType, encoding, name string, body io.Reader) []part {
	t.Helper()
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatalf("%q: %v", contentType, err)
	}
	if !strings.HasPrefix(media, "multipart/") {
		if strings.EqualFold(encoding, "base64") {
			body = base64.NewDecoder(base64.StdEncoding, body)
		}
		if strings.EqualFold(encoding, "quoted-printable") {
			body = quotedprintable.NewReader(body)
		}
		content, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		return []part{{within + media, name, string(content)}}
	}
	var all []part
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextPart()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parts(t, within+media+" ", p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.FileName(), p)...)
	}
}
