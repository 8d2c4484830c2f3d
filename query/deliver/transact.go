package deliver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail/smtp"
)

// transact hands the letter over, once it is known that the server takes all of
// it.
func transact(client *smtp.Client, l *letter) (string, error) {
	if err := fits(client, l); err != nil {
		return "", err
	}
	client.SkipSMTPUTF8(!slices.ContainsFunc(append(l.to, l.from), notASCII))
	if err := client.Mail("<" + l.from + ">"); err != nil {
		return "", fmt.Errorf("sender %s: %w", l.from, err)
	}
	refused, err := recipients(client, l.to)
	if err != nil {
		return "", err
	}
	body, err := client.Data()
	if err != nil {
		return "", err
	}
	if _, err := l.msg.WriteTo(body); err != nil {
		return "", err
	}
	if err := body.Close(); err != nil {
		return "", err
	}
	if refused != nil {
		return "", permanent{fmt.Errorf("it was sent to the others, but %w", refused)}
	}
	return oneLine(body.(*smtp.DataCloser).ServerResponse(), 100), nil
}

func notASCII(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}

// fits asks the server's limit, before anything is sent.
func fits(client *smtp.Client, l *letter) error {
	_, text := client.Extension("SIZE")
	limit, err := strconv.ParseInt(text, 10, 64)
	if err != nil || limit == 0 {
		return nil
	}
	n, err := l.msg.WriteTo(io.Discard)
	if err == nil && n > limit {
		err = permanent{fmt.Errorf("the mail has %d kB, and the server takes %d kB; deliver it to a file or a webhook", n>>10, limit>>10)}
	}
	return err
}

// recipients names the recipients to the server. If it may take one later,
// nobody gets the mail now: the next try would reach the others twice. Those
// that it refuses for good do not keep it from the others; they are returned
// as an error beside the error.
func recipients(client *smtp.Client, to []string) (refused, err error) {
	var never, later []error
	for _, address := range to {
		err := client.Rcpt("<" + address + ">")
		answer, ok := errors.AsType[*textproto.Error](err)
		switch {
		case err == nil:
		case !ok:
			return nil, err // the connection
		case answer.Code/100 == 5:
			never = append(never, fmt.Errorf("%s was refused: %w", address, plain(err)))
		default:
			later = append(later, fmt.Errorf("%s: %w", address, plain(err)))
		}
	}
	switch {
	case len(later) > 0:
		return nil, later[0]
	case len(never) == len(to):
		return nil, join(never)
	case len(never) > 0:
		return join(never), nil
	}
	return nil, nil
}

// join makes one error with one line of several.
func join(errs []error) error {
	err := errs[0]
	for _, e := range errs[1:] {
		err = fmt.Errorf("%w; %w", err, e)
	}
	return err
}

// judge says which server an error is about, and whether it is for good: that
// is so for answers 5xx.
func (s smtpServer) judge(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	err = ended(ctx, err)
	text := fmt.Errorf("%s: %s", s.host, oneLine(plain(err).Error(), 500))
	answer, ok := errors.AsType[*textproto.Error](err)
	switch {
	case errors.Is(err, ErrPermanent), ok && answer.Code/100 == 5:
		return permanent{text}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return text
}

// plain has the answer of a server within an error as the server gave it: Go
// quotes it.
func plain(err error) error {
	answer, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		return err
	}
	return rephrased{strings.Replace(err.Error(), answer.Error(), fmt.Sprintf("%d %s", answer.Code, answer.Msg), 1), err}
}

// rephrased is an error with another text.
type rephrased struct {
	text string
	error
}

func (r rephrased) Error() string { return r.text }
func (r rephrased) Unwrap() error { return r.error }
