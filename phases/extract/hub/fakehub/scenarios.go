package fakehub

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// What the scenarios ask for.
const (
	DemoRepo  = "acme/tiny-llm"
	DemoToken = "hf_fakeTokenForTestsOnly0123456789" //nolint:gosec // valid at the fake Hub only
	Demo      = `{
  "architectures": ["LlamaForCausalLM"],
  "hidden_size": 64,
  "intermediate_size": 256,
  "model_type": "llama",
  "num_attention_heads": 4,
  "num_hidden_layers": 2,
  "num_key_value_heads": 2,
  "rope_theta": 10000.0,
  "vocab_size": 512
}
`
)

// Scenario is a way in which a Hub answers, by itself or in a network's hands.
type Scenario struct {
	Name string
	// Says is what happens, in one line.
	Says string
	// TLS scenarios need a Server with Config.TLS.
	TLS bool
	// Slow scenarios make a client wait for its timeouts.
	Slow bool
	// What to ask for; "" means DemoRepo, main, config.json, no token.
	Repo, Revision, File, Token string
	// Set prepares a Server that has been Populated; may be nil.
	Set func(s *Server)
}

// Asks returns what to ask for with the defaults filled in.
func (sc Scenario) Asks() (repo, revision, file string) {
	return cmp.Or(sc.Repo, DemoRepo), cmp.Or(sc.Revision, "main"), cmp.Or(sc.File, "config.json")
}

// Populate puts the repositories on a Server that the scenarios ask for.
func Populate(s *Server) {
	demo := NewRepo(DemoRepo, map[string]string{"config.json": Demo, "sub/dir/config.json": "{}\n"})
	demo.Downloads = 1000
	main := demo.Refs["main"]
	pr := NewCommit(map[string]File{"config.json": {Content: []byte(strings.Replace(Demo, "512", "513", 1))}})
	demo.Refs["refs/pr/1"] = pr
	lfs := NewRepo("acme/lfs-llm", nil)
	lfs.Refs["main"] = NewCommit(map[string]File{"config.json": {Content: []byte(Demo), LFS: true}})
	old := &Repo{ID: "acme/old-name", MovedTo: DemoRepo, Refs: map[string]*Commit{"main": main}}
	private := NewRepo("acme/private-llm", map[string]string{"config.json": Demo})
	private.Private, private.Access = true, []string{DemoToken}
	gated := NewRepo("acme/gated-llm", map[string]string{"config.json": Demo})
	gated.Gated = true
	disabled := NewRepo("acme/disabled-llm", map[string]string{"config.json": Demo})
	disabled.Disabled = true
	bom := NewRepo("acme/bom-llm", map[string]string{"config.json": "\ufeff" + Demo})
	gguf := NewRepo("acme/gguf-llm", map[string]string{"model.gguf": "GGUF"})
	s.Add(demo, lfs, old, private, gated, disabled, bom, gguf, demoDataset())
	s.AddToken(DemoToken, "tester")
}

// DemoDataset is FlashInfer-Bench's dataset, of which the fake has a few
// Definitions, on pages of two.
const DemoDataset = "flashinfer-ai/flashinfer-trace"

func demoDataset() *Repo {
	d := NewDataset(DemoDataset, map[string]string{
		"README.md":                               "# Trace\n",
		"definitions/gemm/gemm_n512_k256.json":    `{"name": "gemm_n512_k256", "op_type": "gemm"}`,
		"definitions/rmsnorm/rmsnorm_h256.json":   `{"name": "rmsnorm_h256", "op_type": "rmsnorm"}`,
		"definitions/rmsnorm/rmsnorm_h512.json":   `{"name": "rmsnorm_h512", "op_type": "rmsnorm"}`,
		"solutions/baseline/rmsnorm/wrapper.json": "{}",
		"workloads/rmsnorm/rmsnorm_h512.jsonl":    `{"definition": "rmsnorm_h512"}`,
	})
	d.Page = 2
	return d
}

// Prepare populates a Server and sets a scenario up.
func (sc Scenario) Prepare(s *Server) {
	Populate(s)
	if sc.Set != nil {
		sc.Set(s)
	}
}

// Find returns the scenario of a name.
func Find(name string) (Scenario, bool) {
	all := Scenarios()
	i := slices.IndexFunc(all, func(sc Scenario) bool { return sc.Name == name })
	if i < 0 {
		return Scenario{}, false
	}
	return all[i], true
}

