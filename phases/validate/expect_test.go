package validate

import "testing"

func (f fixture) expect(*testing.T, *Options) {}
