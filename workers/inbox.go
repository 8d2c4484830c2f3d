package workers

import (
	"io"
	"sync"

	"github.com/windrow/windrow/workers/wire"
)

// inbox holds the frames that the main process has sent. Work keeps its
// order; the commit token overtakes it.
type inbox struct {
	work  chan item
	grant chan struct{}
	bufs  sync.Pool
}

// item is a piece of work: a split, a block with its data, the wish for a
// commit, or an error of the protocol.
type item struct {
	split *wire.Split
	block *wire.Block
	data  []byte
	flush *wire.Flush
	err   error
}

// queue is far more than the credits that the main process gives.
const queue = 1024

func newInbox() *inbox {
	return &inbox{work: make(chan item, queue), grant: make(chan struct{}, queue)}
}

// read takes frames until the reader ends.
func (in *inbox) read(r *wire.Reader) {
	for {
		f, err := r.Read(in.alloc)
		if err == nil {
			err = in.take(f)
		}
		if err != nil {
			if err != io.EOF && err != io.ErrUnexpectedEOF {
				in.work <- item{err: err}
			}
			return
		}
	}
}

func (in *inbox) take(f wire.Frame) error {
	switch f.Type {
	case wire.TypeSplit:
		it := item{split: new(wire.Split)}
		if err := f.Decode(it.split); err != nil {
			return err
		}
		in.work <- it
	case wire.TypeBlock:
		it := item{block: new(wire.Block), data: f.Data}
		if err := f.Decode(it.block); err != nil {
			return err
		}
		in.work <- it
	case wire.TypeFlush:
		it := item{flush: new(wire.Flush)}
		if err := f.Decode(it.flush); err != nil {
			return err
		}
		in.work <- it
	case wire.TypeGrant:
		in.grant <- struct{}{}
	}
	return nil
}

func (in *inbox) alloc(n int) []byte {
	if b, ok := in.bufs.Get().(*[]byte); ok && cap(*b) >= n {
		return *b
	}
	return make([]byte, n)
}

// free gives the memory of a block's data back.
func (in *inbox) free(b []byte) {
	if b != nil {
		b = b[:cap(b)]
		in.bufs.Put(&b)
	}
}

// sender writes frames from several goroutines.
type sender struct {
	mu sync.Mutex
	w  *wire.Writer
}

func newSender(w io.Writer) *sender { return &sender{w: wire.NewWriter(w)} }

func (s *sender) send(t wire.Type, msg any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(t, msg, nil)
}
