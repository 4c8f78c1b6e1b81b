package repo

import "testing"

func makePipe(*testing.T, string) {}
