package output

import (
	"time"

	"github.com/windrow/windrow/schema/value"
)

// IsTime reports whether s is exactly a time as the store writes it:
// YYYY-MM-DD HH:MM:SS, then nothing or a point and one to six digits. The day
// exists and the year is not 0000.
func IsTime(s string) bool {
	if len(s) < 19 || len(s) > 26 || s[4] != '-' || s[7] != '-' || s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return false
	}
	year, month, day := digits(s[:4]), digits(s[5:7]), digits(s[8:10])
	if year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return false
	}
	hour, minute, second := digits(s[11:13]), digits(s[14:16]), digits(s[17:19])
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return false
	}
	return len(s) == 19 || s[19] == '.' && len(s) > 20 && digits(s[20:]) >= 0
}

// parseTime reads a time for which IsTime holds.
func parseTime(s string) value.Time {
	t := time.Date(digits(s[:4]), time.Month(digits(s[5:7])), digits(s[8:10]), digits(s[11:13]), digits(s[14:16]), digits(s[17:19]), 0, time.UTC)
	us := 0
	if len(s) > 20 {
		us = digits(s[20:])
		for range 26 - len(s) {
			us *= 10
		}
	}
	return value.Time(t.Unix()*value.Second + int64(us))
}

// digits reads decimal digits; -1 if there is anything else.
func digits(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}
