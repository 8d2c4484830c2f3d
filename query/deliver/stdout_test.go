package deliver

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/windrow/windrow/schema"
)

func TestStdout(t *testing.T) {
	var out strings.Builder
	to := schema.Target{Kind: schema.TargetStdout, Text: "stdout"}
	m := reportOf(t, "x", "text/plain", "report\n")
	r := deliver(t, to, Config{Stdout: &out}, m)
	if r.Place != "stdout" || r.Bytes != 7 || r.SHA256 != m.Content.SHA256 {
		t.Errorf("receipt %+v", r)
	}
	e := eventOf("1")
	deliver(t, to, Config{Stdout: &out}, e)
	if want := "report\n" + string(e.Record) + "\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	refused(t, to, Config{}, m, true, "there is none")
	m.Content.Folder = true
	refused(t, to, Config{Stdout: &out}, m, true, "folder")
	refused(t, to, Config{Stdout: &out}, Message{Report: "x"}, true, "neither content nor record")
	refused(t, schema.Target{Kind: "pigeon"}, Config{}, e, true, `"pigeon" is unknown`)
}

// freshOutlet gives a test a standard output that nothing is stuck in.
func freshOutlet(t *testing.T) {
	old := stdout
	t.Cleanup(func() { stdout = old })
	stdout = newOutlet(time.Minute)
}

// pipe returns a pipe that holds less than the reports of the tests.
func pipe(t *testing.T) (r, w *os.File) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		w.Close()
	})
	return r, w
}

// lines is a report of 2 MB.
var lines = strings.Repeat("0123456789abcde\n", 1<<17)

// Nobody reads what is written: the end of the context ends it all the same,
// and nobody else is kept waiting.
func TestStdoutUnread(t *testing.T) {
	freshOutlet(t)
	r, w := pipe(t)
	to, c := schema.Target{Kind: schema.TargetStdout, Text: "stdout"}, Config{Stdout: w}
	m := reportOf(t, "x", "text/plain", lines[1:]) // no chunk of it ends with a line
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("the run ends"))
	defer cancel()
	waiting := make(chan error)
	go func() {
		_, err := Deliver(ctx, to, c, m)
		waiting <- err
	}()
	receipt, err := Deliver(ctx, to, c, m)
	checkRefused(t, receipt, err, false, "cannot write morning to stdout: ")
	checkRefused(t, receipt, <-waiting, false, "cannot write morning to stdout: ")
	for range 3 {
		refused(t, to, c, eventOf("1"), false, "cannot write slow to stdout: something written earlier is stuck in it: nobody reads it")
	}

	// The reader is back: the next one follows, on a line of its own.
	read := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		read <- string(b)
	}()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err = Deliver(t.Context(), to, c, m); err == nil || time.Now().After(deadline) {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	deliver(t, to, c, eventOf("1"))
	w.Close()
	got, ok := strings.CutSuffix(<-read, "\n"+lines[1:]+line("1"))
	if !ok || len(got) >= len(lines) || !strings.HasPrefix(lines[1:], got) {
		t.Errorf("of the first try there are %d bytes; the others did not follow it: %t", len(got), ok)
	}
}

// gate is a writer that says that it was entered, and waits.
type gate struct {
	entered, open chan struct{}
	got           strings.Builder
}

func (g *gate) Write(p []byte) (int, error) {
	g.entered <- struct{}{}
	<-g.open
	return g.got.Write(p)
}

// A pipe that is read too slowly ends the patience, not the context. What waits
// for its turn meanwhile is told at once.
func TestStdoutPatience(t *testing.T) { synctest.Test(t, testPatience) }

func testPatience(t *testing.T) {
	o := newOutlet(time.Hour)
	g := &gate{entered: make(chan struct{}), open: make(chan struct{})}
	ctx, cancel := context.WithCancelCause(t.Context())
	first, second := eventOf("1"), eventOf("2")
	errs := make(chan error, 2)
	try := func(ctx context.Context, m Message) {
		_, err := toStdout(ctx, o, Config{Stdout: g}, m)
		errs <- err
	}
	go try(ctx, first)
	<-g.entered
	go try(t.Context(), second)
	synctest.Wait() // it waits for its turn
	cancel(errors.New("the run ends"))
	words := (<-errs).Error() + "; " + (<-errs).Error()
	if !contains(words, "the run ends") || !contains(words, errStuck.Error()) {
		t.Errorf("errors: %s", words)
	}
	g.open <- struct{}{}
	synctest.Wait() // it has come back
	go try(t.Context(), second)
	<-g.entered
	if err := <-errs; err == nil || !contains(err.Error(), "nobody has read it for 1h0m0s") || errors.Is(err, ErrPermanent) {
		t.Errorf("error %v", err)
	}
	g.open <- struct{}{}
	synctest.Wait()
	if got := g.got.String(); got != line("1")+line("2") {
		t.Errorf("got %q", got)
	}
}

// What is left behind gives back its own turn, not that of who came
// after it, and has bytes of its own.
func TestStdoutTurns(t *testing.T) {
	o := newOutlet(time.Hour)
	g := &gate{entered: make(chan struct{}), open: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	w := &outletWriter{ctx: ctx, o: o, to: g}
	if err := o.take(ctx); err != nil {
		t.Fatal(err)
	}
	ended, text := make(chan error), []byte("first\n")
	go func() {
		_, err := w.Write(text)
		ended <- err
	}()
	<-g.entered
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	clear(text) // the caller's again
	o.mu.Lock()
	changed := o.changed
	o.mu.Unlock()
	g.open <- struct{}{}
	<-changed
	if err := o.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.leave(false)
	if !o.busy {
		t.Error("the turn of the second one is over before it began")
	}
	if got := g.got.String(); got != "first\n" {
		t.Errorf("got %q", got)
	}
}

// The reader has gone: that is for good, and no crash.
func TestStdoutClosed(t *testing.T) {
	freshOutlet(t)
	to := schema.Target{Kind: schema.TargetStdout, Text: "stdout"}
	r, w := pipe(t)
	r.Close()
	refused(t, to, Config{Stdout: w}, eventOf("1"), true, "cannot write slow to stdout: its reader has gone")
	refused(t, to, Config{Stdout: w}, reportOf(t, "x", "text/plain", lines), true, "cannot write morning to stdout: its reader has gone")

	inner, outer := io.Pipe()
	inner.Close()
	refused(t, to, Config{Stdout: outer}, eventOf("1"), true, "its reader has gone")
}
