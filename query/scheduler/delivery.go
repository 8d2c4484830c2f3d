package scheduler

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/windrow/windrow/query/deliver"
	"github.com/windrow/windrow/query/export"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
)

// deliver brings an issue to the targets that do not have it yet, and plans
// the next try if that failed.
func (e *entry) deliver(ctx context.Context, j *job, i *issue) error {
	var wish time.Duration
	for _, n := range j.nearFirst(i.Deliveries) {
		d := &i.Deliveries[n]
		err := e.deliverTo(ctx, j, i, d)
		if isFatal(ctx, err) {
			return err
		}
		if err != nil {
			e.refused(i, d, err)
		}
		var r *deliver.RetryError
		if errors.As(err, &r) {
			wish = max(wish, r.After)
		}
	}
	switch {
	case !openDeliveries(i.Deliveries):
		return e.finish(ctx, i)
	case e.again(i, wish):
		return e.save(ctx, i)
	}
	for n := range i.Deliveries {
		if d := &i.Deliveries[n]; !d.Done {
			d.Failed = true
		}
	}
	return e.finish(ctx, i)
}

// nearFirst returns the places of the deliveries that are open: files first,
// for a server may keep one waiting.
func (j *job) nearFirst(list []store.Delivery) []int {
	var near, far []int
	for n, d := range list {
		t, _ := j.target(d)
		switch {
		case d.Done || d.Failed:
		case t.Kind == schema.TargetMail || t.Kind == schema.TargetWebhook:
			far = append(far, n)
		default:
			near = append(near, n)
		}
	}
	return append(near, far...)
}

// isFatal reports whether an error is none of the delivery.
func isFatal(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, store.ErrFenced) || errors.Is(err, errBehind) || isStop(err))
}

// deliverTo tries one delivery and writes down what came of it.
func (e *entry) deliverTo(ctx context.Context, j *job, i *issue, d *store.Delivery) error {
	t, ok := j.target(*d)
	if !ok {
		d.Failed, d.Error = true, "the definition does not have this target any more"
		return nil
	}
	if late, err := e.overtaken(ctx, j, i, t); err != nil || late {
		if err == nil {
			*d = store.Delivery{Target: d.Target, Done: true, Ended: e.Now(), Place: "nowhere: a newer slot is there"}
			err = e.save(ctx, i)
		}
		return err
	}
	if err := e.pass("deliver"); err != nil {
		return err
	}
	r, err := e.bring(ctx, j, i, t)
	if err != nil {
		return err
	}
	return e.delivered(ctx, i, d, r)
}

// refused notes that a delivery has failed, maybe for good.
func (e *entry) refused(i *issue, d *store.Delivery, err error) {
	d.Error = err.Error()
	e.complain(i.thing(d.Target), "cannot deliver", err, "slot", stamp(i.Slot), "to", d.Target)
	if errors.Is(err, deliver.ErrPermanent) {
		d.Failed, d.Ended = true, e.Now()
	}
}

// delivered writes down that something has arrived.
func (e *entry) delivered(ctx context.Context, i *issue, d *store.Delivery, r deliver.Receipt) error {
	*d = store.Delivery{Target: d.Target, Done: true, Ended: e.Now(), Place: r.Place, Bytes: r.Bytes, SHA256: r.SHA256[:]}
	if err := e.pass("delivered"); err != nil {
		return err
	}
	if err := e.save(ctx, i); err != nil {
		return err
	}
	e.said.forget(i.thing(d.Target))
	e.Log.Info("sent", append(e.about(i), "to", r.Place)...)
	return e.pass("recorded")
}

// bring delivers an issue to one target.
func (e *entry) bring(ctx context.Context, j *job, i *issue, t schema.Target) (deliver.Receipt, error) {
	if t.Unset {
		return deliver.Receipt{}, fmt.Errorf("cannot deliver to %s: a variable in it is not set: %w", t.Text, deliver.ErrPermanent)
	}
	m := j.message(i.Slot)
	m.Kind, m.Revision, m.ID, m.Subject, m.Record = string(i.Kind), i.Revision, e.messageID(j, i, t), j.options.Subject, i.Body
	if i.content == nil {
		return deliver.Deliver(ctx, t, e.delivering(j), m)
	}
	c := i.content
	m.Content, m.Notes, m.Record = &c.Content, c.notes, nil
	r, err := deliver.Deliver(ctx, t, e.delivering(j), m)
	if err == nil && c.manifest != "" && t.Kind == schema.TargetFile {
		err = e.bringManifest(ctx, j, c, t, m, r)
	}
	return r, err
}

// bringManifest puts the manifest of a single file beside it.
func (e *entry) bringManifest(ctx context.Context, j *job, c *content, t schema.Target, m deliver.Message, r deliver.Receipt) error {
	b, err := os.ReadFile(c.manifest)
	if err != nil {
		return err
	}
	var man export.Manifest
	if err := json.Unmarshal(b, &man); err != nil || len(man.Files) != 1 {
		return fmt.Errorf("BUG: %s is no manifest of one file (%v)", c.manifest, err)
	}
	man.Files[0].Path = filepath.Base(r.Place)
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(man); err != nil {
		return err
	}
	file := filepath.Join(c.dir, "manifest.json")
	if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
		return err
	}
	t.Address += ".manifest.json"
	m.ID += "-manifest"
	m.Content = &deliver.Content{File: file, Name: filepath.Base(t.Address), MediaType: "application/json", Bytes: int64(out.Len()), SHA256: sha256.Sum256([]byte(out.String()))}
	_, err = deliver.Deliver(ctx, t, e.delivering(j), m)
	return err
}

// messageID is the same for each try of a delivery, and for no other one.
// Where others remember it, another content is another message; temporary files
// are those of the delivery, whatever the content.
func (s *shop) messageID(j *job, i *issue, t schema.Target) string {
	host, _ := os.Hostname()
	path, err := filepath.Abs(s.Path)
	if err != nil {
		path = s.Path
	}
	parts := []string{host, path, j.id(), string(i.Kind), stamp(i.Slot), i.Key, fmt.Sprint(i.Revision), t.Text}
	if i.ByHand {
		parts = append(parts, fmt.Sprint("by hand ", i.ID))
	}
	if t.Kind == schema.TargetMail || t.Kind == schema.TargetWebhook {
		parts = append(parts, string(i.Fingerprint))
	}
	return digest(parts...)
}

// digest is a short name for some texts.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		writeText(h, p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// overtaken reports whether a file that does not have the slot in its name
// holds a newer one already.
func (e *entry) overtaken(ctx context.Context, j *job, i *issue, t schema.Target) (bool, error) {
	if i.Kind != store.IssueReport || t.Kind != schema.TargetFile {
		return false, nil
	}
	name := func(slot time.Time) string { return deliver.Expand(t.Address, j.message(slot)) }
	if next := j.schedule.Next(i.Slot); next.IsZero() || name(next) != name(i.Slot) {
		return false, nil
	}
	for _, o := range e.open {
		if o.Slot.After(i.Slot) && has(o.Deliveries, t.Text) && name(o.Slot) == name(i.Slot) {
			return true, nil
		}
	}
	const most = 1000 // the store keeps no more
	newer, err := e.Store.Finished(ctx, e.ref.ID, i.Slot.Add(time.Second), most)
	for _, o := range newer {
		if has(o.Deliveries, t.Text) && name(o.Slot) == name(i.Slot) {
			return true, nil
		}
	}
	return false, err
}

// has reports whether something has arrived at a target.
func has(list []store.Delivery, target string) bool {
	for _, d := range list {
		if d.Target == target && d.Done {
			return true
		}
	}
	return false
}
