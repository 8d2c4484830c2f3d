package main

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// The page on operating names all that is in the JSON of status.
func TestStatusIsDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, page, ok := strings.Cut(string(b), "## What `status --json` holds")
	if !ok {
		t.Fatal("the page has no such part")
	}
	for _, v := range []any{report{}, runReport{}, storeReport{}, streamReport{}, splitCounts{}, progressReport{}, holderReport{}, splitReport{}, rollupReport{},
		scheduledReport{}, issueReport{}, firingReport{}, workerReport{}} {
		typ := reflect.TypeOf(v)
		for i := range typ.NumField() {
			if name := typ.Field(i).Tag.Get("json"); name != "" && !strings.Contains(page, "`"+name) {
				t.Errorf("%s of %s is not there", name, typ.Name())
			}
		}
	}
}
