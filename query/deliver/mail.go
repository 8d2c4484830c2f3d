package deliver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"net/mail"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/windrow/windrow/query/report"
	"github.com/windrow/windrow/schema"
)

const (
	// mailLimit is the greatest file that is attached, in bytes. Few servers
	// take more, and a mail is built in memory.
	mailLimit = 25 << 20
	// inlineLimit is the greatest content that also is a mail's body, in bytes.
	// Mail programs cut or hide longer ones.
	inlineLimit = 512 << 10
)

// toMail sends one mail to all addresses of the target.
func toMail(ctx context.Context, t schema.Target, c Config, m Message) (Receipt, error) {
	l, err := newLetter(ctx, t, c, m)
	if err != nil {
		return Receipt{}, fmt.Errorf("cannot mail %s: %w", m.Report, err)
	}
	to := oneLine(strings.Join(l.to, ", "), 200)
	answer, err := l.server.send(ctx, l)
	if err != nil {
		return Receipt{}, fmt.Errorf("cannot mail %s to %s: %w", m.Report, to, err)
	}
	r := Receipt{Place: to, Bytes: int64(len(l.file)), SHA256: sha256.Sum256(l.file)}
	if answer != "" {
		r.Place += " (" + answer + ")"
	}
	return r, nil
}

// letter is a mail that is ready to go.
type letter struct {
	server smtpServer
	from   string
	to     []string // bare addresses
	file   []byte   // content or record
	msg    *gomail.Msg
}

// newLetter composes a mail. Its errors are permanent, but for those of
// reading the content.
func newLetter(ctx context.Context, t schema.Target, c Config, m Message) (*letter, error) {
	if err := oneFile(m, "a mail"); err != nil {
		return nil, err
	}
	server, err := parseSMTP(c.SMTP)
	if err != nil {
		return nil, permanent{err}
	}
	l := &letter{server: server, msg: gomail.NewMsg()}
	if l.file, err = mailFile(ctx, m); err != nil {
		return nil, err
	}
	if err := l.address(c.MailFrom, t.Address); err != nil {
		return nil, permanent{err}
	}
	if err := l.head(c, m); err != nil {
		return nil, permanent{err}
	}
	if err := l.fill(c, m); err != nil {
		return nil, permanent{err}
	}
	return l, nil
}

// mailFile reads what the mail is about.
func mailFile(ctx context.Context, m Message) ([]byte, error) {
	if m.Content == nil {
		return m.Record, nil
	}
	if m.Content.Bytes > mailLimit {
		return nil, permanent{fmt.Errorf("%s has %d MB, which is more than the %d MB that a mail carries; deliver it to a file or a webhook",
			oneLine(m.Content.Name, 100), m.Content.Bytes>>20, mailLimit>>20)}
	}
	var b bytes.Buffer
	b.Grow(int(m.Content.Bytes) + bytes.MinRead)
	_, _, err := copyContent(ctx, &b, m.Content.File, m.Content.SHA256)
	return b.Bytes(), err
}

// address sets sender and recipients.
func (l *letter) address(from, to string) error {
	sender, err := mail.ParseAddress(from)
	if err != nil || breaks(from) {
		return errors.New("mail_from is no address; write SET mail_from = 'Windrow <robot@example.com>'")
	}
	list, err := mail.ParseAddressList(strings.TrimPrefix(to, "mailto:"))
	if err != nil || breaks(to) {
		return fmt.Errorf("%q is no list of addresses", oneLine(to, 200))
	}
	l.from = sender.Address
	l.msg.FromMailAddress(sender)
	l.msg.ToMailAddress(list...)
	for _, a := range list {
		l.to = append(l.to, a.Address)
	}
	return nil
}

// breaks reports whether text would end a header, or the message.
func breaks(s string) bool { return strings.ContainsAny(s, "\r\n\x00") }

