//go:build !windows

package hub

import "syscall"

// What the system calls the ways in which a connection fails.
var (
	errnoRefused = []syscall.Errno{syscall.ECONNREFUSED}
	errnoBroken  = []syscall.Errno{syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED}
	errnoNoRoute = []syscall.Errno{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN}
)
