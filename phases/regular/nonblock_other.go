//go:build !unix

package regular

// NonBlocking is nothing where a path cannot name a pipe.
const NonBlocking = 0
