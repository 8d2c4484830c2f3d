package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// wantFirst are the hashes of the first 10,000 events of 10 million, without
// headers: who measures tomorrow measures the same bytes.
var wantFirst = map[string]string{
	"events.ndjson":   "bf28b384ae5b61e49277fbc3f88c286e3bb44890461295399c5b05d3cdab4578",
	"shuffled.ndjson": "b3670ab6b33eae2a7058fd09b7401de50323b46fdc87134cadac36c7ace5786e",
	"events.csv":      "042208607b0faf3e85ef18391a7aa83755fbf43c896b4766cbc4cb52b5f569d8",
}

func TestEventsAreAlwaysTheSame(t *testing.T) {
	for _, f := range dataFiles {
		want, ok := wantFirst[f.name]
		if !ok {
			continue
		}
		l, source, h := f.layout(), newEvents(10_000_000), sha256.New()
		for e, i := new(event), 0; i < 10_000 && source.next(e); i++ {
			h.Write(l(nil, e))
		}
		if got := fmt.Sprintf("%x", h.Sum(nil)); got != want {
			t.Errorf("%s: the hash is %s, it was %s", f.name, got, want)
		}
	}
}

// Compressed files hold what the plain one holds.
func TestCompressed(t *testing.T) {
	dir := t.TempDir()
	content := map[string][]byte{}
	for _, f := range dataFiles {
		if err := generate(dir, f, 2000); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, f.name))
		if err != nil {
			t.Fatal(err)
		}
		content[f.name] = b
	}
	if lines := bytes.Count(content["events.csv"], []byte("\n")); lines != 2001 {
		t.Errorf("events.csv has %d lines", lines)
	}
	z, err := gzip.NewReader(bytes.NewReader(content["events.ndjson.gz"]))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(z); err != nil || !bytes.Equal(b, content["events.ndjson"]) {
		t.Errorf("gzip holds something else: %v", err)
	}
	s, err := zstd.NewReader(bytes.NewReader(content["events.ndjson.zst"]))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if b, err := io.ReadAll(s); err != nil || !bytes.Equal(b, content["events.ndjson"]) {
		t.Errorf("zstd holds something else: %v", err)
	}
}

// A file that is there stays as it is; one that is not complete has another
// name.
func TestGenerateOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, dataFiles[0].name)
	if err := os.WriteFile(path, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := generate(dir, dataFiles[0], 10); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(path); string(b) != "mine" {
		t.Errorf("it was written over: %.40q", b)
	}
}
