package scheduler

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/query"
)

func TestRetryWaits(t *testing.T) {
	began := at(t, "2 08:00")
	var waits []string
	for n := range 13 {
		wait := pauseOf(n+1, 0)
		if spent(n+1, began, began) {
			t.Fatalf("gives up after %d tries", n)
		}
		waits = append(waits, fmt.Sprint(wait))
	}
	if got := strings.Join(waits, " "); got != "1s 2s 4s 8s 16s 32s 1m4s 2m8s 4m16s 8m32s 10m0s 10m0s 10m0s" {
		t.Error(got)
	}
	tests := []struct {
		tries int
		wish  time.Duration
		age   time.Duration
		wait  time.Duration
		last  bool
	}{
		{1, time.Minute, 0, time.Minute, false},
		{20, time.Minute, 0, 10 * time.Minute, false},
		{1, 48 * time.Hour, 0, time.Hour, false},
		{200, 0, 24*time.Hour - 1, 10 * time.Minute, false},
		{200, 0, 24 * time.Hour, 10 * time.Minute, true},
		{10, 0, 24 * time.Hour, 512 * time.Second, true},
		{9, 0, 240 * time.Hour, 256 * time.Second, false},
	}
	for _, c := range tests {
		if wait, last := pauseOf(c.tries, c.wish), spent(c.tries, began, began.Add(c.age)); wait != c.wait || last != c.last {
			t.Errorf("%+v: %v, %v", c, wait, last)
		}
	}
}

func TestDoubled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		least := time.Duration(rapid.Int64Range(1, 1e12).Draw(t, "least"))
		most := least + time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "more"))
		n := rapid.IntRange(0, 1000).Draw(t, "n")
		d, next := doubled(least, most, n), doubled(least, most, n+1)
		if d < least || d > most || next < d || next > 2*d {
			t.Fatalf("%v, then %v", d, next)
		}
	})
}

func TestFinal(t *testing.T) {
	slot := at(t, "2 08:00")
	rollups := []query.Rollup{{Name: "none"}, {Name: "behind", FinalBefore: "2026-03-02 07:59:00"}, {Name: "just", FinalBefore: "2026-03-02 08:00:00"},
		{Name: "fine", FinalBefore: "2026-03-02 08:00:00.000"}, {Name: "finer", FinalBefore: "2026-03-02 07:59:59.999"}}
	open := unfinal(rollups, slot)
	want := []string{"not final: none has no final window yet", "not final: behind is final before 2026-03-02 07:59:00",
		"not final: finer is final before 2026-03-02 07:59:59.999"}
	if got := notFinal(open); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Error(got)
	}
	if got := waitsFor(open, slot); got != "waits until none, behind, finer is final before 2026-03-02 08:00:00" {
		t.Error(got)
	}
	if !expired([]query.Rollup{{}, {Horizon: "2026-03-02 08:00:01"}}, stamp(slot)) || expired([]query.Rollup{{Horizon: stamp(slot)}}, stamp(slot)) {
		t.Error("expired")
	}
}

func TestRest(t *testing.T) {
	for revisions, want := range map[int]time.Duration{1: 30 * time.Second, 3: 30 * time.Second, 4: time.Minute, 9: 32 * time.Minute, 10: time.Hour, 100: time.Hour} {
		if got := rest(revisions); got != want {
			t.Errorf("%d revisions: %v", revisions, got)
		}
	}
}
