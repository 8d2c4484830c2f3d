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

// setSMTP checks the URL of a mail server. The file of its certificates is
// below the folder of the definition file, if it is not absolute.
func setSMTP(f *file, s *Settings, v string) error {
	s.SMTP = v
	u, err := checkSMTP(v)
	if err != nil || u.RawQuery == "" {
		return err
	}
	ca, err := smtpOptions(u)
	if err != nil || ca == "" {
		return err
	}
	if ca = filepath.FromSlash(ca); !filepath.IsAbs(ca) {
		ca = filepath.Join(f.Dir, ca)
	}
	u.RawQuery = "ca=" + escapeQuery(ca)
	s.SMTP = u.String()
	return nil
}

// checkSMTP checks all but the query of the URL of a mail server.
func checkSMTP(v string) (*url.URL, error) {
	u, err := url.Parse(v)
	if err != nil || u.Hostname() == "" || !goodPort(u) {
		return nil, withHint(smtpForm, "smtp is not a URL with a host and a port")
	}
	_, password := u.User.Password()
	switch {
	case u.Scheme != "smtp" && u.Scheme != "smtps":
		return nil, withHint(smtpForm, "smtp begins with smtps:// or smtp://")
	case u.User != nil && (u.User.Username() == "" || !password):
		return nil, withHint(smtpForm, "smtp has a user without a password, or a password without a user")
	case u.Path != "" && u.Path != "/" || u.Fragment != "":
		return nil, withHint(smtpForm, "smtp has something after the host that does not belong there")
	}
	return u, nil
}

// smtpOptions reads what stands behind the ? of the URL of a mail server: the
// file of certificates, or tls=none.
func smtpOptions(u *url.URL) (ca string, err error) {
	name, value, _ := strings.Cut(u.RawQuery, "=")
	value, err = url.PathUnescape(value) // a + is a +
	switch {
	case u.RawQuery == "tls=none" && (u.Scheme == "smtps" || !loopback(u.Hostname())):
		return "", withHint("leave out ?tls=none: smtp:// asks for STARTTLS", "mail without TLS is for smtp:// servers on this machine only")
	case u.RawQuery == "tls=none":
		return "", nil
	case name == "ca" && err == nil && strings.TrimSpace(value) != "" && !hasControl(value) && !strings.Contains(u.RawQuery, "&"):
		return value, nil
	}
	return "", withHint("?ca=FILE (certificates to trust) or ?tls=none is all that may follow", "smtp has a ? that does not belong there")
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

// escapeQuery makes a text fit for a value in the query of a URL.
func escapeQuery(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

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
