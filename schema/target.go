package schema

// Target is where a report or an alert goes.
type Target struct {
	Kind TargetKind
	// Address is a path below Root with placeholders (ending with / for a
	// folder), addresses of mail separated by commas, or a URL. Variables are
	// expanded: it may hold a secret.
	Address string
	Root    string // of a file: the folder that it stays below
	// Text is for people and the store: as written, with variables as they are,
	// but a URL without its user and with ?... for its query. No two targets of a
	// report or an alert have the same.
	Text  string
	Unset bool // a variable in it is not set (LoadOptions.Unset): Address is as written
}

// TargetKind is the kind of a Target.
type TargetKind string

const (
	TargetFile    TargetKind = "file"
	TargetStdout  TargetKind = "stdout"
	TargetMail    TargetKind = "mail"
	TargetWebhook TargetKind = "webhook"
)
