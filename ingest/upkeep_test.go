package ingest

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/windrow/windrow/schema/store"
)

// The -wal file is moved into the store also where no worker commits.
func TestCheckpointOfAQuietRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	st, err := store.Open(t.Context(), path, store.Options{Create: true, Durability: "process"})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	epoch, err := st.NextEpoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	reports, err := st.RegisterReports(t.Context(), epoch, []store.ReportDef{{Name: "busy", Alert: true}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	body := make([]byte, 4<<20)
	for n := 0; st.WALSize() < walLimit; n++ {
		slot := time.Unix(int64(n), 0)
		_, err := st.Claim(t.Context(), epoch, reports[0].ID, slot, []store.Issue{{Slot: slot, Kind: store.IssueFiring, Revision: 1, State: store.IssueDue, Body: body}})
		if err != nil {
			t.Fatal(err)
		}
	}
	r := newRunner(Config{Store: st, Epoch: epoch, Log: slog.New(slog.DiscardHandler)})
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		r.keepUp(t.Context(), stop, func(error) {})
	}()
	// The pages are in the main file, which is then begun anew.
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() > walLimit*9/10 {
			break
		}
		if time.Now().After(end) {
			t.Error("the -wal file is not moved")
			break
		}
	}
	close(stop)
	<-ended
}
