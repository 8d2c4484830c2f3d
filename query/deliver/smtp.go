package deliver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"github.com/windrow/windrow/query/output"
)

// smtpServer is a checked SET smtp.
type smtpServer struct {
	host, port     string
	user, password string
	implicit       bool   // TLS from the first byte
	plain          bool   // no TLS, within this machine
	ca             string // a file; "" for the system's
	patience       time.Duration
}

const (
	smtpConnect = 30 * time.Second
	// smtpPatience is how long a server may take for each step: those that
	// scan mails take their time.
	smtpPatience = 3 * time.Minute
)

// parseSMTP reads smtps://user:password@host:465 and smtp://user:password@
// host:587, with ?ca=FILE, and ?tls=none for a host that is this machine. Its
// errors do not repeat the text: it holds a password.
func parseSMTP(text string) (s smtpServer, err error) {
	if text == "" {
		return s, errors.New("no server is set; write SET smtp = 'smtps://user:password@host:465'")
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return s, errors.New("what is set as smtp is no URL; write smtps://user:password@host:465, with % codes for special characters in the password (%40 for @, %2F for /)")
	}
	s = smtpServer{host: u.Hostname(), port: u.Port(), user: u.User.Username(), implicit: u.Scheme == "smtps", patience: smtpPatience}
	s.password, _ = u.User.Password()
	if s.port == "" {
		s.port = map[bool]string{true: "465", false: "587"}[s.implicit]
	}
	if u.Scheme != "smtps" && u.Scheme != "smtp" {
		return s, errors.New("what is set as smtp begins with neither smtps:// nor smtp://")
	}
	for name, values := range u.Query() {
		if err := s.option(name, values[0]); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *smtpServer) option(name, value string) error {
	switch {
	case name == "ca" && value != "":
		s.ca = value
	case name == "tls" && value == "none" && !s.implicit && loopback(s.host):
		s.plain = true
	case name == "tls" && value == "none":
		return errors.New("smtp: ?tls=none is for smtp:// and servers on this very machine; reports do not cross a network in the clear")
	default:
		return errors.New("smtp: the options of its URL are ca=FILE and tls=none")
	}
	return nil
}

func (s smtpServer) tlsConfig() (*tls.Config, error) {
	c := &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	if s.ca == "" {
		return c, nil
	}
	pem, err := os.ReadFile(s.ca)
	if err != nil {
		return nil, fmt.Errorf("cannot read the certificates %s: %w", s.ca, output.Reason(err))
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("there is no PEM certificate in %s", s.ca)
	}
	return c, nil
}

// send sends a letter and returns what the server says about it.
func (s smtpServer) send(ctx context.Context, l *letter) (string, error) {
	conn, err := s.dial(ctx)
	if err != nil {
		return "", fmt.Errorf("cannot reach %s: %w", s.host, ended(ctx, err))
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	client, err := s.begin(conn)
	if err != nil {
		return "", s.judge(ctx, err)
	}
	answer, err := transact(client, l)
	if _, answered := errors.AsType[*textproto.Error](err); err == nil || answered {
		client.Quit() // whether that goes well changes nothing
	}
	return answer, s.judge(ctx, err)
}

// dial connects, with TLS for smtps.
func (s smtpServer) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, smtpConnect)
	defer cancel()
	var d net.Dialer
	raw, err := d.DialContext(ctx, "tcp", net.JoinHostPort(s.host, s.port))
	if err != nil || !s.implicit {
		return &patientConn{raw, s.patience}, err
	}
	config, err := s.tlsConfig()
	if err != nil {
		raw.Close()
		return nil, err
	}
	conn := tls.Client(&patientConn{raw, s.patience}, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return conn, nil
}

// patientConn lets each read and write take so long.
type patientConn struct {
	net.Conn
	limit time.Duration
}

func (c *patientConn) Read(p []byte) (int, error) {
	c.SetReadDeadline(time.Now().Add(c.limit))
	return c.Conn.Read(p)
}

func (c *patientConn) Write(p []byte) (int, error) {
	c.SetWriteDeadline(time.Now().Add(c.limit))
	return c.Conn.Write(p)
}

// begin greets, encrypts and authenticates.
func (s smtpServer) begin(conn net.Conn) (*smtp.Client, error) {
	client, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return nil, err
	}
	client.SkipSMTPUTF8(true)
	if err := client.Hello(ownName()); err != nil {
		return nil, err
	}
	if err := s.encrypt(client); err != nil {
		return nil, err
	}
	return client, s.authenticate(client)
}

// ownName is what the machine calls itself.
func ownName() string {
	name, err := os.Hostname()
	if err != nil || name == "" || breaks(name) {
		return "localhost"
	}
	return name
}

func (s smtpServer) encrypt(client *smtp.Client) error {
	if s.implicit || s.plain {
		return nil
	}
	if ok, _ := client.Extension("STARTTLS"); !ok {
		return errors.New("it offers no STARTTLS, and reports do not cross a network in the clear; try smtps:// with its port")
	}
	config, err := s.tlsConfig()
	if err != nil {
		return err
	}
	return client.StartTLS(config)
}

// authenticate uses the first way that both sides know. The connection is
// encrypted and the server is who it says, or within this machine.
func (s smtpServer) authenticate(client *smtp.Client) error {
	if s.user == "" {
		return nil
	}
	_, offered := client.Extension("AUTH")
	ways := strings.Fields(strings.ToUpper(offered))
	for _, way := range []struct {
		name string
		auth smtp.Auth
	}{
		{"PLAIN", smtp.PlainAuth("", s.user, s.password, s.host, s.plain)},
		{"LOGIN", smtp.LoginAuth(s.user, s.password, s.host, s.plain)},
		{"CRAM-MD5", smtp.CRAMMD5Auth(s.user, s.password)},
	} {
		if slices.Contains(ways, way.name) {
			if err := client.Auth(way.auth); err != nil {
				return fmt.Errorf("user %s: %w", s.user, err)
			}
			return nil
		}
	}
	return fmt.Errorf("it offers no way to authenticate that Windrow knows (%q)", oneLine(offered, 100))
}

// ended prefers the end of the context over what it has broken.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