// Scenarios lists all scenarios.
func Scenarios() []Scenario {
	return slices.Concat(goodScenarios(), redirectScenarios(), refusalScenarios(), faultScenarios(), contentScenarios())
}

// on makes a Set function of rules.
func on(rules ...Rule) func(*Server) { return func(s *Server) { s.On(rules...) } }

func goodScenarios() []Scenario {
	return []Scenario{
		{Name: "good", Says: "307 to the content, then 200"},
		{Name: "direct", Says: "200 at once, as mirrors answer", Set: on(Rule{Kind: Resolve, Do: Direct})},
		{Name: "pull-request", Says: "a revision with slashes", Revision: "refs/pr/1"},
		{Name: "subfolder", Says: "a file in a folder", File: "sub/dir/config.json"},
		{Name: "lfs", Says: "302 to the storage host", Repo: "acme/lfs-llm"},
		{Name: "lfs-token", Says: "302 to the storage host, with a token", Repo: "acme/lfs-llm", Token: DemoToken},
		{Name: "private-token", Says: "a private repository with a token that may read it", Repo: "acme/private-llm", Token: DemoToken},
		{Name: "renamed", Says: "307 without ETag to the new name", Repo: "acme/old-name"},
		{Name: "hf-warning", Says: "an X-HF-Warning, twice the same topic",
			Set: on(Rule{Kind: Resolve, Do: EditHeaders(func(h http.Header) {
				h.Add("X-HF-Warning", "old-client; Please update your client.")
				h.Add("X-HF-Warning", "old-client; Please update your client again.")
			})})},
		{Name: "bom", Says: "a file that starts with a byte order mark", Repo: "acme/bom-llm"},
		{Name: "gzip", Says: "the content compressed and in chunks", Set: on(Rule{Kind: Content, Method: http.MethodGet, Do: Gzip})},
	}
}

func redirectScenarios() []Scenario {
	signed := func(id string, origin func(*Server) string) func(x *Exchange) string {
		return func(x *Exchange) string {
			repo := x.S.repos[id]
			return x.S.SignedURL(origin(x.S), repo.ID, repo.Refs["main"].ID, "config.json")
		}
	}
	store := func(s *Server) string { return s.StoreURL }
	to := func(origin func(*Server) string) func(*Server) {
		return on(Rule{Kind: Resolve, Do: RedirectTo(http.StatusFound, signed("acme/lfs-llm", origin), Metadata...)})
	}
	return []Scenario{
		{Name: "other-port", Says: "302 to the same host on another port", Repo: "acme/lfs-llm", Token: DemoToken,
			Set: to(func(s *Server) string { return s.SamehostURL })},
		{Name: "scheme-relative", Says: "302 to //host/…", Repo: "acme/lfs-llm", Token: DemoToken,
			Set: to(func(s *Server) string { return strings.TrimPrefix(s.StoreURL, "http:") })},
		{Name: "userinfo", Says: "302 to an address with user and password", Repo: "acme/lfs-llm", Token: DemoToken,
			Set: to(func(s *Server) string { return strings.Replace(s.StoreURL, "http://", "http://user:secret@", 1) })},
		{Name: "downgrade", Says: "302 from https to http", TLS: true, Repo: "acme/lfs-llm", Token: DemoToken, Set: to(store)},
		{Name: "hop-then-store", Says: "307 to the content, which is a 302 to the storage host", Token: DemoToken,
			Set: on(Rule{Kind: Content, Do: RedirectTo(http.StatusFound, signed(DemoRepo, store), append([]string{"ETag"}, Metadata...)...)})},
		{Name: "store-and-back", Says: "the storage host redirects back to the Hub", Repo: "acme/lfs-llm", Token: DemoToken,
			Set: on(Rule{Kind: Store, Do: RedirectTo(http.StatusFound, func(x *Exchange) string {
				repo := x.S.repos[DemoRepo]
				return x.S.URL + ContentPath(repo.ID, repo.Refs["main"].ID, "config.json", "x")
			})})},
		{Name: "loop", Says: "a redirect to itself",
			Set: on(Rule{Kind: Resolve, Do: RedirectTo(http.StatusTemporaryRedirect, func(x *Exchange) string { return x.R.URL.RequestURI() })})},
		{Name: "endless-redirects", Says: "redirects that do not end",
			Set: on(Rule{Kind: Resolve, Do: RedirectTo(http.StatusTemporaryRedirect, func(x *Exchange) string {
				return x.R.URL.EscapedPath() + "?" + x.R.URL.RawQuery + "x"
			})})},
		{Name: "bad-location", Says: "a redirect to something that is not an address",
			Set: on(Rule{Kind: Resolve, Do: RedirectTo(http.StatusFound, func(*Exchange) string { return "ftp://mirror/file" })})},
	}
}

