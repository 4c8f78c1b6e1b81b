//go:build unix

package regular

import "golang.org/x/sys/unix"

// NonBlocking is the flag with which opening a pipe does not wait for its
// other end.
const NonBlocking = unix.O_NONBLOCK
