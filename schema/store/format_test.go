package store

import _ "embed"

//go:embed FORMAT.md
var formatPage string
