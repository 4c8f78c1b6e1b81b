package phases

import "github.com/fib-ls/fib-ls/phases/generate"

// RecommendedParallelism returns the TP and EP that an entry for a repository
// gets when none are asked for and they divide the model; ok is false when
// nothing is recommended, which is TP=1, EP=1.
func RecommendedParallelism(repo string) (tp, ep int, ok bool) { return generate.Recommended(repo) }
