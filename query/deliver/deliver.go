// Package deliver brings a finished report, or one event of an alert, to its
// target: a file, standard output, a mail, a webhook. It tries once; when to
// try again is the caller's business.
//
// Doing a delivery again is safe wherever the target allows it: a file is
// replaced by the same file, an alert's line that is there is not written
// again, a webhook has the same Idempotency-Key, a mail the same Message-ID.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/windrow/windrow/schema"
)

// Message is what is delivered: a report (Content) or an event (Record).
type Message struct {
	Report string // name of the report or alert
	Kind   string // report, firing, resolved, withdrawn
	// Slot names the issue; it covers [Start, End). Zone is where {date} and
	// {time} are; nil for UTC.
	Slot, Start, End time.Time
	Zone             *time.Location
	Revision         int // from 1
	// ID is the same for every try of this delivery and for no other one.
	ID      string
	Subject string // of a mail, with placeholders or without; "" for one of name, kind and slot
	Notes   []string
	Content *Content // of a report; nil for events
	Record  []byte   // of an event: one JSON object with an "id", without line break
}

// Content is a complete file, or a folder with a _manifest.json that lists its
// files. It is read, never changed.
type Content struct {
	File      string
	Folder    bool
	Name      string // of an attachment: a plain file name
	MediaType string
	Inline    bool // text that fits into a mail's body
	Bytes     int64
	SHA256    [32]byte // what is copied must have it; of a folder: not used
}

// Config is what targets need beside their address.
type Config struct {
	SMTP     string // smtps://user:password@host:465, smtp://host:587
	MailFrom string
	Secret   string    // signs webhooks; "" for no signature
	Attach   bool      // mail: the file is attached only, even if it fits into the body
	Stdout   io.Writer // of target stdout; deliveries to it take turns, and may leave a Write behind that blocks
	Version  string    // of Windrow, for User-Agent
}

// Receipt says what has arrived where.
type Receipt struct {
	Place  string // for people: a path, addresses, a URL without secrets
	Bytes  int64
	SHA256 [32]byte // of the content, of a folder's manifest, or of the record
}

// ErrPermanent is wrapped by errors of deliveries that would fail again:
// a refused address, an answer 4xx (but 408, 425 and 429), a path that leads
// out of its root.
var ErrPermanent = errors.New("trying again does not help")

// RetryError is wrapped by the error of a target that said when to come again.
type RetryError struct {
	After time.Duration // from now; at least 0
	Err   error
}

// Error implements error.
func (e *RetryError) Error() string { return e.Err.Error() }

// Unwrap returns the error without the time.
func (e *RetryError) Unwrap() error { return e.Err }

// permanent marks an error with ErrPermanent; its text stays.
type permanent struct{ error }

func (p permanent) Unwrap() []error { return []error{p.error, ErrPermanent} }

// Deliver brings a message to a target, once. Errors name the target without
// its secrets, also where a server repeats them. It may be called
// concurrently, but not twice at a time with one ID. What the end of ctx
// interrupts is not permanent.
func Deliver(ctx context.Context, t schema.Target, c Config, m Message) (Receipt, error) {
	r, err := bring(ctx, t, c, m)
	switch {
	case err != nil:
		return Receipt{}, secretsOf(t, c).hide(err)
	case t.Kind == schema.TargetMail:
		r.Place = secretsOf(t, c).mask(r.Place) // it has the server's answer
	}
	return r, nil
}

func bring(ctx context.Context, t schema.Target, c Config, m Message) (Receipt, error) {
	if (m.Content == nil) == (m.Record == nil) {
		return Receipt{}, permanent{fmt.Errorf("cannot deliver %s: it has neither content nor record, or both", m.Report)}
	}
	switch t.Kind {
	case schema.TargetFile:
		return toFile(ctx, t, m)
	case schema.TargetStdout:
		return toStdout(ctx, stdout, c, m)
	case schema.TargetMail:
		return toMail(ctx, t, c, m)
	case schema.TargetWebhook:
		return toWebhook(ctx, t, c, m, defaultLimits)
	}
	return Receipt{}, permanent{fmt.Errorf("cannot deliver %s: a target of kind %q is unknown", m.Report, t.Kind)}
}
