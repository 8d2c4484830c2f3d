package ingest

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/windrow/windrow/workers/wire"
)

const (
	outgoing  = 64   // frames that may wait for a worker to read them: more than credits
	lastWords = 20   // lines of a worker's stderr that are kept for its last message
	lineBytes = 1000 // bytes of each of them
)

// process is a running worker with the goroutines that speak with it.
type process struct {
	cmd    *exec.Cmd
	out    chan outFrame
	closed bool // out is closed
	last   lastLines
	source atomic.Bool // it has said that a file has changed
	store  atomic.Bool // it has said that the store has refused a commit
	waited atomic.Bool // it has ended and was waited for
}

// outFrame is a frame on its way to a worker.
type outFrame struct {
	t    wire.Type
	msg  any
	data []byte
	sent func() // called when data is no longer needed; may be nil
}

// message is a decoded frame of a worker.
type message struct {
	t        wire.Type
	id       int64 // Done, Returned
	ready    wire.Ready
	beat     wire.Beat
	returned wire.Returned
	released wire.Released
	commit   wire.Committed
	failed   wire.Failed
}

// exit says how a process ended: reason is empty after status 0.
type exit struct {
	reason  string
	outside bool // by a signal that was not ours
	source  bool // a file has changed while it was read
	store   bool // the store has refused a commit for good
	cpu     time.Duration
}

// speak starts the goroutines that speak with a worker. got is called for each
// message and done, last, once the process has ended and was waited for; both
// from goroutines of the process.
func speak(c *child, hello wire.Hello, log *slog.Logger, got func(message), done func(exit)) *process {
	p := &process{cmd: c.cmd, out: make(chan outFrame, outgoing)}
	var readers sync.WaitGroup
	readers.Add(2)
	go func() { defer readers.Done(); p.logLines(c.stderr, log) }()
	go func() { defer readers.Done(); p.read(c.stdout, got) }()
	go p.write(c.stdin, hello)
	go func() {
		readers.Wait()
		err := c.cmd.Wait()
		p.waited.Store(true)
		done(p.outcome(err))
	}()
	return p
}

// send queues a frame. It never blocks for long: credits keep the queue short.
func (p *process) send(f outFrame) {
	if !p.closed {
		p.out <- f
	} else if f.sent != nil {
		f.sent()
	}
}

// offer is send for what may as well not be said: it never waits.
func (p *process) offer(f outFrame) {
	if p.closed {
		return
	}
	select {
	case p.out <- f:
	default:
	}
}

// closeInput ends the worker's input after what was sent.
func (p *process) closeInput() {
	if !p.closed {
		p.closed = true
		close(p.out)
	}
}

func (p *process) kill() {
	if !p.waited.Load() { // else its number may be another's by now
		killGroup(p.cmd)
	}
}

// write sends frames until out is closed. After an error it goes on emptying
// the queue: the exit tells the rest.
func (p *process) write(stdin io.WriteCloser, hello wire.Hello) {
	w := wire.NewWriter(stdin)
	err := w.Write(wire.TypeHello, hello, nil)
	for f := range p.out {
		if err == nil {
			if err = w.Write(f.t, f.msg, f.data); errors.Is(err, wire.ErrTooLong) {
				p.last.because(err.Error())
				p.kill()
			}
		}
		if f.sent != nil {
			f.sent()
		}
	}
	stdin.Close()
}

// read passes on the worker's messages until its stdout ends.
func (p *process) read(stdout io.Reader, got func(message)) {
	r := wire.NewReader(stdout)
	for {
		f, err := r.Read(nil)
		if err == nil {
			var m message
			if m, err = decodeMessage(f); err == nil {
				if m.t == wire.TypeFailed { // known before the exit is
					p.last.because(m.failed.Reason)
					p.source.Store(m.failed.Source)
					p.store.Store(m.failed.Store)
				}
				got(m)
				continue
			}
		}
		if errors.Is(err, wire.ErrFrame) {
			p.last.because("its output is " + err.Error())
			p.kill()
		}
		io.Copy(io.Discard, stdout)
		return
	}
}

func decodeMessage(f wire.Frame) (message, error) {
	m := message{t: f.Type}
	var err error
	switch f.Type {
	case wire.TypeReady:
		err = f.Decode(&m.ready)
	case wire.TypeDone:
		var d wire.Done
		err = f.Decode(&d)
		m.id = d.Block
	case wire.TypeReturned:
		err = f.Decode(&m.returned)
		m.id = m.returned.Block
	case wire.TypeCommitted:
		err = f.Decode(&m.commit)
	case wire.TypeReleased:
		err = f.Decode(&m.released)
	case wire.TypeBeat:
		err = f.Decode(&m.beat)
	case wire.TypeFailed:
		err = f.Decode(&m.failed)
	}
	return m, err
}

// logLines passes the worker's stderr on, line by line.
func (p *process) logLines(r io.Reader, log *slog.Logger) {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 4096), 1<<20)
	for s.Scan() {
		p.last.add(s.Text())
		log.Warn(s.Text())
	}
	io.Copy(io.Discard, r)
}

// outcome words the end of the process.
func (p *process) outcome(err error) exit {
	var cpu time.Duration
	if st := p.cmd.ProcessState; st != nil {
		cpu = st.UserTime() + st.SystemTime()
	}
	if err == nil {
		return exit{cpu: cpu}
	}
	e := exit{cpu: cpu, reason: err.Error(), source: p.source.Load(), store: p.store.Load()}
	var ee *exec.ExitError
	if errors.As(err, &ee) {
		e.outside = signalled(ee)
	}
	if s := p.last.said(); s != "" {
		e.reason = s
	}
	return e
}

// lastLines keeps the last lines of a text.
type lastLines struct {
	mu     sync.Mutex
	lines  []string
	reason string
	crash  string // the first line of a panic or of a fatal error
}

func (l *lastLines) because(reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reason = reason
}

func (l *lastLines) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.crash == "" && (strings.HasPrefix(s, "panic:") || strings.HasPrefix(s, "fatal error:")) {
		l.crash = s[:min(len(s), lineBytes)]
	}
	if len(l.lines) == lastWords {
		l.lines = append(l.lines[:0], l.lines[1:]...)
	}
	l.lines = append(l.lines, s[:min(len(s), lineBytes)])
}

// said returns why the worker ended, in its own words: the reason that it has
// sent, or the first line of a panic, or its last line.
func (l *lastLines) said() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.reason != "":
		return l.reason
	case l.crash != "":
		return l.crash
	case len(l.lines) == 0:
		return ""
	}
	return l.lines[len(l.lines)-1]
}
