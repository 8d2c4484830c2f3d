package scheduler

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/windrow/windrow/query/deliver"
	"github.com/windrow/windrow/query/export"
	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/query/report"
)

// content is what is delivered of a report, in the spool.
type content struct {
	deliver.Content
	made
	dir      string // of the spool, to be removed
	job      *job   // that made it
	manifest string // path of that of a single file; "" for none
}

// made says what a document holds.
type made struct {
	print fingerprint
	rows  int64
	notes []string
}

// order is a document to be made.
type order struct {
	job      *job
	slot     time.Time
	revision int
	byHand   bool
}

// render makes the document of an order in a folder of the spool.
func (s *shop) render(ctx context.Context, o order, dir string) (*content, error) {
	c := &content{dir: dir, job: o.job}
	format := report.Find(o.job.format)
	if format == nil {
		return nil, fmt.Errorf("no report format is called %q", o.job.format)
	}
	c.MediaType, c.Inline = format.MediaType, format.Inline
	c.Name = fileName(o.job.name) + o.slot.In(o.job.zone()).Format("-2006-01-02-1504") + format.Ending
	c.File = filepath.Join(dir, c.Name)
	err := s.snapshot(ctx, o.job, o.slot, func(ctx context.Context, v *view) error {
		if o.job.exports() {
			return c.export(ctx, v, o, s.Version)
		}
		return c.writeFile(ctx, v, o)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// writeFile writes the document as one file.
func (c *content) writeFile(ctx context.Context, v *view, o order) error {
	f, err := os.Create(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	w := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<16)
	if c.made, err = o.write(ctx, v, o.job.format, w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	c.Bytes = info.Size()
	sum.Sum(c.SHA256[:0])
	return f.Close()
}

// exports reports whether a report is an export: a folder by partition, or a
// file with a manifest.
func (j *job) exports() bool { return j.options.PartitionBy != "" || j.options.Manifest }

// export writes the rows of the one section as `windrow export` does.
func (c *content) export(ctx context.Context, v *view, o order, version string) error {
	format := output.Find(o.job.format)
	if format == nil || len(o.job.sections) != 1 || report.Find(o.job.format).Sections {
		return unfit{fmt.Errorf("a manifest lists files of rows: take FORMAT csv, tsv, ndjson or parquet for the report %s, or leave manifest out", o.job.name)}
	}
	notes, err := o.notes(ctx, v)
	if err != nil {
		return err
	}
	if o.job.options.PartitionBy != "" {
		c.Folder, c.Inline, c.Name, c.File = true, false, o.job.name, filepath.Join(c.dir, "files")
	}
	sum, err := export.Write(ctx, v.Snapshot, o.job.query(o.job.sections[0], o.slot), c.File, export.Options{
		Format: format, Output: o.job.output(), PartitionBy: o.job.options.PartitionBy, Name: fileName(o.job.name), Manifest: true, Version: version})
	if err != nil {
		return err
	}
	p := newPrinter()
	p.h.Write(sum.SHA256[:])
	c.Bytes, c.made = sum.Bytes, made{p.sum(o.job), sum.Rows, notes}
	if !c.Folder {
		c.SHA256, c.manifest = sum.SHA256, c.File+".manifest.json"
	}
	return nil
}

// unfit is a mistake in a definition.
type unfit struct{ error }

// write writes the document to w.
func (o order) write(ctx context.Context, v *view, format string, w io.Writer) (made, error) {
	m := made{}
	notes, err := o.notes(ctx, v)
	if err != nil {
		return m, err
	}
	doc, err := report.New(format, w, o.job.output())
	if err != nil {
		return m, err
	}
	msg := o.job.message(o.slot)
	err = doc.Begin(report.Head{Name: o.job.name, Title: deliver.Expand(o.job.options.Title, msg), Slot: o.slot, Start: msg.Start, End: msg.End,
		Zone: o.job.zone(), Revision: o.revision, Notes: notes})
	if err != nil {
		return m, err
	}
	if m, err = o.run(ctx, v, doc.Section); err != nil {
		return m, err
	}
	m.notes = notes
	return m, doc.End()
}

// run runs the statements of all sections in one snapshot.
func (o order) run(ctx context.Context, v *view, section func(title string) (output.Encoder, error)) (made, error) {
	m, p := made{}, newPrinter()
	for _, sec := range o.job.sections {
		enc, err := section(sec.Title)
		if err != nil {
			return m, err
		}
		p.section(sec.Title)
		r, err := v.Run(ctx, o.job.query(sec, o.slot), p.through(enc))
		if err != nil {
			return m, err
		}
		m.rows += r.Rows
	}
	m.print = p.sum(o.job)
	return m, nil
}

// notes say what is not final, where that was waited for or somebody looks.
func (o order) notes(ctx context.Context, v *view) ([]string, error) {
	if !o.job.wait && !o.byHand {
		return nil, nil
	}
	all, err := v.Rollups(ctx)
	return notFinal(unfinal(o.job.reads(all), o.slot)), err
}

// compute finds out what a document would hold, without keeping it.
func (s *shop) compute(ctx context.Context, o order, dir func() (string, error)) (made, error) {
	if o.job.exports() { // only its files tell
		d, err := dir()
		if err != nil {
			return made{}, err
		}
		defer os.RemoveAll(d)
		c, err := s.render(ctx, o, d)
		if err != nil {
			return made{}, err
		}
		return c.made, nil
	}
	var m made
	err := s.snapshot(ctx, o.job, o.slot, func(ctx context.Context, v *view) (err error) {
		m, err = o.run(ctx, v, func(string) (output.Encoder, error) { return nowhere{}, nil })
		return err
	})
	return m, err
}
