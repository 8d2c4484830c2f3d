// Package wire is the protocol between the main process and its workers:
// frames on the worker's stdin and stdout, versioned by the first one in each
// direction. FORMAT.md describes it.
package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Version of the protocol. A worker refuses any other.
const Version = 2

const (
	// MaxMessage is the longest encoded message in bytes.
	MaxMessage = 8 << 20
	// MaxData is the longest payload of raw bytes that a frame may carry: a
	// block of one record of the greatest length.
	MaxData = MaxRecord + 4<<20
	// MaxRecord is the greatest length of a record that may be asked for.
	MaxRecord = 64 << 20
)

// Type is the type of a frame.
type Type uint8

const (
	// from the main process to a worker
	TypeHello Type = 1 + iota // first frame
	TypeSplit                 // announces a split before its first block
	TypeBlock                 // work
	TypeGrant                 // the commit token
	TypeFlush                 // commit what is in the tables as soon as possible

	// from a worker to the main process
	TypeReady     // answer to Hello
	TypeDone      // a block is in the tables; its credit is free
	TypeReturned  // a block could not be read; nothing of it is in the tables
	TypeWant      // asks for the commit token
	TypeCommitted // gives the token back; the blocks named are in the store
	TypeReleased  // gives the token back; nothing was written
	TypeBeat      // a sign of life
	TypeFailed    // why the worker is about to end
	typeEnd
)

// Frame is one message with the raw bytes that may follow it.
type Frame struct {
	Type    Type
	Message []byte // JSON
	Data    []byte
}

// Decode reads the frame's message into v.
func (f *Frame) Decode(v any) error {
	if err := json.Unmarshal(f.Message, v); err != nil {
		return fmt.Errorf("cannot read a frame of type %d: %v", f.Type, err)
	}
	return nil
}

const header = 1 + 4 + 4 // type, length of message, length of data

// Writer writes frames. It is used by one goroutine.
type Writer struct {
	w   *bufio.Writer
	h   [header]byte
	msg bytes.Buffer
	enc *json.Encoder // to msg
}

// NewWriter returns a Writer on w.
func NewWriter(w io.Writer) *Writer {
	wr := &Writer{w: bufio.NewWriterSize(w, 64<<10)}
	wr.enc = json.NewEncoder(&wr.msg)
	return wr
}

// Write writes one frame and flushes it. msg is marshalled to JSON.
func (w *Writer) Write(t Type, msg any, data []byte) error {
	w.msg.Reset()
	if err := w.enc.Encode(msg); err != nil {
		panic("BUG: " + err.Error())
	}
	m := w.msg.Bytes()
	m = m[:len(m)-1] // without the encoder's newline
	if len(m) > MaxMessage || len(data) > MaxData {
		return fmt.Errorf("%w: type %d, %d bytes and %d of data", ErrTooLong, t, len(m), len(data))
	}
	w.h[0] = byte(t)
	binary.LittleEndian.PutUint32(w.h[1:], uint32(len(m)))
	binary.LittleEndian.PutUint32(w.h[5:], uint32(len(data)))
	w.w.Write(w.h[:])
	w.w.Write(m)
	w.w.Write(data)
	return w.w.Flush()
}

// Reader reads frames. It is used by one goroutine.
type Reader struct {
	r   *bufio.Reader
	h   [header]byte
	msg []byte
}

// NewReader returns a Reader on r.
func NewReader(r io.Reader) *Reader { return &Reader{r: bufio.NewReaderSize(r, 64<<10)} }

// ErrTooLong says that a frame cannot be written.
var ErrTooLong = errors.New("a frame is too long")

// ErrFrame is wrapped by errors about bytes that are no frame.
var ErrFrame = errors.New("not a frame")

// Read reads the next frame. Data is read into what alloc returns for its
// length, or into new memory if alloc is nil. Message is valid until the next
// Read. At a clean end it returns io.EOF.
func (r *Reader) Read(alloc func(n int) []byte) (Frame, error) {
	h := &r.h
	if _, err := io.ReadFull(r.r, h[:]); err != nil {
		return Frame{}, err
	}
	t := Type(h[0])
	nm, nd := int(binary.LittleEndian.Uint32(h[1:])), int(binary.LittleEndian.Uint32(h[5:]))
	if t == 0 || t >= typeEnd || nm > MaxMessage || nd > MaxData {
		return Frame{}, fmt.Errorf("%w: type %d, lengths %d and %d", ErrFrame, t, nm, nd)
	}
	var err error
	if r.msg, err = readN(r.r, r.msg[:0], nm); err != nil {
		return Frame{}, err
	}
	f := Frame{Type: t, Message: r.msg}
	if nd == 0 {
		return f, nil
	}
	if alloc != nil {
		f.Data = alloc(nd)[:nd]
		_, err = io.ReadFull(r.r, f.Data)
	} else {
		f.Data, err = readN(r.r, nil, nd)
	}
	if err != nil {
		return Frame{}, noEOF(err)
	}
	return f, nil
}

// readN appends n bytes to b, growing it as bytes arrive, so that a false
// length does not reserve memory.
func readN(r io.Reader, b []byte, n int) ([]byte, error) {
	for len(b) < n {
		step := min(n-len(b), 64<<10)
		i := len(b)
		if cap(b) < i+step {
			b = append(b[:i], make([]byte, step)...)
		} else {
			b = b[:i+step]
		}
		if _, err := io.ReadFull(r, b[i:]); err != nil {
			return b, noEOF(err)
		}
	}
	return b, nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
