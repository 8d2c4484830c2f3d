package scan

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// plain is what the marks are, byte by byte: the sets as slices of truth
// values, and where they end.
func plain(data []byte, from int, lines bool) (ends, brackets, odd []bool, end int) {
	ends, brackets, odd = make([]bool, len(data)), make([]bool, len(data)), make([]bool, len(data))
	inside := false
	for i := from; i < len(data); i++ {
		c := data[i]
		slashes := 0
		for j := i - 1; j >= from && data[j] == '\\'; j-- {
			slashes++
		}
		escaped := slashes%2 == 1
		if inside && c < ' ' || !inside && escaped && c == '"' {
			return ends, brackets, odd, i
		}
		odd[i] = c == '\\' || c >= 0x80
		switch {
		case c == '"' && !escaped:
			ends[i] = true
			inside = !inside
		case !inside && (c <= ' ' || c == ',' || c == ':'):
			ends[i] = true
			brackets[i] = c == '\n' && lines
		case !inside && (c == '{' || c == '}' || c == '[' || c == ']'):
			ends[i], brackets[i] = true, true
		}
	}
	return ends, brackets, odd, len(data)
}

func has(set []byte, i int) bool { return set[i/8]>>(i%8)&1 != 0 }

// check compares the marks of data from i on with plain ones.
func check(t interface{ Fatalf(string, ...any) }, m *Marks, data []byte, from int, lines bool) {
	ends, brackets, odd, end := plain(data, from, lines)
	m.Reset(data, lines)
	m.Begin(from)
	for m.More() {
	}
	if hi := min(m.end, len(data)); hi > end || hi < end&^(block-1) || hi < end && end == len(data) {
		t.Fatalf("%q from %d: the marks end at %d, not %d", data, from, m.end, end)
	}
	for i := from; i < min(m.end, len(data)); i++ {
		if has(m.Ends, i) != ends[i] || has(m.Brackets, i) != brackets[i] || has(m.Odd, i) != odd[i] {
			t.Fatalf("%q from %d: at %d %v %v %v, want %v %v %v", data, from, i, has(m.Ends, i), has(m.Brackets, i), has(m.Odd, i), ends[i], brackets[i], odd[i])
		}
	}
	for i := m.end; i < m.end+8*slack; i++ {
		if has(m.Ends, i) || has(m.Brackets, i) || has(m.Odd, i) {
			t.Fatalf("%q from %d: a mark at %d after %d", data, from, i, m.end)
		}
	}
	checkEnds(t, m, data, from, ends)
}

func checkEnds(t interface{ Fatalf(string, ...any) }, m *Marks, data []byte, from int, ends []bool) {
	m.Forget()
	m.Begin(from)
	want := from
	for i := from; ; i++ {
		i = m.End(i)
		end := i
		if i < 0 || i >= len(data) {
			i = -1
			end = min(m.end, len(data))
		}
		for ; want < end; want++ {
			if ends[want] {
				t.Fatalf("%q from %d: the end at %d is not found", data, from, want)
			}
		}
		if i < 0 {
			return
		}
		if !ends[i] {
			t.Fatalf("%q from %d: no end at %d", data, from, i)
		}
		want = i + 1
	}
}

const samples = `{"a":"b\"c\\","d":[1,{"e":"[}\u00e9é"}],"f":"\\\"\\\\\"x"}` + "\n"

// Every byte at every place of a block, from every place on.
func TestMarksAreThePlainOnes(t *testing.T) {
	var m Marks
	text := bytes.Repeat([]byte(samples), 4)
	for i := range text {
		for _, c := range []byte("\"\\{}[],:!+-;\n\t\x7f\x80\xff\x00\x1f x") {
			data := bytes.Clone(text)
			data[i] = c
			check(t, &m, data, 0, i%2 == 0)
		}
		for n := range 70 {
			check(t, &m, text[:min(i+n, len(text))], i, true)
		}
	}
	long := bytes.Repeat(text, 300)
	check(t, &m, long, 0, true)
	check(t, &m, append(long, "\"\x01"...), 77*len(samples), false)
}

func TestMarksOfAnyText(t *testing.T) {
	var m Marks
	piece := rapid.SampledFrom([]string{`"`, `\`, `\\`, `\"`, `{`, `}`, `[`, `]`, "\n", "\r", "é", "a", " ", "0123456789", `"quoted"`, `"long enough to go from one block of 64 bytes to the next one, and on"`})
	rapid.Check(t, func(t *rapid.T) {
		var b bytes.Buffer
		for range rapid.IntRange(0, 60).Draw(t, "pieces") {
			b.WriteString(piece.Draw(t, "piece"))
		}
		from := rapid.IntRange(0, b.Len()).Draw(t, "from")
		if from < b.Len() {
			check(t, &m, b.Bytes(), from, rapid.Bool().Draw(t, "lines"))
		}
	})
}

// The kernels give the same for any bytes, also when they go on from one
// another.
func FuzzKernels(f *testing.F) {
	f.Add([]byte(samples), uint8(3))
	f.Add(bytes.Repeat([]byte(samples), 9), uint8(0))
	f.Add(bytes.Repeat([]byte(`\`), 129), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, how uint8) {
		if rest := len(data) % block; rest > 0 {
			data = append(data, bytes.Repeat([]byte{' '}, block-rest)...)
		}
		n := len(data) / 8
		var a, b state
		for i, s := range []*state{&a, &b} {
			s.newline = uint64("{\n"[how&1])
			s.inside, s.escaped = -uint64(how>>1&1), uint64(how>>2&1)
			sets[i] = [3][]byte{make([]byte, n), make([]byte, n), make([]byte, n)}
		}
		if len(data) == 0 {
			return
		}
		x := mark(&a, data, sets[0][0], sets[0][1], sets[0][2])
		y := markWords(&b, data, sets[1][0], sets[1][1], sets[1][2])
		if x != y || x == len(data)/block && a != b {
			t.Fatalf("%q: %d blocks and %+v, in words %d and %+v", data, x, a, y, b)
		}
		for k := range 3 {
			if !bytes.Equal(sets[0][k][:8*x], sets[1][k][:8*x]) {
				t.Fatalf("%q: set %d is %x, in words %x", data, k, sets[0][k], sets[1][k])
			}
		}
	})
}

var sets [2][3][]byte

func TestMarksAllocateOnce(t *testing.T) {
	var m Marks
	data := bytes.Repeat([]byte(samples), 100)
	if n := testing.AllocsPerRun(100, func() {
		m.Reset(data, true)
		m.Begin(len(samples))
		for m.More() {
		}
	}); n != 0 {
		t.Fatal(n)
	}
}

func benchmark(b *testing.B, mark func(*state, []byte, []byte, []byte, []byte) int) {
	data := bytes.Repeat([]byte(samples), 64)
	s := state{newline: '\n'}
	n := len(data) / 8
	q, br, o := make([]byte, n), make([]byte, n), make([]byte, n)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		s.inside, s.escaped = 0, 0
		if mark(&s, data, q, br, o) != len(data)/block {
			b.Fatal("the marks end")
		}
	}
}

func BenchmarkMark(b *testing.B)      { benchmark(b, mark) }
func BenchmarkMarkWords(b *testing.B) { benchmark(b, markWords) }
