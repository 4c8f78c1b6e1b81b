package phases

import "testing"

// TestKnownReposServedFirst: of the catalogue the models that sgl-cookbook
// serves are offered first.
func TestKnownReposServedFirst(t *testing.T) {
	repos := KnownRepos(&Env{})
	if len(repos) < 100 {
		t.Fatalf("only %d repositories", len(repos))
	}
	unserved := ""
	for _, r := range repos {
		_, _, served := RecommendedParallelism(r.ID)
		if served && unserved != "" {
			t.Fatalf("%s comes after %s, which sgl-cookbook does not serve", r.ID, unserved)
		}
		if !served {
			unserved = r.ID
		}
	}
}
