package scheduler

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestSpool(t *testing.T) {
	dir := t.TempDir()
	s := spoolOf(filepath.Join(dir, "windrow.db"))
	left := must(s.issue(7))
	if err := os.WriteFile(filepath.Join(left, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	again := must(s.issue(7))
	if files := must(os.ReadDir(again)); again != left || len(files) != 0 {
		t.Errorf("%s has %v", again, files)
	}
	if filepath.Dir(left) != filepath.Join(dir, "windrow.db.spool") {
		t.Error(left)
	}
	other := must(s.byHand())
	if err := s.clean(time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("what an earlier run has left is still there")
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("an issue by hand lost its folder: %v", err)
	}
	if err := s.clean(time.Now().Add(byHandAge + time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(string(s)); err == nil {
		t.Error("the empty spool is still there")
	}
	if err := s.clean(time.Now()); err != nil {
		t.Error(err)
	}
}

func TestFileName(t *testing.T) {
	for name, want := range map[string]string{"morning": "morning", "Zoë's report": "Zoë_s_report", "../x": "_x", "a/b\\c:d": "a_b_c_d", "-rf": "rf"} {
		if got := fileName(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
