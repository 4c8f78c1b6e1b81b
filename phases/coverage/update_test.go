package coverage

import (
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/dataset"
)

// Of the words behind the count those that fib-ls wrote are written anew,
// other people's stay where they are.
func TestWordsOfACoverageLine(t *testing.T) {
	const now = " Missing: `b`. Unmapped modules: 2."
	for _, c := range []struct{ name, old, want string }{
		{"none", "", now},
		{"blanks", "  ", now},
		{"ours", " Missing: `a`, `b`. Workloads not yet collected for 3.", now},
		{"covered before", " Fully covered.", now},
		{"others'", " Missing: all GEMM, sampling v32000.", " Missing: all GEMM, sampling v32000."},
		{"others' that look like ours", " Missing: `a` (soon), `b`.", " Missing: `a` (soon), `b`."},
		{"others' behind ours", " Missing: `a`, `b`. MoE has a kernel of its own.", now + " MoE has a kernel of its own."},
		{"others' before ours", " Shared with Qwen3. Missing: `a`.", " Shared with Qwen3." + now},
		{"others' between ours", " Missing: `a`. Shared (with Qwen3). Unmapped modules: 1.", now + " Shared (with Qwen3)."},
		{"ours in the midst of a sentence", " Not yet Fully covered.", " Not yet Fully covered."},
	} {
		if got := withWords(c.old, now); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if got := withWords(c.want, now); got != c.want {
			t.Errorf("%s: %q the second time", c.name, got)
		}
	}
	if got := withWords(" Missing: `a`. Shared.", ""); got != " Shared." {
		t.Errorf("nothing to say: %q", got)
	}
}

// A document means a model under other spellings, and by words that leave out
// what tells variants of the same layers apart; it does not mean its neighbours.
func TestModelsOfADocument(t *testing.T) {
	for _, c := range []struct {
		heading, id, name string
		want              bool
	}{
		{"Qwen3 Next 80B A3B", "qwen3-next-80b-a3b-instruct", "Qwen3 Next 80B A3B Instruct", true},
		{"Llama 3.1 / 3.3 70B", "llama-3.3-70b-instruct", "Llama 3.3 70B Instruct", true},
		{"DeepSeek V3/R1", "deepseek-r1-0528", "DeepSeek-R1-0528", true},
		{"DeepSeek V3", "deepseek-v3.2", "DeepSeek V3.2", false},
		{"GLM-4.6", "glm-4.6", "GLM 4.6", true},
		{"Gemma 3 27B", "gemma-3-27b-it", "Gemma 3 27B It", true},
		{"NemotronH 47B", "nemotron-h-8b", "NemotronH-8B", false},
		{"NemotronH 47B", "nemotron-h-47b-base-8k", "Nemotron-H 47B Base 8K", true},
		{"Qwen3 8B", "qwen3-30b-a3b", "Qwen3 30B A3B", false},
		{"Qwen2.5 7B", "qwen25-7b", "Qwen 2.5 7B", true},
		{"Summary", "", "", false},
	} {
		m := Model{ID: c.id, Name: c.name}
		if got := names(c.heading, m) || namesLoosely(c.heading, m); got != c.want {
			t.Errorf("%s means %s: %v", c.heading, c.id, got)
		}
	}
}

// Rows of what the model does not require are not counted, rows of another TP
// or EP are; nothing is added that is there under another spelling.
func TestUpdateCountsWhatIsRequired(t *testing.T) {
	const before = "## Summary\n\n| Model | Architecture | Coverage |\n|---|---|:---:|\n| One 8B | GQA | ✅ Fully covered |\n\n## One 8B\n\n| Definition | Op Type | Status |\n|---|---|:---:|\n" +
		"| `gqa_paged_decode_h16_kv4_d128_ps1` | gqa_paged TP=2 | ✅ |\n| `top_k_sampling_from_probs_v7` | sampling | ❌ |\n| `rmsnorm_h64` | rmsnorm | ✅ |\n\n**Coverage**: 3 / 3 definitions present. Fully covered.\n"
	const want = "## Summary\n\n| Model | Architecture | Coverage |\n|---|---|:---:|\n| One 8B | GQA | 🟡 Partial |\n\n## One 8B\n\n| Definition | Op Type | Status |\n|---|---|:---:|\n" +
		"| `gqa_paged_decode_h16_kv4_d128_ps1` | gqa_paged TP=2 | ❌ |\n| `top_k_sampling_from_probs_v7` | sampling | ❌ |\n| `rmsnorm_h64` | rmsnorm | ✅ |\n" +
		"| `gqa_paged_decode_h32_kv8_d128_ps1` | gqa_paged TP=1 | ❌ |\n| `top_k_sampling_from_probs_v8` | sampling | ❌ |\n\n**Coverage**: 1 / 4 definitions present. " +
		"Missing: `gqa_paged_decode_h16_kv4_d128_ps1`, `gqa_paged_decode_h32_kv8_d128_ps1`, `top_k_sampling_from_probs_v8`.\n"
	lookup := func(name string) (bool, int) { return name == "rmsnorm_h64", 1 }
	m := Model{ID: "one-8b-instruct", Name: "One 8B Instruct", Config: "acme/one", Coverage: dataset.Cover([]dataset.Row{
		{Definition: "rmsnorm_h64", OpType: "rmsnorm"}, {Definition: "gqa_paged_decode_h32_kv8_d128_ps1", OpType: "gqa_paged", Note: "TP=1"},
		{Definition: "top_k_sampling_from_probs_v8", OpType: "sampling"},
	}, lookup)}
	r := &Report{Models: []Model{m}}
	after, notes := r.Update(before, lookup)
	if after != want {
		t.Errorf("%s", after)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "not counted, as neither its entry nor its config requires them: `top_k_sampling_from_probs_v7`") {
		t.Errorf("%q", notes)
	}
	if again, _ := r.Update(after, lookup); again != after {
		t.Errorf("the second time:\n%s", again)
	}
}