func refusalScenarios() []Scenario {
	full := []string{"RateLimit", `"resolvers";r=0;t=55`, "RateLimit-Policy", `"fixed window";"resolvers";q=3000;w=300`}
	return []Scenario{
		{Name: "no-revision", Says: "the branch does not exist", Revision: "x"},
		{Name: "no-entry", Says: "the file does not exist", Repo: "acme/gguf-llm"},
		{Name: "gated-anonymous", Says: "gated, without a token", Repo: "acme/gated-llm"},
		{Name: "gated-token", Says: "gated, the token's account has no access", Repo: "acme/gated-llm", Token: DemoToken},
		{Name: "disabled", Says: "disabled by the operators", Repo: "acme/disabled-llm"},
		{Name: "no-repo-token", Says: "no such repository, with a token", Repo: "acme/nothing", Token: DemoToken},
		{Name: "no-repo", Says: "no such repository, or private: a bare 401", TLS: true, Repo: "acme/nothing"},
		{Name: "private", Says: "a private repository without a token: the same bare 401", TLS: true, Repo: "acme/private-llm"},
		{Name: "no-repo-http", Says: "the bare 401 over http", Repo: "acme/nothing"},
		{Name: "bad-token", Says: "a token that is not valid", Token: "hf_wrongTokenForTestsOnly012345678"},
		{Name: "forbidden", Says: "403 for another reason", Token: DemoToken,
			Set: on(Rule{Kind: Resolve, Do: Refuse(403, "", "This token\u202e does not have the scope needed:  "+DemoToken)})},
		{Name: "rate-limited", Says: "429 that resets in 55 s", Set: on(Rule{Kind: Resolve, Do: Refuse(429, "", "We had to rate limit you", full...)})},
		{Name: "rate-limited-once", Says: "429 that resets in 2 s, then the file",
			Set: on(Rule{Kind: Resolve, Times: 1, Do: Refuse(429, "", "We had to rate limit you", "RateLimit", `"resolvers";r=0;t=2`)})},
		{Name: "retry-after", Says: "429 with Retry-After: 3, then the file",
			Set: on(Rule{Kind: Resolve, Times: 1, Do: Refuse(429, "", "", "Retry-After", "3")})},
		{Name: "rate-limited-get", Says: "429 on the download, then the file",
			Set: on(Rule{Kind: Content, Method: http.MethodGet, Times: 1, Do: Refuse(429, "", "", "RateLimit", `"api";r=0;t=1`)})},
		{Name: "not-found-bare", Says: "404 without a code", Set: on(Rule{Kind: Resolve, Do: Refuse(404, "", "")})},
	}
}

func faultScenarios() []Scenario {
	head, get := http.MethodHead, http.MethodGet
	oops := Refuse(500, "", "Internal Server Error - We're working hard to fix this as soon as possible!")
	return []Scenario{
		{Name: "head-500", Says: "500 on every HEAD", Set: on(Rule{Kind: Resolve, Method: head, Do: oops})},
		{Name: "head-500-twice", Says: "500 on two HEADs, then the file", Set: on(Rule{Kind: Resolve, Method: head, Times: 2, Do: oops})},
		{Name: "get-500-twice", Says: "503 on two GETs, then the file",
			Set: on(Rule{Kind: Content, Method: get, Times: 2, Do: Refuse(503, "", "")})},
		{Name: "get-500", Says: "500 on every GET", Set: on(Rule{Kind: Content, Method: get, Do: oops})},
		{Name: "store-403", Says: "the storage host refuses its own address", Repo: "acme/lfs-llm",
			Set: on(Rule{Kind: Store, Do: Refuse(403, "", "")})},
		{Name: "head-reset", Says: "every HEAD is reset", Set: on(Rule{Kind: Resolve, Method: head, Do: Reset})},
		{Name: "get-reset-body", Says: "two bodies break off, then the file",
			Set: on(Rule{Kind: Content, Method: get, Times: 2, Do: ResetBody})},
		{Name: "truncated", Says: "every body ends in the middle", Set: on(Rule{Kind: Content, Method: get, Do: Truncate})},
		{Name: "slow-headers", Says: "no answer to HEAD", Slow: true, Set: on(Rule{Kind: Resolve, Method: head, Do: StallHeaders})},
		{Name: "stalled-body", Says: "two bodies stop in the middle, then the file", Slow: true,
			Set: on(Rule{Kind: Content, Method: get, Times: 2, Do: StallBody})},
		{Name: "endless-body", Says: "a body that does not end", Slow: true,
			Set: on(Rule{Kind: Content, Method: get, Do: Endless})},
		{Name: "html", Says: "a web page for everything", Set: on(Rule{Do: HTML})},
		{Name: "html-get", Says: "a web page in place of the content", Set: on(Rule{Kind: Content, Do: HTMLBody})},
	}
}

