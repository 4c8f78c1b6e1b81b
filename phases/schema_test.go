package phases_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaFiles say which schema holds each JSON file that a run writes.
var schemaFiles = map[string]string{
	report.FileArchitecture:   "extract/schema/model_architecture.schema.json",
	report.FileMapping:        "generate/schema/module_mapping.schema.json",
	report.FileValidation:     "report/schema/validation.schema.json",
	report.FileImplementation: "report/schema/sglang_implementation.schema.json",
	report.FileKernelCalls:    "report/schema/kernel_calls.schema.json",
}

// schemaModels are models of different shape: dense, MLA with experts,
// hybrid, sliding windows, attention-free.
var schemaModels = []string{
	"meta-llama/Llama-3.1-8B", "deepseek-ai/DeepSeek-V3", "Qwen/Qwen3-Next-80B-A3B-Instruct", "openai/gpt-oss-20b", "nvidia/Nemotron-H-8B-Base-8K",
}

// TestFilesFollowTheirSchemas holds every JSON file of a run, and the --json
// result, to its schema.
func TestFilesFollowTheirSchemas(t *testing.T) {
	for _, repo := range schemaModels {
		for _, skip := range []bool{false, true} {
			env := envWithModels(t)
			r, err := phases.Run(context.Background(), env, phases.Request{HFRepoID: repo, ModelsTS: "models.ts", OutputDir: "out", Offline: true, SkipSGLang: skip, ModelName: "schema-test"})
			if err != nil {
				t.Errorf("%s: %v", repo, err)
				continue
			}
			data, err := report.MarshalJSON(r.Contract)
			if err != nil {
				t.Fatal(err)
			}
			holdToSchema(t, repo, "report/schema/result.schema.json", data)
			written := 0
			for name, schema := range schemaFiles {
				data, err := os.ReadFile(filepath.Join(env.WorkDir, "out", name))
				if err != nil {
					if !skip || name != report.FileImplementation && name != report.FileKernelCalls {
						t.Errorf("%s: %v", repo, err)
					}
					continue
				}
				written++
				holdToSchema(t, repo+" "+name, schema, data)
			}
			if skip && written != len(schemaFiles)-2 {
				t.Errorf("%s: --skip-sglang left %d files", repo, written)
			}
		}
	}
}

// envWithModels is closedEnv with a models.ts in its directory.
func envWithModels(t *testing.T) *phases.Env {
	t.Helper()
	env := closedEnv(t)
	text, err := os.ReadFile(filepath.Join("..", "testdata", "models.ts"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(env.WorkDir, "models.ts"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	return env
}

func holdToSchema(t *testing.T, what, schema string, data []byte) {
	t.Helper()
	compiled, err := jsonschema.NewCompiler().Compile(filepath.FromSlash(schema))
	if err != nil {
		t.Fatalf("%s: %v", schema, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if err := compiled.Validate(value); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// TestSchemasAreStrict makes sure that the schemas refuse what they should: a
// schema that accepts everything would hold nothing.
func TestSchemasAreStrict(t *testing.T) {
	for _, schema := range append([]string{"report/schema/result.schema.json"}, values(schemaFiles)...) {
		compiled, err := jsonschema.NewCompiler().Compile(filepath.FromSlash(schema))
		if err != nil {
			t.Errorf("%s: %v", schema, err)
			continue
		}
		for _, wrong := range []any{json.Number("3"), map[string]any{"a": "b"}, []any{map[string]any{}}} {
			if schema == schemaFiles[report.FileMapping] {
				continue // any module name is a key there
			}
			if compiled.Validate(wrong) == nil {
				t.Errorf("%s accepts %v", schema, wrong)
			}
		}
	}
}

func values(m map[string]string) []string {
	var out []string
	for _, v := range m {
		out = append(out, v)
	}
	return out
}
