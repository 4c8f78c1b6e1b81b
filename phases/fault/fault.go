// Package fault has the errors that name what the user did or has to do. The
// command line maps them to exit codes.
package fault

// Usage is a request that cannot be honoured as it was put (exit code 2).
type Usage struct {
	Message string
	Hint    string // what to do instead; may be empty
}

func (e *Usage) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + "\n" + e.Hint
}

// Missing is an input that does not exist or cannot be read (exit code 3).
type Missing struct{ Err error }

func (e *Missing) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Missing) Unwrap() error { return e.Err }

// ExitCode implements what the command line asks of errors.
func (e *Missing) ExitCode() int { return 3 }
