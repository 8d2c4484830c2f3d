package deliver

import (
	"encoding/base64"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/windrow/windrow/schema"
)

// secrets are texts that no message repeats, in every form in which a server
// may give them back.
type secrets map[string]bool

// shortest is the least length of a secret, in characters. Shorter ones would
// make holes everywhere, and whoever guesses needs no message.
const shortest = 4

// hide is the one way of errors out of the package: servers like to quote what
// they refuse.
func (s secrets) hide(err error) error {
	if text := s.mask(err.Error()); text != err.Error() {
		return rephrased{text, err}
	}
	return err
}

// mask replaces secrets by "...", also one that is cut and followed by "..."
// already. Where secrets overlap, nothing of either is left.
func (s secrets) mask(text string) string {
	covered := make([]bool, len(text))
	cover := func(from, to int) {
		for i := from; i < to; i++ {
			covered[i] = true
		}
	}
	for secret := range s {
		for i := range len(text) {
			if strings.HasPrefix(text[i:], secret) {
				cover(i, i+len(secret))
			}
			if strings.HasPrefix(text[i:], "...") {
				cover(i-len(begun(text[:i], secret)), i)
			}
		}
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !covered[i]:
			b.WriteByte(text[i])
		case i == 0 || !covered[i-1]:
			b.WriteString("...")
		}
	}
	return b.String()
}

// begun returns the longest begin of a secret that text ends with.
func begun(text, secret string) string {
	for n := min(len(text), len(secret)-1); n >= shortest; n-- {
		if strings.HasSuffix(text, secret[:n]) {
			return secret[:n]
		}
	}
	return ""
}

// add adds a secret in the forms in which it may come back: as it is, escaped
// and unescaped as in URLs, as in HTML, quoted, and as oneLine shapes them.
func (s secrets) add(secret string) {
	forms := []string{secret}
	if v, err := url.PathUnescape(secret); err == nil {
		forms = append(forms, v)
	}
	if v, err := url.QueryUnescape(secret); err == nil {
		forms = append(forms, v)
	}
	for _, v := range forms {
		forms = append(forms, url.PathEscape(v), url.QueryEscape(v), html.EscapeString(v), strings.Trim(strconv.Quote(v), `"`))
	}
	for _, v := range forms {
		for _, form := range []string{v, oneLine(v, len(v))} {
			if utf8.RuneCountInString(form) >= shortest {
				s[form] = true
			}
		}
	}
}

// addBase64 adds what a login says, with padding and without.
func (s secrets) addBase64(v string) {
	s.add(base64.StdEncoding.EncodeToString([]byte(v)))
	s.add(base64.RawStdEncoding.EncodeToString([]byte(v)))
}

// secretsOf returns what a delivery shows to its server alone.
func secretsOf(t schema.Target, c Config) secrets {
	s := secrets{}
	switch t.Kind {
	case schema.TargetWebhook:
		s.add(c.Secret)
		s.addURL(t)
	case schema.TargetMail:
		s.addSMTP(c.SMTP)
	}
	return s
}

// addSMTP adds the password, and what AUTH PLAIN and LOGIN say. The user is
// shown.
func (s secrets) addSMTP(text string) {
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return // nothing is sent there
	}
	password, _ := u.User.Password()
	s.add(password)
	if _, raw, ok := strings.Cut(userOf(text), ":"); ok {
		s.add(raw)
	}
	s.addBase64("\x00" + u.User.Username() + "\x00" + password)
	s.addBase64(u.User.Username())
	s.addBase64(password)
}

// addURL adds the user, the segments of the path, the values of the query and
// what variables stand for, but for what everybody reads in the target's text.
func (s secrets) addURL(t schema.Target) {
	u, err := url.Parse(t.Address)
	if err != nil {
		return // nothing is sent there
	}
	list := append(strings.Split(u.EscapedPath(), "/"), u.EscapedFragment())
	for pair := range strings.FieldsFuncSeq(u.RawQuery, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			value = name
		}
		list = append(list, value)
	}
	for _, v := range variables(t) {
		if !strings.Contains(v, "://") && !strings.Contains(u.Host, v) { // hosts are shown; the path is in the list
			list = append(list, v)
		}
	}
	if u.User != nil {
		password, _ := u.User.Password()
		list = append(list, userOf(t.Address), u.User.Username(), password)
		s.addBase64(u.User.Username() + ":" + password)
	}
	for _, v := range list {
		if !strings.Contains(t.Text, v) {
			s.add(v)
		}
	}
}

// userOf returns user and password of a URL as they are written in it.
func userOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return rest[:max(0, strings.LastIndexByte(rest, '@'))]
}

var (
	variable = regexp.MustCompile(`\$\{[^}]*\}`)
	numbered = regexp.MustCompile(` \(\d+\)$`) // tells targets of one text apart
)

// variables returns what the variables stand for that a webhook's text has
// before its query.
func variables(t schema.Target) []string {
	address, _, _ := strings.Cut(t.Address, "?")
	if user := userOf(address); user != "" {
		address = strings.Replace(address, user+"@", "", 1)
	}
	text := variable.ReplaceAllLiteralString(numbered.ReplaceAllLiteralString(t.Text, ""), "\x00")
	text, _, _ = strings.Cut(text, "?")
	pattern, err := regexp.Compile("^" + strings.ReplaceAll(regexp.QuoteMeta(text), "\x00", "(.*?)") + "$")
	if err != nil {
		return nil // longer than patterns may be; the segments are known
	}
	found := pattern.FindStringSubmatch(address)
	return found[min(1, len(found)):]
}
