//go:build !linux

package workers

import (
	"os"

	"github.com/windrow/windrow/workers/wire"
)

// openSource opens the file at the split's path if it is still the same.
func openSource(s wire.Split) (*os.File, error) { return openPath(s) }
