package validate

// ExpectedEntry is what a model's own config says of its entry.
type ExpectedEntry struct{}

func configRules() []Rule { return nil }