func contentScenarios() []Scenario {
	head, get := http.MethodHead, http.MethodGet
	etag := func(edit func(string) string) Action {
		return EditHeaders(func(h http.Header) {
			h.Del("X-Linked-ETag")
			h.Set("ETag", edit(h.Get("ETag")))
		})
	}
	const wrong = `"0123456789012345678901234567890123456789"`
	swap := EditBody(func(b []byte) []byte { return bytes.Replace(b, []byte("64"), []byte("46"), 1) })
	return []Scenario{
		{Name: "size-mismatch", Says: "HEAD announces 10 bytes more",
			Set: on(Rule{Kind: Content, Method: get, Do: EditBody(func(b []byte) []byte { return b[:len(b)-10] })})},
		{Name: "corrupt", Says: "other content of the same length", Set: on(Rule{Kind: Content, Method: get, Do: swap})},
		{Name: "corrupt-once", Says: "other content once, then the file", Set: on(Rule{Kind: Content, Method: get, Times: 1, Do: swap})},
		{Name: "invented-etag", Says: "an ETag that is not a hash of the content", Set: on(Rule{Kind: Content, Do: SetHeaders("ETag", wrong)})},
		{Name: "no-etag", Says: "no ETag", Set: on(Rule{Kind: Resolve, Do: SetHeaders("X-Linked-ETag", "")},
			Rule{Kind: Content, Do: SetHeaders("ETag", "")})},
		{Name: "no-size", Says: "no Content-Length", Set: on(Rule{Kind: Content, Method: head, Do: EditHeaders(func(h http.Header) { h.Del("Content-Length") })})},
		{Name: "no-commit", Says: "no X-Repo-Commit", Set: on(Rule{Kind: Content, Do: SetHeaders("X-Repo-Commit", "")},
			Rule{Kind: Resolve, Do: SetHeaders("X-Repo-Commit", "")})},
		{Name: "bad-commit", Says: "an X-Repo-Commit that leaves the cache", Set: on(Rule{Kind: Content, Do: SetHeaders("X-Repo-Commit", "../../../evil")})},
		{Name: "weak-etag", Says: `a weak ETag, W/"…"`, Set: on(Rule{Kind: Content, Do: etag(func(v string) string { return "W/" + v })})},
		{Name: "gzip-etag", Says: `an ETag "…-gzip"`, Set: on(Rule{Kind: Content, Do: etag(func(v string) string {
			return strings.TrimSuffix(v, `"`) + `-gzip"`
		})})},
		{Name: "evil-etag", Says: `an ETag "../../../evil"`, Set: on(Rule{Kind: Content, Do: SetHeaders("ETag", `"../../../evil"`)})},
		{Name: "branch-moves", Says: "the branch moves between HEAD and GET", Set: on(Rule{Kind: Resolve, Do: moveAfterHead})},
	}
}

// moveAfterHead answers directly and moves main on after the first HEAD.
func moveAfterHead(x *Exchange) {
	Direct(x)
	if x.R.Method != http.MethodHead {
		return
	}
	x.S.Update(DemoRepo, func(r *Repo) {
		if len(r.Old) == 0 {
			r.Old = append(r.Old, r.Refs["main"])
			r.Refs["main"] = NewCommit(map[string]File{"config.json": {Content: []byte(strings.Replace(Demo, "512", "777", 1))}})
		}
	})
}
