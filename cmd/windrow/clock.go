package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/windrow/windrow/schema/value"
)

// reportClock is the time by which reports and alerts are due. Tests have it begin
// at another moment and run faster: TIME@RATE.
type reportClock struct {
	start, began time.Time // a zero start is the real time
	rate         float64
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *reportClock) UnmarshalText(text []byte) error {
	at, rate, ok := strings.Cut(string(text), "@")
	t, valid := value.ParseTime(at, nil)
	r, err := strconv.ParseFloat(rate, 64)
	if !ok || !valid || err != nil || r <= 0 {
		return fmt.Errorf("a clock is TIME@RATE, not %q", text)
	}
	c.start, c.began, c.rate = t.Std(), time.Now(), r
	return nil
}

func (c *reportClock) now() time.Time {
	if c.start.IsZero() {
		return time.Now()
	}
	return c.start.Add(time.Duration(float64(time.Since(c.began)) * c.rate))
}

// tick is how often to look whether something is due.
func (c *reportClock) tick() time.Duration {
	if c.start.IsZero() {
		return time.Second
	}
	return min(time.Second, max(10*time.Millisecond, time.Duration(float64(time.Second)/c.rate)))
}
