package deliver

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/windrow/windrow/schema"
)

// limits of one POST.
type limits struct {
	connect time.Duration // TCP, then TLS
	answer  time.Duration // from the last byte of the body to the answer
	total   time.Duration
}

var defaultLimits = limits{connect: 15 * time.Second, answer: time.Minute, total: 10 * time.Minute}

const (
	redirects    = 5                // followed within one host
	answerQuoted = 200              // characters of an answer that an error shows
	answerRead   = 4 * answerQuoted // bytes of it that are read
)

// toWebhook posts the content, or the event, and takes any 2xx for success.
func toWebhook(ctx context.Context, t schema.Target, c Config, m Message, l limits) (Receipt, error) {
	if err := oneFile(m, "a webhook"); err != nil {
		return Receipt{}, err
	}
	u, err := webhookURL(t.Address)
	if err != nil {
		return Receipt{}, permanent{err}
	}
	place := publicURL(u, t.Text)
	ctx, cancel := context.WithTimeoutCause(ctx, l.total, fmt.Errorf("it takes longer than %s", l.total))
	defer cancel()
	p, err := newPayload(ctx, m)
	if err != nil {
		return Receipt{}, fmt.Errorf("cannot post to %s: %w", place, err)
	}
	if err := post(ctx, u, c, m, p, l); err != nil {
		return Receipt{}, fmt.Errorf("cannot post to %s: %w", place, err)
	}
	return Receipt{Place: place, Bytes: p.size, SHA256: p.sum}, nil
}

// webhookURL parses an address. What does not parse is not repeated: it may
// hold a secret.
func webhookURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return nil, errors.New("cannot post to the webhook: its address is no URL; write https://host/path")
	case u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()):
		return u, nil
	}
	return nil, fmt.Errorf("cannot post to %s: webhooks need https://, or http:// to this very machine", u.Host)
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// publicURL is a URL as people may see it. User, password and query are often
// secrets; a path is one where it comes from a variable.
func publicURL(u *url.URL, text string) string {
	path := u.EscapedPath()
	if path != "" && path != "/" && !strings.Contains(text, path) {
		path = "/..."
	}
	return u.Scheme + "://" + u.Host + path
}

// payload is the body of a request. It can be read several times.
type payload struct {
	open      func() (io.ReadCloser, error)
	size      int64
	sum       [32]byte
	mediaType string
	name      string // of a file; "" of an event
}

func newPayload(ctx context.Context, m Message) (payload, error) {
	if m.Content == nil {
		open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(m.Record))), nil }
		return payload{open, int64(len(m.Record)), sha256.Sum256(m.Record), "application/json", ""}, nil
	}
	n, sum, err := copyContent(ctx, io.Discard, m.Content.File, m.Content.SHA256)
	open := func() (io.ReadCloser, error) { return os.Open(m.Content.File) }
	return payload{open, n, sum, m.Content.MediaType, m.Content.Name}, err
}

// post sends one request.
func post(ctx context.Context, u *url.URL, c Config, m Message, p payload, l limits) error {
	req, err := newRequest(ctx, u, c, m, p)
	if err != nil {
		return err
	}
	client := newClient(l)
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		return requestError(ctx, err)
	}
	defer res.Body.Close()
	return judge(res)
}

func newRequest(ctx context.Context, u *url.URL, c Config, m Message, p payload) (*http.Request, error) {
	body, err := p.open()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), body)
	if err != nil {
		body.Close()
		return nil, permanent{errors.New("its address is no URL")}
	}
	req.ContentLength, req.GetBody = p.size, p.open
	if p.size == 0 {
		req.Body, req.GetBody = http.NoBody, nil
		body.Close()
	}
	setHeaders(req.Header, c, m, p)
	if c.Secret == "" {
		return req, nil
	}
	stamp := req.Header.Get("Windrow-Timestamp")
	signature, err := sign(c.Secret, stamp, p)
	if err != nil {
		req.Body.Close()
		return nil, err
	}
	req.Header.Set("Windrow-Signature", signature)
	return req, nil
}

func setHeaders(h http.Header, c Config, m Message, p payload) {
	set := func(name, value string) { h.Set(name, headerText(value)) }
	set("User-Agent", "windrow/"+c.Version)
	set("Content-Type", p.mediaType)
	if p.name != "" {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": p.name}))
	}
	set("Idempotency-Key", m.ID)
	set("Windrow-Report", m.Report)
	set("Windrow-Kind", m.Kind)
	set("Windrow-Slot", m.Slot.UTC().Format(time.RFC3339))
	set("Windrow-Revision", strconv.Itoa(m.Revision))
	set("Windrow-Timestamp", strconv.FormatInt(time.Now().Unix(), 10))
}

// headerText is a value as a header takes it: what is not plain ASCII is
// percent-encoded, and so is the percent sign where anything is.
func headerText(s string) string {
	plain := func(c byte) bool { return c >= ' ' && c < 0x7f }
	for i := range len(s) {
		if !plain(s[i]) {
			return strings.ReplaceAll(url.PathEscape(s), "%20", " ")
		}
	}
	return s
}

// sign returns the hex HMAC-SHA256, keyed with the secret, of the timestamp, a
// full stop and the body.
func sign(secret, stamp string, p payload) (string, error) {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	body, err := p.open()
	if err != nil {
		return "", err
	}
	defer body.Close()
	if _, err := io.Copy(mac, body); err != nil {
		return "", err
	}
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// newClient makes a client for one request. A redirect is followed if it keeps
// method and host: any other one would turn the report away, or hand it to
// somebody else.
func newClient(l limits) *http.Client {
	dialer := &net.Dialer{Timeout: l.connect}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           dialer.DialContext,
			TLSHandshakeTimeout:   l.connect,
			ResponseHeaderTimeout: l.answer,
			TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:     true,
			DisableCompression:    true,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			from := via[0].URL
			if req.Method != http.MethodPost || req.URL.Host != from.Host || req.URL.Scheme != from.Scheme || len(via) > redirects {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

// requestError drops the URL that net/http puts before its errors.
func requestError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// judge says what an answer means.
func judge(res *http.Response) error {
	code := res.StatusCode
	if code/100 == 2 {
		return nil
	}
	err := fmt.Errorf("it answers %s", oneLine(res.Status, answerQuoted))
	text, cut := io.ReadAll(io.LimitReader(res.Body, answerRead))
	if cut != nil || len(text) == answerRead {
		text = append(text, "..."...)
	}
	if quoted := oneLine(string(text), answerQuoted); quoted != "" {
		err = fmt.Errorf("%w: %s", err, quoted)
	}
	switch {
	case code/100 == 3:
		return permanent{fmt.Errorf("it redirects (%s) to %s, which is not followed; give the target the address that is meant", oneLine(res.Status, answerQuoted), redirectHost(res))}
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		if after, ok := retryAfter(res.Header.Get("Retry-After"), time.Now()); ok {
			return &RetryError{After: after, Err: err}
		}
		return err
	case code/100 == 4 && code != http.StatusRequestTimeout && code != http.StatusTooEarly:
		return permanent{err}
	}
	return err
}

// redirectHost says where an answer wants to lead, without secrets.
func redirectHost(res *http.Response) string {
	u, err := res.Location()
	if err != nil || u.Host == "" {
		return "no address"
	}
	return oneLine(u.Scheme+"://"+u.Host, answerQuoted)
}

// retryAfter reads seconds or a date.
func retryAfter(value string, now time.Time) (time.Duration, bool) {
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(n) * time.Second, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(0, at.Sub(now)), true
}
