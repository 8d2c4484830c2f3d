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
	"slices"
	"strings"
	"time"

	"github.com/windrow/windrow/query/deliver"
	"github.com/windrow/windrow/query/export"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
)

// isFatal reports whether an error is none of the delivery.
func isFatal(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, store.ErrFenced) || errors.Is(err, errBehind) || isStop(err))
}

// deliverTo tries to bring an issue to the target of a lane, and writes down
// what came of it.
func (e *entry) deliverTo(ctx context.Context, j *job, i *issue, l *lane) error {
	r, err := e.carry(ctx, j, i, l.target)
	e.desk.Lock()
	defer e.desk.Unlock()
	i.users--
	if isFatal(ctx, err) {
		return err
	}
	d := i.delivery(l.target)
	if d == nil { // the definition does not have the target any more
		i.Deliveries = append(i.Deliveries, store.Delivery{Target: l.target})
		d = &i.Deliveries[len(i.Deliveries)-1]
	}
	if err != nil {
		return e.refused(ctx, i, d, l, err)
	}
	l.tries, l.after = 0, time.Time{}
	return e.delivered(ctx, i, d, r)
}

// undelivered begins the place of what is not delivered because it is outdated.
const undelivered = "nowhere: "

// carry delivers an issue, unless a newer one is where it would go.
func (e *entry) carry(ctx context.Context, j *job, i *issue, target string) (deliver.Receipt, error) {
	t, ok := j.target(store.Delivery{Target: target})
	if !ok {
		return deliver.Receipt{}, fmt.Errorf("BUG: the lane of %s is none of %s", target, j.name)
	}
	late, err := e.overtaken(ctx, j, i, t)
	if err == nil && late {
		return deliver.Receipt{Place: undelivered + "a newer slot is there"}, nil
	}
	if err == nil {
		err = e.pass("deliver")
	}
	if err != nil {
		return deliver.Receipt{}, err
	}
	return e.bring(ctx, j, i, t)
}

// refused notes that a delivery has failed, maybe for good.
func (e *entry) refused(ctx context.Context, i *issue, d *store.Delivery, l *lane, err error) error {
	d.Error = err.Error()
	e.complain(i.thing(d.Target), "cannot deliver", err, "slot", stamp(i.Slot), "to", d.Target)
	if !errors.Is(err, deliver.ErrPermanent) {
		return e.pause(ctx, i, l, err)
	}
	d.Failed, d.Ended = true, e.Now()
	return e.settleOrSave(ctx, i)
}

// delivered writes down that something has arrived, or is outdated.
func (e *entry) delivered(ctx context.Context, i *issue, d *store.Delivery, r deliver.Receipt) error {
	*d = store.Delivery{Target: d.Target, Done: true, Ended: e.Now(), Place: r.Place}
	if !strings.HasPrefix(r.Place, undelivered) {
		d.Bytes, d.SHA256 = r.Bytes, r.SHA256[:]
		if err := e.pass("delivered"); err != nil {
			return err
		}
	}
	if err := e.save(ctx, i); err != nil {
		return err
	}
	e.said.forget(i.thing(d.Target))
	if !strings.HasPrefix(r.Place, undelivered) {
		e.Log.Info("sent", append(e.about(i), "to", r.Place)...)
		if err := e.pass("recorded"); err != nil {
			return err
		}
	}
	if openDeliveries(i.Deliveries) {
		return nil
	}
	return e.finish(ctx, i)
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
	file := filepath.Join(c.dir, "manifest-"+digest(t.Text)+".json") // targets take turns with nobody
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
	if e.newerIsOpen(i, func(o *issue) bool { return has(o.Deliveries, t.Text) && name(o.Slot) == name(i.Slot) }) {
		return true, nil
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

// newerIsOpen reports whether an open issue of a later slot is of a kind.
func (e *entry) newerIsOpen(i *issue, is func(*issue) bool) bool {
	e.desk.Lock()
	defer e.desk.Unlock()
	return slices.ContainsFunc(e.open, func(o *issue) bool { return o.Slot.After(i.Slot) && is(o) })
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
