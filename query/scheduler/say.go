package scheduler

import (
	"strings"
	"sync"

	"github.com/windrow/windrow/schema/store"
)

// complaints are the last errors about things: an error is said once, not at
// each try. It may be used concurrently.
type complaints struct {
	mu   sync.Mutex
	last map[string]string
}

// fresh notes an error, and reports whether it is not the one of the last time.
func (c *complaints) fresh(thing string, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil {
		c.last = map[string]string{}
	}
	old := c.last[thing]
	c.last[thing] = err.Error()
	return old != err.Error()
}

// forget forgets the things that begin so: they are in order now.
func (c *complaints) forget(prefix string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for thing := range c.last {
		if strings.HasPrefix(thing, prefix) {
			delete(c.last, thing)
		}
	}
}

// complain logs an error about a thing, unless it is the one of the last time.
func (e *entry) complain(thing, message string, err error, attrs ...any) {
	if e.said.fresh(thing, err) {
		j := e.current()
		e.Log.Error(message, append([]any{j.kind(), j.name, "err", err}, attrs...)...)
	}
}

// thing names an issue, or a delivery of it, among the complaints.
func (i *issue) thing(target string) string {
	return strings.Join([]string{stamp(i.Slot), string(i.Kind), i.Key, target}, "|")
}

// about are the attributes of an issue in the log.
func (e *entry) about(i *issue) []any {
	j := e.current()
	attrs := []any{j.kind(), j.name, "slot", stamp(i.Slot)}
	if i.Kind != store.IssueReport {
		attrs = append(attrs, "event", string(i.Kind), "key", i.Key)
	}
	if i.Revision > 1 {
		attrs = append(attrs, "revision", i.Revision)
	}
	return attrs
}
