package decode

import "bytes"

var months = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
var weekdays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

// read reads one directive from the front of b and returns what is left.
func (f *fields) read(directive byte, b []byte) (rest []byte, ok bool) {
	switch directive {
	case 'Y':
		return number(b, &f.year, 4, 1, 9999)
	case 'y':
		rest, ok = number(b, &f.year, 2, 0, 99)
		if f.year += 1900; f.year < 1969 {
			f.year += 100
		}
		return rest, ok
	case 'm':
		return number(b, &f.month, 2, 1, 12)
	case 'd':
		return number(b, &f.day, 2, 1, 31)
	case 'e':
		return number(bytes.TrimLeft(b, " "), &f.day, 2, 1, 31)
	case 'j':
		return number(b, &f.yearDay, 3, 1, 366)
	case 'H':
		return number(b, &f.hour, 2, 0, 23)
	case 'I':
		return number(b, &f.hour, 2, 1, 12)
	case 'M':
		return number(b, &f.minute, 2, 0, 59)
	case 'S':
		return number(b, &f.second, 2, 0, 59)
	case 'b', 'B':
		f.month, rest = name(b, months)
		return rest, f.month > 0
	case 'a', 'A':
		n, rest := name(b, weekdays)
		return rest, n > 0
	}
	return f.readOther(directive, b)
}

func (f *fields) readOther(directive byte, b []byte) ([]byte, bool) {
	switch directive {
	case 'p':
		return f.readHalf(b)
	case 'f':
		return f.readFraction(b)
	case 'z':
		return f.readOffset(b)
	case 'Z':
		return f.readZone(b)
	}
	return f.readEpoch(b)
}

// number reads up to width digits with a value of lo to hi.
func number(b []byte, to *int, width, lo, hi int) ([]byte, bool) {
	n, i := 0, 0
	for i < len(b) && i < width && b[i]-'0' <= 9 {
		n = n*10 + int(b[i]-'0')
		i++
	}
	*to = n
	return b[i:], i > 0 && lo <= n && n <= hi
}

// name reads a name or its first three letters and returns its number, from 1.
func name(b []byte, names []string) (int, []byte) {
	for i, s := range names {
		for _, n := range []string{s, s[:3]} {
			if len(b) >= len(n) && bytes.EqualFold(b[:len(n)], []byte(n)) {
				return i + 1, b[len(n):]
			}
		}
	}
	return 0, nil
}

func (f *fields) readHalf(b []byte) ([]byte, bool) {
	if len(b) < 2 || b[1]|0x20 != 'm' {
		return nil, false
	}
	switch b[0] | 0x20 {
	case 'a':
		f.half = 1
	case 'p':
		f.half = 2
	}
	return b[2:], f.half > 0
}

func (f *fields) readFraction(b []byte) ([]byte, bool) {
	i, scale := 0, int64(100_000)
	for f.micro = 0; i < len(b) && i < 9 && b[i]-'0' <= 9; i++ {
		f.micro += int64(b[i]-'0') * scale
		scale /= 10
	}
	return b[i:], i > 0
}

// readOffset reads Z, +02, +0200 or +02:00.
func (f *fields) readOffset(b []byte) ([]byte, bool) {
	f.zoned = true
	if len(b) > 0 && b[0]|0x20 == 'z' {
		return b[1:], true
	}
	if len(b) < 3 || b[0] != '+' && b[0] != '-' {
		return nil, false
	}
	if sec, end := offset(b, 0); end > 0 {
		f.offset = sec
		return b[end:], true
	}
	h := pair(b, 1)
	f.offset = int64(h) * 3600
	if b[0] == '-' {
		f.offset = -f.offset
	}
	return b[3:], h >= 0 && h <= 23
}

// readZone reads the names of UTC; other abbreviations mean different things
// in different places.
func (f *fields) readZone(b []byte) ([]byte, bool) {
	for _, z := range []string{"UTC", "GMT", "Z"} {
		if len(b) >= len(z) && bytes.EqualFold(b[:len(z)], []byte(z)) {
			f.zoned = true
			return b[len(z):], true
		}
	}
	return nil, false
}

func (f *fields) readEpoch(b []byte) ([]byte, bool) {
	n, end := fastInteger(b, 0)
	f.epoch, f.counted = n, true
	return b[end:], end > 0 && -1e12 < n && n < 1e12
}
