package lsp

import (
	"slices"
	"time"
)

// Setting is one of the settings that the server reads below fibLs.
type Setting struct {
	// Key is the setting's name without the section.
	Key string
	// Default is written as JSON.
	Default string
	// Doc is Markdown.
	Doc string
}

// settingRow is a setting, with how it is read; nil for a default of a
// parameter of add, which are read all together.
type settingRow struct {
	Setting
	read func(c *settings, v jsonTree)
}

// settingRows is the one table of the settings. It is a variable for its
// functions only and is never written.
var settingRows = []settingRow{
	{Setting{"modelsFile", `"**/apps/web/data/models.ts"`,
		"Glob of the files that are models files."}, wordOf(func(c *settings) *string { return &c.ModelsFile })},
	{Setting{"sglang.path", `null`,
		"A clone of SGLang to read. When it is not set: `./sglang`, then `tmp/sglang`, then the copy that fib-ls keeps, then the facts that it ships with."}, wordOf(func(c *settings) *string { return &c.SGLangPath })},
	{Setting{"sglang.clone", `"ask"`,
		"Whether fib-ls may fetch SGLang's source to its cache."}, wordOf(func(c *settings) *string { return &c.SGLangClone })},
	{Setting{"dataset.path", `null`,
		"A clone of flashinfer-trace. When it is not set, one beside the workspace is looked for."}, wordOf(func(c *settings) *string { return &c.Dataset })},
	{Setting{"huggingface.endpoint", `""`,
		"The Hub's address. Empty: `HF_ENDPOINT`, then `https://huggingface.co`. A token is sent to this address only."}, wordOf(func(c *settings) *string { return &c.HubEndpoint })},
	{Setting{"huggingface.offline", `false`,
		"Use the local cache and what ships with fib-ls only. `HF_HUB_OFFLINE` wins."}, truthOf(func(c *settings) *bool { return &c.HubOffline })},
	{Setting{"huggingface.timeout", `30`,
		"Seconds to wait for the Hub."}, lengthOf(time.Second, func(c *settings) *time.Duration { return &c.HubTimeout })},
	{Setting{"diagnostics.enable", `true`,
		"Check models files as they are typed."}, truthOf(func(c *settings) *bool { return &c.DiagnosticsEnable })},
	{Setting{"diagnostics.delay", `150`,
		"Milliseconds without typing before a file is checked."}, lengthOf(time.Millisecond, func(c *settings) *time.Duration { return &c.DiagnosticsDelay })},
	{Setting{"diagnostics.severity", `{}`,
		"Severities of rules, for example `{\"unknown-parent\": \"warning\", \"gemm-spelling\": \"off\"}`."}, func(c *settings, v jsonTree) { c.Severity = severities(v, c.Severity) }},
	{Setting{"addModel.revision", `"main"`,
		"The branch, tag or commit that models are read from."}, nil},
	{Setting{"addModel.confirm", `"onWarnings"`,
		"Whether to ask before an entry is inserted."}, wordOf(func(c *settings) *string { return &c.Confirm })},
	{Setting{"addModel.definitions", `"all"`,
		"Which Definitions an entry lists: `all` that the model needs, or those that the `dataset` has (the web app links each to its page). The report lists what was left out."}, nil},
	{Setting{"addModel.gemm", `"auto"`,
		"How GEMM Definitions are spelled: `compact` (`gemm_n6144_k4096`), `underscored` (`gemm_n_6144_k_4096`), or as the file has them (`auto`)."}, nil},
	{Setting{"addModel.weights", `"auto"`,
		"Whether the checkpoint's tensors confirm an entry (`auto`: their headers are read, a few KB), or nothing is asked of them (`off`)."}, nil},
	{Setting{"addModel.outputDir", `""`,
		"The directory of the files of each phase, the summary among them. Empty: `model_analysis_NAME` at the root of the clone, which git ignores."}, nil},
	{Setting{"report.open", `"onWarnings"`,
		"Whether the summary opens beside the editor when a model was added."}, wordOf(func(c *settings) *string { return &c.ReportOpen })},
	{Setting{"completion.enable", `true`,
		"Offer modules, Definitions and repositories while typing."}, truthOf(func(c *settings) *bool { return &c.Completion })},
	{Setting{"hover.enable", `true`,
		"Explain modules, Definitions and models under the pointer."}, truthOf(func(c *settings) *bool { return &c.Hover })},
	{Setting{"links.enable", `true`,
		"Link repositories, files of SGLang and Definitions that the dataset has."}, truthOf(func(c *settings) *bool { return &c.Links })},
	{Setting{"codeLens.enable", `false`,
		"Show what can be done above each model."}, truthOf(func(c *settings) *bool { return &c.CodeLens })},
	{Setting{"inlayHints.enable", `false`,
		"Show what Definition names mean at the end of the line."}, truthOf(func(c *settings) *bool { return &c.InlayHints })},
}

// Settings are what the server reads below fibLs, in the order of the
// documentation.
func Settings() []Setting {
	list := make([]Setting, len(settingRows))
	for i, row := range settingRows {
		list[i] = row.Setting
	}
	return slices.Clip(list)
}

// wordOf, truthOf and lengthOf read a value where it has the right type; any
// other leaves what there was.
func wordOf(field func(*settings) *string) func(*settings, jsonTree) {
	return func(c *settings, v jsonTree) {
		if s, ok := v.value.(string); ok {
			*field(c) = s
		}
	}
}

func truthOf(field func(*settings) *bool) func(*settings, jsonTree) {
	return func(c *settings, v jsonTree) {
		if b, ok := v.value.(bool); ok {
			*field(c) = b
		}
	}
}

func lengthOf(unit time.Duration, field func(*settings) *time.Duration) func(*settings, jsonTree) {
	return func(c *settings, v jsonTree) {
		if n, ok := v.value.(float64); ok && n >= 0 && n <= 1e6 {
			*field(c) = time.Duration(n * float64(unit))
		}
	}
}
