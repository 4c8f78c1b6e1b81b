package hub

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// What the system calls the ways in which a connection fails.
var (
	errnoRefused = []syscall.Errno{windows.WSAECONNREFUSED}
	errnoBroken  = []syscall.Errno{windows.WSAECONNRESET, windows.WSAECONNABORTED}
	errnoNoRoute = []syscall.Errno{windows.WSAENETUNREACH, windows.WSAEHOSTUNREACH, windows.WSAENETDOWN}
)
