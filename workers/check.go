package workers

import (
	"errors"
	"fmt"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/eval"
)

// Check says what of a checked pipeline could never be computed: what only
// shows when expressions are compiled, like a JSON path that is none. Workers
// would refuse it at their start.
func Check(p *schema.Pipeline) error {
	var errs []error
	for _, s := range p.Streams {
		for _, c := range s.Columns {
			if c.Expr == nil {
				continue
			}
			if _, err := eval.Compile(c.Expr); err != nil {
				errs = append(errs, fmt.Errorf("%s: stream %s: column %s: %w", s.File, s.Name, c.Name, err))
			}
		}
	}
	for _, r := range p.Rollups {
		if _, err := newRollup(store.RollupRef{Rollup: r}); err != nil {
			errs = append(errs, fmt.Errorf("%s: rollup %s: %w", r.File, r.Name, err))
		}
	}
	return errors.Join(errs...)
}
