package deliver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// searched is how much of the end of a file of events is looked at, in bytes.
const searched = 1 << 20

// appendLine appends an event to a file of lines, durably: not if it is there
// already. Nobody else appends meanwhile.
func appendLine(ctx context.Context, dir *os.Root, name string, record []byte) error {
	id, err := eventID(record)
	if err != nil {
		return permanent{err}
	}
	f, err := openLocked(ctx, dir, name)
	if err != nil {
		return err
	}
	defer f.Close() // unlocks
	end, err := readEnd(f)
	if err != nil {
		return err
	}
	if end.has(id) {
		return f.Sync() // an earlier try may have been killed before
	}
	line := append(append([]byte{}, record...), '\n')
	if end.glue {
		line = append([]byte{'\n'}, line...)
	}
	if end.at < end.size {
		if err := f.Truncate(end.at); err != nil {
			return err
		}
	}
	_, err = f.Write(line)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		f.Truncate(end.at) // nothing half, and nothing that the next try believes to be on the disk
	}
	return err
}

// eventID returns the "id" of an event, which must be one line of JSON.
func eventID(record []byte) (string, error) {
	var event struct{ ID string }
	if err := json.Unmarshal(record, &event); err != nil {
		return "", fmt.Errorf("the event is no JSON: %w", err)
	}
	if event.ID == "" || bytes.ContainsAny(record, "\n\r") {
		return "", errors.New("the event has no id, or more than one line")
	}
	return event.ID, nil
}

// fileEnd is what the end of a file of lines says.
type fileEnd struct {
	size int64
	at   int64 // where the next line begins; less than size if a torn line is to be cut
	glue bool  // the last line is whole but for its line break
	tail []byte
}

// readEnd looks at the last part of a file. What a killed writer may have left
// is cut: the begin of an object, and bytes 0 where a power loss took the
// content. Anything else without line break is kept, as a line of its own.
func readEnd(f *os.File) (e fileEnd, err error) {
	info, err := f.Stat()
	if err != nil {
		return e, err
	}
	e.size = info.Size()
	e.at = e.size
	e.tail = make([]byte, min(e.size, searched))
	if _, err := f.ReadAt(e.tail, e.size-int64(len(e.tail))); err != nil {
		return e, err
	}
	begin := bytes.LastIndexByte(e.tail, '\n') + 1
	last := bytes.TrimRight(e.tail[begin:], "\x00")
	if begin == 0 && e.size > int64(len(e.tail)) {
		e.glue = true // too long to judge
		return e, nil
	}
	e.at -= int64(len(e.tail) - begin - len(last))
	switch {
	case len(last) == 0:
	case last[0] == '{' && !json.Valid(last):
		e.at -= int64(len(last))
	default:
		e.glue = true
	}
	return e, nil
}

// has reports whether one of the lines has the id.
func (e fileEnd) has(id string) bool {
	for line := range bytes.Lines(e.tail) {
		var event struct{ ID string }
		if bytes.Contains(line, []byte(`"id"`)) && json.Unmarshal(bytes.TrimRight(line, "\x00"), &event) == nil && event.ID == id {
			return true
		}
	}
	return false
}

// How long appendLine waits for the lock of another process.
const (
	lockPoll = 10 * time.Millisecond
	lockWait = 10 * time.Second
)

// openLocked opens or makes the file that has the name now, and locks it.
// Closing unlocks. The lock is on the file itself: whoever renames it (log
// rotation) takes the lock away with it, so the name is looked at again.
func openLocked(ctx context.Context, dir *os.Root, name string) (*os.File, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lockWait, errors.New("another process has kept it locked for 10 seconds"))
	defer cancel()
	for {
		f, err := openEvents(dir, name)
		if err != nil {
			return nil, err
		}
		locked, err := tryLock(f)
		if err == nil && locked && current(dir, name, f) {
			return f, nil
		}
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("cannot lock it: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(lockPoll):
		}
	}
}

func openEvents(dir *os.Root, name string) (*os.File, error) {
	info, err := dir.Stat(name)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err == nil && !info.Mode().IsRegular():
		return nil, errors.New("what is there is no regular file; give the target another name")
	}
	return dir.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
}

// current reports whether the name still leads to the file.
func current(dir *os.Root, name string, f *os.File) bool {
	own, err := f.Stat()
	if err != nil {
		return false
	}
	now, err := dir.Stat(name)
	return err == nil && os.SameFile(own, now)
}
