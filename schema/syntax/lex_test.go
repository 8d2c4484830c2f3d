package syntax

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLex(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"words", `CREATE Stream größe _a$1`, `CREATE Stream größe _a$1`},
		{"texts", `'it''s' 'x;' x'1F'`, `it's x; 1F`},
		{"names", `"a""b" [c d] ` + "`e`", `"a"b" "c d" "e"`},
		{"numbers", `1 .5 1. 1.5e-3 0x1F 1_000 2e5`, `1 .5 1. 1.5e-3 0x1F 1_000 2e5`},
		{"operators", `a->>'x'->b||c<=d<>e=>f<<g==h!=i`, `a ->> x -> b || c <= d <> e => f << g == h != i`},
		{"parameters", `? ?1 :a @b $c`, `? ?1 :a @b $c`},
		{"comments", "a -- b ; '\nc /* ' ; */ d", "a -- b ; ' c /* ' ; */ d"},
		{"minus minus", `1 - -1`, `1 - - 1`},
		{"mark of byte order", "\uFEFFa", "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tokens, errs := Lex(tt.src)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			var got []string
			for _, tok := range tokens[:len(tokens)-1] {
				s := tok.Text
				if tok.Quoted {
					s = `"` + s + `"`
				}
				got = append(got, s)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, want %q", strings.Join(got, " "), tt.want)
			}
		})
	}
}

func TestLexErrors(t *testing.T) {
	tests := []struct {
		src, message string
		pos, end     int
	}{
		{"a 'b", "this text is not closed with '", 2, 3},
		{`a "b`, `this name in quotes is not closed with "`, 2, 3},
		{"a /* b", "this comment is not closed with */", 2, 4},
		{"a [b", "this [ is not closed with ]", 2, 3},
		{"5m", "5m is not a number", 0, 2},
		{"0x", "0x is not a number", 0, 2},
		{"1_", "1_ is not a number", 0, 2},
		{"x'123'", "a blob has two hexadecimal digits for each byte", 0, 6},
		{"a ^ b", `"^" does not belong here`, 2, 3},
		{"a # b", `"#" does not belong here`, 2, 3},
		{"‘a’ b", `"‘" does not belong here`, 0, 3},
		{"$.a", `"$" does not belong here`, 0, 1},
		// The culprit is where the swallowing began, not the last quote.
		{"a = 'b,\nc = 'd',\ne = 'f'", "this text is not closed with '", 4, 5},
		{"a = 'b, c = 'd'", "this text is not closed with '", 4, 5},
	}
	for _, tt := range tests {
		_, errs := Lex(tt.src)
		if len(errs) != 1 || errs[0].Message != tt.message || errs[0].Pos != tt.pos || errs[0].End != tt.end {
			t.Errorf("%q: %+v", tt.src, errs)
		}
	}
}

func TestSplit(t *testing.T) {
	tests := []struct {
		src  string
		want []string
	}{
		{"", nil},
		{" ; ;; ", nil},
		{"-- only a comment;\n/* another ; */", nil},
		{"SELECT 1", []string{"SELECT 1"}},
		{"SELECT 1;", []string{"SELECT 1"}},
		{"SELECT ';', \"a;b\", [c;d], `e;f` -- ;\n; /* ; */ SELECT 2 -- end", []string{"SELECT ';', \"a;b\", [c;d], `e;f`", "SELECT 2"}},
		{"SELECT a -- in between\n+ b; ", []string{"SELECT a -- in between\n+ b"}},
		{"SELECT 'open ; ", []string{"SELECT 'open ; "}},
		{"SELECT # ; SELECT 2", []string{"SELECT #", "SELECT 2"}},
		{"SELECT /* open ; ", []string{"SELECT /* open ; "}},
	}
	for _, tt := range tests {
		var got []string
		for _, r := range Split(tt.src) {
			got = append(got, tt.src[r.Pos:r.End])
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%q: %s", tt.src, d)
		}
	}
}
