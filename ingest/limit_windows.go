package ingest

// maxOpenFiles is how many files this process may have open.
func maxOpenFiles() int { return 1 << 14 }
