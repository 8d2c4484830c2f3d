package schema

// Target is where a report or an alert goes.
type Target struct {
	Kind TargetKind
	// Address is a path below Root with placeholders (ending with / for a
	// folder), addresses of mail separated by commas, or a URL. Variables are
	// expanded: it may hold a secret.
	Address string
	Root    string // of a file: the folder that it stays below
	Text    string // as written, for people and the store
}

// TargetKind is the kind of a Target.
type TargetKind string

const (
	TargetFile    TargetKind = "file"
	TargetStdout  TargetKind = "stdout"
	TargetMail    TargetKind = "mail"
	TargetWebhook TargetKind = "webhook"
)
