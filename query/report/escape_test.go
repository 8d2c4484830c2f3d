package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/windrow/windrow/query/output"
)

// hostile are texts that some format could take for its own.
var hostile = []string{
	`<script>alert(1)</script>`, `</td></tr></table><h1>owned</h1>`, `</title></style></svg></figure><img src=x onerror=alert(1)>`,
	`" onmouseover="alert(1)`, `' style='x`, `<!-- `, `-->`, `]]>`, `&lt;b&gt; &amp; &#60;`, "a|b\\|c", "`x` *y* _z_ [l](javascript:alert(1)) ![i](u)",
	"\u202egnp.exe", "مرحبا", "👩‍👩‍👧 🇩🇪", "a\nb\r\nc\td", "\x1b[31m\x00\a\u0085\u2028", "bad \xff\xfe utf-8", "=1+1", "--x:red}</style>",
	strings.Repeat("long ", 3000), strings.Repeat("x", 10_000), "",
}

// hostileReport has these texts wherever a text may stand: titles, notes,
// columns, cells, labels of bars, series, figures.
func hostileReport(t testing.TB, texts []string) (Head, []result) {
	h := morning(t)
	h.Notes = texts
	bars, lines := result{cols: []string{"name", "n"}}, result{cols: []string{"window_start", "name", "n"}}
	all := []result{}
	for i, s := range texts {
		h.Name, h.Title = s, s
		bars.title, bars.cols[0] = s, s
		bars.rows = append(bars.rows, []any{s, int64(100 - i)})
		all = append(all, result{s, []string{s}, [][]any{{s}}})
		for _, at := range []string{"2026-03-02 06:00:00", "2026-03-02 07:00:00"} {
			if i < maxSeries {
				lines.rows = append(lines.rows, []any{at, s, float64(i)})
			}
		}
	}
	lines.title = "lines"
	return h, append(all, bars, lines)
}

// elements and attributes that pages and mails are made of.
var (
	elements = names("html head meta title style body main header h1 h2 p span aside section footer time dl div dt dd details summary " +
		"table thead tbody tr th td i figure figcaption ul li svg line text path rect g tspan")
	attributes = names("lang charset http-equiv content name class datetime title tabindex scope data-rows role aria-label height style " +
		"x x1 x2 y y1 y2 dx d rx width viewbox preserveaspectratio align nowrap bgcolor cellpadding cellspacing border")
)

func names(s string) map[string]bool {
	set := map[string]bool{}
	for _, n := range strings.Fields(s) {
		set[n] = true
	}
	return set
}

func TestHostileText(t *testing.T) {
	h, results := hostileReport(t, hostile)
	page := render(t, "html", output.Options{}, h, results...)
	checkPage(t, page)
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	text := content(root)
	for _, s := range hostile {
		short, _ := cut(visible(s, true), 250)
		if !strings.Contains(text, short) {
			t.Errorf("the page has lost %q", short)
		}
	}
	if n := strings.Count(page, "<figure"); n != 2 {
		t.Errorf("%d charts, want bars and lines", n)
	}
	mail, err := MailBody(strings.NewReader(page), hostile[0])
	if err != nil {
		t.Fatal(err)
	}
	checkPage(t, string(mail))
}

// Whatever the texts, a page has no element, no attribute and no style of
// theirs.
func TestHostileTexts(t *testing.T) {
	piece := rapid.SampledFrom([]string{"<", ">", "\"", "'", "&", "/", "script", "style", "svg", "title", "!--", "--", "on=", " ", "x", "\n", "\x00", "\xff", "<a href=", "](", "{", "}"})
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.Map(rapid.SliceOfN(piece, 1, 12), func(p []string) string { return strings.Join(p, "") })
		h, results := hostileReport(t, rapid.SliceOfN(text, 2, 4).Draw(r, "texts"))
		var b bytes.Buffer
		w, err := New("html", &b, output.Options{})
		if err == nil {
			err = write(w, h, results)
		}
		if err != nil {
			r.Fatal(err)
		}
		checkPage(r, b.String())
	})
}

type reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// checkPage reports elements and attributes that are not ours, and ends of
// elements that do not match their beginnings.
func checkPage(t reporter, page string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(page))
	var open []string
	for {
		kind := z.Next()
		tok := z.Token()
		switch kind {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("not closed: %v", open)
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			checkElement(t, tok)
			if kind == html.StartTagToken && tok.Data != "meta" {
				open = append(open, tok.Data)
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != tok.Data {
				t.Errorf("</%s> within %v", tok.Data, open)
				return
			}
			open = open[:len(open)-1]
		case html.CommentToken:
			t.Errorf("a comment: %s", tok.Data)
		case html.TextToken:
			if strings.ContainsAny(tok.Data, "\x00\x1b\u202e") {
				t.Errorf("control characters in %q", tok.Data)
			}
		}
	}
}

func checkElement(t reporter, tok html.Token) {
	t.Helper()
	if !elements[tok.Data] {
		t.Errorf("an element <%s>", tok.Data)
	}
	for _, a := range tok.Attr {
		if !attributes[a.Key] || a.Key == "style" && strings.Contains(a.Val, "url") {
			t.Errorf("<%s> has an attribute %s=%q", tok.Data, a.Key, a.Val)
		}
	}
}

// content is all text of a tree, and the titles of what is cut.
func content(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// A page asks for nothing from elsewhere, and is told that it may not.
func TestPageStandsAlone(t *testing.T) {
	page := render(t, "html", output.Options{}, morning(t), sample...)
	for _, no := range []string{"<script", "<link", "<img", "http://", "https://", "url(", "@import", "src=", "href="} {
		if strings.Contains(page, no) {
			t.Errorf("the page has %s", no)
		}
	}
	if !strings.Contains(page, `http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'`) {
		t.Error("no Content-Security-Policy")
	}
	for _, want := range []string{"prefers-color-scheme: dark", "@media print", "table-header-group", `name="viewport"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestHostileProse(t *testing.T) {
	h, results := hostileReport(t, hostile)
	text := render(t, "text", output.Options{}, h, results...)
	if strings.ContainsAny(text, "\x00\x1b\x07\u202e\u0085\t\r") {
		t.Error("text has control characters")
	}
	md := render(t, "markdown", output.Options{}, h, results...)
	if strings.ContainsAny(md, "\x00\x1b\x07\u202e\u0085\t\r") {
		t.Error("markdown has control characters")
	}
	if i := strings.Index(strings.ReplaceAll(md, "<br>", ""), "<"); i >= 0 {
		t.Errorf("markdown has an element: %.40s", md[i:])
	}
	for _, line := range strings.Split(md, "\n") {
		bare := strings.ReplaceAll(line, `\\`, "")
		bare = strings.ReplaceAll(bare, `\|`, "")
		if strings.HasPrefix(line, "|") && strings.Count(bare, "|") > 4 {
			t.Errorf("a row has more cells than columns: %.60s", line)
		}
	}
	var doc any
	if err := json.Unmarshal([]byte(render(t, "json", output.Options{}, h, results...)), &doc); err != nil {
		t.Error(err)
	}
}
