package deliver

import "errors"

func limitFiles(n uint64) error {
	if n == 0 {
		return nil
	}
	return errors.ErrUnsupported
}
