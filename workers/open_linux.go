package workers

import (
	"fmt"
	"os"

	"github.com/windrow/windrow/workers/wire"
)

// openSource opens the very file that the main process has open, whatever its
// name is by now; or else the one at the path, if it is still the same.
func openSource(s wire.Split) (*os.File, error) {
	if f, err := os.Open(fmt.Sprintf("/proc/%d/fd/%d", os.Getppid(), s.FD)); err == nil {
		if same(f, s) {
			return f, nil
		}
		f.Close()
	}
	return openPath(s)
}
