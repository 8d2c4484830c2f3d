package export

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"sort"
	"time"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/output"
)

// digest tells whether the rows of a window are still those that were written,
// whatever their order.
type digest struct {
	Window  string `json:"w"`
	Rows    int64  `json:"n"`
	Sum     sum64  `json:"s"`           // of the hashes of its rows
	Changed bool   `json:"c,omitempty"` // since it was written
}

// sum64 is 16 hex digits in JSON, where numbers of 64 bits are not safe.
type sum64 uint64

func (s sum64) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%016x", uint64(s)), nil }

func (s *sum64) UnmarshalText(b []byte) error {
	_, err := fmt.Sscanf(string(b), "%x", (*uint64)(s))
	return err
}

func (d *digest) add(vals []any) {
	var room [256]byte
	b := room[:0]
	for _, v := range vals {
		b = appendValue(b, v)
	}
	h := fnv.New64a()
	h.Write(b)
	d.Rows++
	d.Sum += sum64(h.Sum64())
}

// appendValue appends a value so that no two rows of values give the same
// bytes.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case int64:
		return binary.LittleEndian.AppendUint64(append(b, 'i'), uint64(v))
	case float64:
		return binary.LittleEndian.AppendUint64(append(b, 'r'), math.Float64bits(v))
	case string:
		return append(binary.AppendUvarint(append(b, 't'), uint64(len(v))), v...)
	case []byte:
		return append(binary.AppendUvarint(append(b, 'b'), uint64(len(v))), v...)
	}
	return append(b, 'n')
}

// digests is an encoder that makes the digests of windows that come in order.
type digests struct {
	start int
	all   []digest
}

var _ output.Encoder = (*digests)(nil)

func (d *digests) Begin(cols []output.Column) error {
	d.start = find(names(cols), windowStart)
	return nil
}

func (d *digests) Row(vals []any) error {
	start, _ := vals[d.start].(string)
	if n := len(d.all); n == 0 || d.all[n-1].Window != start {
		d.all = append(d.all, digest{Window: start})
	}
	d.all[len(d.all)-1].add(vals)
	return nil
}

func (d *digests) End() error { return nil }

// recheck looks whether the newest windows in the file are still what the
// store has, and says so if not.
func (f *follower) recheck(ctx context.Context, s *query.Snapshot, r query.Rollup) error {
	began := time.Now()
	c := &f.cursor
	for len(c.Recent) > 0 && c.Recent[0].Window < r.Horizon {
		c.Recent = c.Recent[1:]
	}
	if len(c.Recent) > 0 {
		now := &digests{}
		if _, err := s.Run(ctx, f.windowsOf(c.Recent[0].Window, c.Before), now); err != nil {
			return err
		}
		if err := f.compare(now.all); err != nil {
			return fatal{err}
		}
	}
	f.revision = r.Revision
	f.nextCheck = time.Now().Add(max(f.o.Check, 20*time.Since(began)))
	return nil
}

// compare takes over the digests of now, and counts those that are new.
func (f *follower) compare(now []digest) error {
	c := &f.cursor
	merged, changed := mergeDigests(c.Recent, now)
	if len(changed) == 0 {
		return nil
	}
	c.Recent = merged
	c.Changed += int64(len(changed))
	f.done.Changed += int64(len(changed))
	if f.file != nil {
		if err := f.file.remember(); err != nil {
			return err
		}
	}
	f.say("%s that had been written as final, the first of %s, %s changed in the store since, by late records or a rebuild: what was written stays; export %s again to have them as they are now",
		plural(int64(len(changed)), "window"), changed[0], isHave(len(changed)), f.rollup)
	return nil
}

func isHave(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// mergeDigests gives the windows of both, as they are now, and those that have
// become different for the first time.
func mergeDigests(before, now []digest) (merged []digest, changed []string) {
	found := map[string]digest{}
	for _, d := range now {
		found[d.Window] = d
	}
	for _, old := range before {
		d := found[old.Window]
		delete(found, old.Window)
		d.Window, d.Changed = old.Window, old.Changed
		if !old.Changed && (d.Rows != old.Rows || d.Sum != old.Sum) {
			d.Changed = true
			changed = append(changed, d.Window)
		}
		merged = append(merged, d)
	}
	for _, d := range found { // windows that were not there
		d.Changed = true
		changed = append(changed, d.Window)
		merged = append(merged, d)
	}
	sort.Slice(merged, func(i, j int) bool { return merged[i].Window < merged[j].Window })
	sort.Strings(changed)
	return merged, changed
}
