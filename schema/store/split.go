package store

import (
	"context"
	"fmt"

	"github.com/windrow/windrow/schema/fault"
)

// NextEpoch begins a run: from now on every process of an older one is
// fenced. It waits for the commit that may be under way. Progress is read
// only after it.
func (s *Store) NextEpoch(ctx context.Context) (int64, error) {
	var epoch int64
	err := s.write(ctx, "begin a run on", func(t *tx) error {
		return t.get("UPDATE windrow_meta SET value = value + 1 WHERE name = 'epoch' RETURNING value", nil, &epoch)
	})
	return epoch, err
}

// checkEpoch gives ErrFenced to a process of an older run.
func (t *tx) checkEpoch(epoch int64) error {
	var now int64
	if err := t.get("SELECT value FROM windrow_meta WHERE name = 'epoch'", nil, &now); err != nil {
		return err
	}
	if now != epoch && !fault.Is(fault.NoEpoch) {
		return fmt.Errorf("%w (epoch %d, this process has %d)", ErrFenced, now, epoch)
	}
	return nil
}

// Splits returns the splits of a stream in the order of their numbers.
func (s *Store) Splits(ctx context.Context, stream int64) ([]Split, error) {
	var splits []Split
	err := s.read(ctx, "read the splits of", func(t *tx) error {
		return t.all("SELECT number, "+splitColumns+" FROM windrow_split_data WHERE stream = ? ORDER BY number", []any{stream}, func(scan func(...any) error) error {
			var p Split
			var device, inode int64
			var head, first []byte
			err := scan(&p.Number, &p.Path, &device, &inode, &p.HeadLen, &head, &p.Generation, &p.Start, &p.Size, &p.Ended, &p.Disk,
				&p.Born, &first, &p.Idle, &p.Gone, &p.Note)
			p.First = string(first)
			p.Device, p.Inode = uint64(device), uint64(inode)
			copy(p.Head[:], head)
			splits = append(splits, p)
			return err
		})
	})
	return splits, err
}

// AddSplits adds splits to a stream and returns them with their numbers,
// ascending in the given order.
func (s *Store) AddSplits(ctx context.Context, epoch, stream int64, splits []Split) ([]Split, error) {
	added := append([]Split(nil), splits...)
	err := s.write(ctx, "add splits to", func(t *tx) error {
		if err := t.checkEpoch(epoch); err != nil {
			return err
		}
		for i := range added {
			p := &added[i]
			var err error
			p.Number, err = t.insert("INSERT INTO windrow_split_data (number, stream, "+splitColumns+`)
				VALUES ((SELECT coalesce(max(number), 0) + 1 FROM windrow_split_data), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				append([]any{stream}, p.cells()...)...)
			if err != nil {
				return fmt.Errorf("split %q: %w", p.Path, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return added, nil
}

// UpdateSplits stores splits of one stream anew: their paths, identities,
// sizes or ends may have changed. Then it moves the watermarks of the stream's
// cohorts up to where these splits now let them.
func (s *Store) UpdateSplits(ctx context.Context, epoch int64, splits []Split) error {
	return s.write(ctx, "update the splits of", func(t *tx) error {
		if err := t.checkEpoch(epoch); err != nil {
			return err
		}
		for _, p := range splits {
			n, err := t.exec("UPDATE windrow_split_data SET ("+splitColumns+") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE number = ?",
				append(p.cells(), p.Number)...)
			if err == nil && n == 0 {
				err = fmt.Errorf("it has no split %d (%q)", p.Number, p.Path)
			}
			if err != nil {
				return err
			}
		}
		return t.advanceAll(splits)
	})
}

// advanceAll moves the watermarks of the attached cohorts of the stream that
// these splits are of. Which those are a store knows after Register.
func (t *tx) advanceAll(splits []Split) error {
	if len(splits) == 0 || len(t.s.refs) == 0 {
		return nil
	}
	cohorts, err := t.integers("SELECT c.id FROM windrow_cohorts c JOIN windrow_split_data p ON p.stream = c.stream WHERE p.number = ?", splits[0].Number)
	for _, c := range cohorts {
		if rollups, ok := t.s.refs[c]; ok && err == nil {
			_, err = t.advance(c, rollups)
		}
	}
	return err
}

const splitColumns = "path, device, inode, head_len, head, generation, start, size, ended, disk, born, first, idle, gone, note"

// cells are the values of splitColumns.
func (p *Split) cells() []any {
	return []any{p.Path, int64(p.Device), int64(p.Inode), p.HeadLen, p.Head[:], p.Generation, p.Start, p.Size, p.Ended, p.Disk,
		p.Born, []byte(p.First), p.Idle, p.Gone, p.Note}
}
