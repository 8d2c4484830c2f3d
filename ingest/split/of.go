package split

// Of returns the kind of the records of a stream: format is "json" or "csv";
// multiline says that quoted CSV fields may hold line breaks; array that this
// JSON file is one array.
func Of(format string, delimiter, quote byte, multiline, array bool) Kind {
	switch {
	case array:
		return Array
	case format == "csv" && multiline:
		return CSV(delimiter, quote)
	}
	return Lines
}
