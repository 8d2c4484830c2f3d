package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/value"
)

// runner is what the streams of a run share. A run is one round, or several:
// between two rounds nothing is under way, and the definitions or the cohorts
// change.
type runner struct {
	c       Config
	token   *Token
	shared  counters
	sources map[string]*sources // by stream; they outlive rounds, so that no open file is lost
	sums    map[[2]int64]*sum   // by cohort and worker

	mu      sync.Mutex
	streams []*stream // of the round
	total   Report
	errs    []error
	note    string                      // what the run waits for
	stopped bool                        // it was told to end
	trouble map[string][]source.Problem // by stream: what cannot be read now
	next    *Definitions                // to go on with after the round; nil for the same
}

// errAgain ends a round after which another one follows.
var errAgain = errors.New("another round follows")

func newRunner(c Config) *runner {
	c.fillIn()
	return &runner{c: c, token: &Token{}, sources: map[string]*sources{}, sums: map[[2]int64]*sum{}, trouble: map[string][]source.Problem{}}
}

func (r *runner) close() {
	for _, s := range r.sources {
		s.tracker.Close()
	}
}

// end returns what was done.
func (r *runner) end() (Report, error) {
	err := errors.Join(r.errs...)
	r.total.Refs = r.c.Refs
	r.putEnd(err)
	return r.total, err
}

// round reads all streams until they are done or ctx ends, and reports whether
// another round is to follow.
func (r *runner) round(ctx context.Context) bool {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	marks, err := watermarks(context.WithoutCancel(ctx), r.c.Store)
	if err != nil {
		r.fail(err)
		return false
	}
	r.begin(marks, func() { cancel(errAgain) })
	stop := make(chan struct{})
	var around, all sync.WaitGroup
	around.Go(func() { r.shared.show(r.c.Progress, stop) })
	around.Go(func() { r.keepUp(ctx, stop, cancel) })
	if r.c.Reload != nil {
		around.Go(func() { r.reload(stop, func() { cancel(errAgain) }) })
	}
	for _, s := range r.streams {
		all.Go(func() { r.add(s.ref, Report{}, s.run(ctx)) })
	}
	all.Wait()
	close(stop)
	around.Wait()
	r.stopped = errors.Is(context.Cause(ctx), context.Canceled)
	return r.c.follow && errors.Is(context.Cause(ctx), errAgain)
}

// begin makes the streams of a round.
func (r *runner) begin(marks map[int64]int64, again func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.streams = nil
	r.closeOthers()
	for _, ref := range r.c.Refs {
		s := &stream{r: r, ref: ref, src: r.sourcesOf(ref), again: again, asked: make(chan func(), 64), done: make(chan struct{})}
		for _, cohort := range ref.Cohorts {
			g := newIngestor(r.c, ref, cohort, r.token, &r.shared)
			g.watermark = marks[cohort.ID]
			g.stream = s
			for _, w := range g.all() {
				w.sum = r.sum(cohort.ID, w.number)
			}
			s.ingestors = append(s.ingestors, g)
		}
		r.streams = append(r.streams, s)
	}
}

// reload takes new definitions, which end the round.
func (r *runner) reload(stop <-chan struct{}, again func()) {
	select {
	case <-stop:
	case d := <-r.c.Reload:
		r.mu.Lock()
		r.next = &d
		r.mu.Unlock()
		again()
	}
}

// register tells the store the definitions of the next round: new ones, or the
// same once more, which joins cohorts that have caught up with each other.
func (r *runner) register(ctx context.Context) error {
	defs := r.c.Definitions
	if r.next != nil {
		defs = *r.next
	}
	refs, err := r.patiently(ctx, func() ([]store.Ref, error) {
		return r.c.Store.Register(ctx, defs.Pipeline, store.RegisterOptions{})
	})
	switch {
	case err != nil && r.next != nil && ctx.Err() == nil:
		r.c.Log.Error("cannot use the new definitions, going on with the old ones", "err", err)
		r.next = nil
		return r.register(ctx)
	case err != nil:
		return err
	case r.next != nil:
		r.c.Log.Info("the definitions were read again")
		if r.c.Changed != nil {
			r.c.Changed(defs)
		}
	}
	r.c.Definitions, r.c.Refs, r.next = defs, refs, nil
	r.c.fillIn()
	if err := r.switchOver(ctx); !passing(err) {
		return err
	}
	return nil // it is tried again in the round
}

// patiently tries until the store can be written.
func (r *runner) patiently(ctx context.Context, f func() ([]store.Ref, error)) ([]store.Ref, error) {
	for {
		refs, err := f()
		if !passing(err) || ctx.Err() != nil {
			return refs, err
		}
		r.complain("write the definitions to the store", err)
		select {
		case <-ctx.Done():
		case <-time.After(retryEvery):
		}
	}
}

// retryEvery is the wait after the store could not be written.
const retryEvery = 200 * time.Millisecond

// passing reports whether an error of the store may go away by itself.
func passing(err error) bool {
	return errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrFull) || errors.Is(err, store.ErrIO)
}

// complain says, now and then, what cannot be done at the moment.
func (r *runner) complain(what string, err error) {
	r.mu.Lock()
	r.note = fmt.Sprintf("cannot %s: %v", what, err)
	r.mu.Unlock()
	if r.shared.mayComplain() {
		r.c.Log.Error("cannot "+what+" yet, waiting", "err", err)
	}
}

// fail ends the run with an error.
func (r *runner) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
}

// add adds what was done for a stream.
func (r *runner) add(ref store.Ref, done Report, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total.add(done)
	if err != nil {
		r.errs = append(r.errs, fmt.Errorf("stream %s: %w", ref.Stream.Name, err))
		if r.c.follow {
			r.c.Log.Error("the stream has failed; nothing more of it is read", "stream", ref.Stream.Name, "err", err)
		}
	}
}

// closeOthers closes the sources of streams that the definitions no longer have.
func (r *runner) closeOthers() {
	for name, s := range r.sources {
		if !slices.ContainsFunc(r.c.Refs, func(ref store.Ref) bool { return strings.EqualFold(ref.Stream.Name, name) }) {
			s.tracker.Close()
			delete(r.sources, name)
		}
	}
}

// sourcesOf returns the sources of a stream, those of the last round if they
// are the same.
func (r *runner) sourcesOf(ref store.Ref) *sources {
	name := strings.ToLower(ref.Stream.Name)
	if s := r.sources[name]; s != nil {
		if s.fits(ref) {
			return s
		}
		s.tracker.Close()
	}
	r.sources[name] = newSources(r.c, ref)
	return r.sources[name]
}

// watermarks returns the watermark of each cohort that has one.
func watermarks(ctx context.Context, s *store.Store) (map[int64]int64, error) {
	totals, err := s.Totals(ctx)
	if err != nil {
		return nil, err
	}
	marks := map[int64]int64{}
	for _, c := range totals.Cohorts {
		marks[c.ID] = int64(value.MinTime)
		if t, ok := value.ParseTime(c.Watermark, nil); ok {
			marks[c.ID] = int64(t)
		}
	}
	return marks, nil
}
