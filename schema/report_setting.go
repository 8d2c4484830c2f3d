package schema

import (
	"net"
	"net/mail"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
)

// Messages about values that may hold a secret do not show them.

const smtpForm = "SET smtp = 'smtps://user:${SMTP_PASSWORD}@mail.example.com:465', or smtp:// for STARTTLS"

// checkSMTP checks the URL of a mail server.
func checkSMTP(v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Hostname() == "" || !goodPort(u) {
		return withHint(smtpForm, "smtp is not a URL with a host and a port")
	}
	_, password := u.User.Password()
	switch {
	case u.Scheme != "smtp" && u.Scheme != "smtps":
		return withHint(smtpForm, "smtp begins with smtps:// or smtp://")
	case u.User != nil && (u.User.Username() == "" || !password):
		return withHint(smtpForm, "smtp has a user without a password, or a password without a user")
	case u.Path != "" && u.Path != "/" || u.Fragment != "":
		return withHint(smtpForm, "smtp has something after the host that does not belong there")
	case u.RawQuery == "":
		return nil
	case u.RawQuery != "tls=none":
		return withHint("?tls=none is all that may follow", "smtp has a ? that does not belong there")
	case u.Scheme == "smtps" || !loopback(u.Hostname()):
		return withHint("leave out ?tls=none: smtp:// asks for STARTTLS", "mail without TLS is for smtp:// servers on this machine only")
	}
	return nil
}

func goodPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.Atoi(u.Port())
	return err == nil && n > 0 && n < 1<<16
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// escapeUser makes a text fit for the user or password of a URL.
func escapeUser(s string) string {
	return strings.TrimPrefix(url.UserPassword("x", s).String(), "x:")
}

// checkAddress checks one address of mail, which may have a name.
func checkAddress(what, v string) error {
	if _, err := mail.ParseAddress(v); err != nil || hasControl(v) {
		return withHint("write 'robot@example.com' or 'Windrow <robot@example.com>'", "%s is not an address of mail", what)
	}
	return nil
}

func checkSecret(what, v string) error {
	if strings.TrimSpace(v) == "" {
		return withHint("take a long random text, from the environment: '${WEBHOOK_SECRET}'", "%s is empty", what)
	}
	return nil
}

func setReportRoot(f *file, s *Settings, v string) error {
	if strings.TrimSpace(v) == "" || hasControl(v) {
		return withHint("SET report_root = '/var/reports'", "report_root is not a folder")
	}
	s.ReportRoot = filepath.FromSlash(v)
	if !filepath.IsAbs(s.ReportRoot) {
		s.ReportRoot = filepath.Join(f.Dir, s.ReportRoot)
	}
	return nil
}

// hasControl reports whether a text has line breaks or the like, which would
// end a header of mail or a name of a file.
func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }
