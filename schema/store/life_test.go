package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/windrow/windrow/schema"
)

// lives is how many random lives TestLife goes through.
const lives = 12

// life is a store whose rollups come, change, go and catch up at random.
type life struct {
	*fixture
	*rand.Rand
	defined []*schema.Rollup
	refs    []Ref
	there   []bool // by split, from 1
	log     []string
}

// Whatever is done to rollups in whatever order: the counters add up, states
// are those of what was absorbed, names are shown once, the store knows its
// refs. In the end all of them have all that could be had, in one cohort.
func TestLife(t *testing.T) {
	for seed := range uint64(lives) {
		f := newFixture(t)
		f.addSplits("b", "c", "d")
		l := &life{fixture: f, Rand: rand.New(rand.NewPCG(seed, 0)), there: make([]bool, 5)}
		for i := range l.there {
			l.there[i] = true
		}
		l.define()
		for range 40 {
			switch n := l.IntN(20); {
			case n < 12:
				l.absorb()
			case n < 16:
				l.define()
			case n < 18:
				l.switchAll()
			case n < 19:
				l.lose()
			default:
				l.drop()
			}
			if l.check(); t.Failed() {
				t.Fatalf("seed %d:\n%s", seed, strings.Join(l.log, "\n"))
			}
		}
		if l.end(); t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, strings.Join(l.log, "\n"))
		}
		f.Close()
	}
}

func (l *life) note(format string, args ...any) {
	l.log = append(l.log, fmt.Sprintf(format, args...)+" -> "+l.rollups())
}

// define registers some rollups, each under one of two definitions.
func (l *life) define() {
	var rollups []*schema.Rollup
	var rebuild []string
	for _, name := range []string{"a", "b", "c"} {
		if l.IntN(4) > 0 || name == "a" {
			rollups = append(rollups, version(name, l.rollup.Stream, 1+l.IntN(2)))
		}
		if l.IntN(3) > 0 && len(rollups) > 0 {
			rebuild = append(rebuild, rollups[len(rollups)-1].Name)
		}
	}
	l.register(rollups, RegisterOptions{Rebuild: rebuild, Discard: 1 << 40})
}

func (l *life) register(rollups []*schema.Rollup, o RegisterOptions) {
	refs, err := l.Register(bg, pipeline(rollups...), o)
	l.note("register %s, rebuild %v: %v", names(rollups), o.Rebuild, err)
	var c *ChangedError
	if errors.As(err, &c) {
		return
	}
	if err != nil {
		l.Fatal(err)
	}
	l.defined, l.refs = rollups, refs
}

func names(rollups []*schema.Rollup) string {
	text := ""
	for _, r := range rollups {
		text += r.Text + ","
	}
	return text
}

// absorb commits the next part of a split for a cohort, or one after a gap.
func (l *life) absorb() {
	c := l.refs[0].Cohorts[l.IntN(len(l.refs[0].Cohorts))]
	split := int64(1 + l.IntN(4))
	if !l.there[split] {
		return
	}
	lo := int64(0)
	for _, r := range must(l.Ranges(bg, c.ID))(l)[split] {
		lo = r.Hi
	}
	if l.IntN(4) == 0 {
		lo += 5
	}
	hi := lo + 1 + l.Int64N(20)
	if hi <= 100 {
		l.commitAt(c, split, lo, hi, lo/10)
		l.note("cohort %d absorbs [%d, %d) of %d", c.ID, lo, hi, split)
	}
}

func (l *life) switchAll() {
	switched, err := l.Switch(bg, l.epoch)
	l.note("switch: %v %v", switched, err)
	if err != nil {
		l.Fatal(err)
	}
}

// lose takes a file away; the last one stays.
func (l *life) lose() {
	if split := 1 + l.IntN(3); l.there[split] {
		l.gone(int64(split))
		l.there[split] = false
		l.note("split %d is gone", split)
	}
}

// drop removes a rollup, and begins a new run.
func (l *life) drop() {
	name := []string{"b", "c", "a (rebuild)"}[l.IntN(3)]
	err := l.Drop(bg, name)
	l.epoch = must(l.NextEpoch(bg))(l)
	l.note("drop %s: %v", name, err)
	var rest []*schema.Rollup
	for _, r := range l.defined {
		if r.Name != name && name != "a (rebuild)" {
			rest = append(rest, r)
		}
	}
	if len(rest) == 0 {
		rest = []*schema.Rollup{version("a", l.rollup.Stream, 1)}
	}
	l.register(rest, RegisterOptions{Rebuild: []string{rest[0].Name}, Discard: 1 << 40})
}

func (l *life) check() {
	l.Helper()
	l.adds()
	l.refsMatch(l.refs)
	var wrong []string
	err := l.read(bg, "read", func(t *tx) error {
		ids, err := t.integers("SELECT id FROM windrow_rollup_data")
		for _, id := range ids {
			if err != nil {
				return err
			}
			var ok bool
			err = t.get(fmt.Sprintf(`SELECT absorbed = (SELECT coalesce(sum(n), 0) FROM %[1]s) AND rows = (SELECT count(*) FROM %[1]s)
				AND (SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = r.name) LIKE '%%"%[1]s"'
				AND iif(attached, 1, cohort NOT IN (SELECT cohort FROM windrow_rollup_data WHERE attached))
				FROM windrow_rollup_data r WHERE id = %d`, stateTable(id), id), nil, &ok)
			if !ok {
				wrong = append(wrong, fmt.Sprint(id))
			}
		}
		return err
	})
	if err != nil || len(wrong) > 0 {
		l.Errorf("wrong rollups %v (%v)", wrong, err)
	}
}

// end lets all cohorts read what is there to its end.
func (l *life) end() {
	for range 2 { // what Switch frees may be joined after it
		for _, c := range l.refs[0].Cohorts {
			have := must(l.Ranges(bg, c.ID))(l)
			for split := int64(1); split <= 4; split++ {
				whole := Range{Split: split, Lo: 0, Hi: 100}
				for _, gap := range whole.without(have[split]) {
					if l.there[split] {
						l.commitAt(c, split, gap.Lo, gap.Hi, 0)
					}
				}
			}
		}
		l.switchAll()
		l.register(l.defined, RegisterOptions{})
		l.check()
	}
	if got := len(l.refs[0].Cohorts); got != 1 {
		l.Errorf("%d cohorts are left: %s", got, cohortsOf(l.refs))
	}
	if got := l.text("SELECT count(*) FROM windrow_rollup_data WHERE replaces IS NOT NULL AND attached"); got != "0" {
		l.Errorf("%s rebuilds are left", got)
	}
	if got := l.leftovers(); got != "0 0 0 0 0" {
		l.Errorf("leftovers %s", got)
	}
	l.intact()
}