// head sets what else stands in the header of the mail.
func (l *letter) head(c Config, m Message) error {
	subject := Expand(m.Subject, m)
	if subject == "" {
		subject = defaultSubject(m)
	}
	for _, v := range [][2]string{{"name", m.Report}, {"kind", m.Kind}, {"version", c.Version}, {"subject", subject}} {
		if breaks(v[1]) {
			return fmt.Errorf("its %s has a line break or a byte 0, which no header of a mail takes", v[0])
		}
	}
	l.msg.Subject(subject)
	l.msg.SetDate()
	l.msg.SetMessageIDWithValue(messageID(m.ID, l.from))
	l.msg.SetUserAgent("Windrow " + c.Version)
	for name, value := range map[string]string{
		"Auto-Submitted":     "auto-generated", // keeps vacation programs from answering
		"X-Windrow-Report":   mime.QEncoding.Encode("utf-8", m.Report),
		"X-Windrow-Kind":     m.Kind,
		"X-Windrow-Slot":     m.Slot.UTC().Format("2006-01-02T15:04:05Z07:00"),
		"X-Windrow-Revision": strconv.Itoa(m.Revision),
	} {
		l.msg.SetGenHeader(gomail.Header(name), value)
	}
	return nil
}

// defaultSubject is that of a target for which none is set.
func defaultSubject(m Message) string {
	at := m.local(m.Slot).Format("2006-01-02 15:04")
	switch {
	case m.Content == nil:
		return fmt.Sprintf("%s: %s, %s", m.Report, m.Kind, at)
	case m.Revision > 1:
		return fmt.Sprintf("%s, %s, revision %d", m.Report, at, m.Revision)
	}
	return m.Report + ", " + at
}

// messageID is the same for every try of a delivery, so that mail programs
// show a mail once that came twice.
func messageID(id, from string) string {
	sum := sha256.Sum256([]byte(id))
	domain := from[strings.LastIndexByte(from, '@')+1:]
	for i := range len(domain) {
		if domain[i] >= 0x80 || domain[i] <= ' ' {
			domain = "windrow.invalid"
			break
		}
	}
	return hex.EncodeToString(sum[:16]) + "@" + domain
}

// fill sets the body and attaches the file.
func (l *letter) fill(c Config, m Message) error {
	if m.Content == nil {
		l.msg.SetBodyString(gomail.TypeTextPlain, summary(m)+eventText(m.Record))
		return nil
	}
	if breaks(m.Content.Name) {
		return errors.New("the name of its file has a line break or a byte 0")
	}
	text, page := l.bodies(c, m)
	l.msg.SetBodyString(gomail.TypeTextPlain, text)
	if page != "" {
		l.msg.AddAlternativeString(gomail.TypeTextHTML, page)
	}
	l.msg.AttachReadSeeker(m.Content.Name, bytes.NewReader(l.file), asFile(m.Content))
	return nil
}

// bodies returns the report as it stands in the mail, as text and as a page, or
// what says that it is attached; then the page may be empty.
func (l *letter) bodies(c Config, m Message) (text, page string) {
	if !m.Content.Inline || c.Attach {
		return summary(m) + "The report is the attached file " + m.Content.Name + ".\n", ""
	}
	if !strings.HasPrefix(m.Content.MediaType, "text/html") {
		if len(l.file) > inlineLimit {
			return summary(m) + "The report is long; it is the attached file " + m.Content.Name + ".\n", ""
		}
		return string(l.file), preformatted(l.file)
	}
	text = summary(m) + "The report is a page, and the attached file " + m.Content.Name + ".\n"
	body, err := report.MailBody(bytes.NewReader(l.file), "The whole report is the attached file "+m.Content.Name+".")
	if err != nil || len(body) > inlineLimit {
		return text, ""
	}
	return text, string(body)
}

// asFile describes an attachment, with a name in any script.
func asFile(c *Content) gomail.FileOption {
	media, params, err := mime.ParseMediaType(c.MediaType)
	if err != nil {
		media, params = "application/octet-stream", map[string]string{}
	}
	params["name"] = c.Name
	return func(f *gomail.File) {
		f.Header.Set("Content-Type", mime.FormatMediaType(media, params))
		f.Header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": c.Name}))
	}
}
