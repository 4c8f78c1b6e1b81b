// Package baseline is phase 2: it finds the SGLang class that serves a model,
// reads its Python source (never runs it), and works out the module tree, the
// layer dimensions and the kernel calls.
package baseline

import (
	"github.com/fib-ls/fib-ls/phases/baseline/calls"
	"github.com/fib-ls/fib-ls/phases/baseline/classes"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/repo"
	"github.com/fib-ls/fib-ls/phases/baseline/tree"
)

// What the rooms make is the contract of the phase: others know it by these
// names alone.
type (
	// Module is a row of the module tree.
	Module = tree.Module
	// ModuleType says what a module is.
	ModuleType = tree.ModuleType
	// KernelCall is one call of forward() on a module of the tree.
	KernelCall = calls.KernelCall
	// Undecided is one expression that could not be decided.
	Undecided = pyeval.Undecided
	// ClassInfo is one model class that SGLang registers.
	ClassInfo = classes.ClassInfo
	// UnregisteredError says that SGLang does not register an architecture.
	UnregisteredError = classes.UnregisteredError
	// Source is an SGLang tree that can be read.
	Source = classes.Source
	// Cache keeps what was worked out about a file between runs.
	Cache = classes.Cache
)

// The types of module.
const (
	TypeBlock           = tree.TypeBlock
	TypeLinear          = tree.TypeLinear
	TypeNorm            = tree.TypeNorm
	TypeAttention       = tree.TypeAttention
	TypeLinearAttention = tree.TypeLinearAttention
	TypeMoE             = tree.TypeMoE
	TypeTopK            = tree.TypeTopK
	TypeOther           = tree.TypeOther
	TypeRope            = tree.TypeRope
	TypeActivation      = tree.TypeActivation
	TypeEmbedding       = tree.TypeEmbedding
	TypeLMHead          = tree.TypeLMHead
	TypeParameter       = tree.TypeParameter
)

// What a call does.
const (
	CallGEMM         = calls.CallGEMM
	CallAttention    = calls.CallAttention
	CallLatentRagged = calls.CallLatentRagged
	CallLatentPaged  = calls.CallLatentPaged
	CallSparse       = calls.CallSparse
	CallIndexer      = calls.CallIndexer
	CallMoE          = calls.CallMoE
	CallTopK         = calls.CallTopK
	CallRope         = calls.CallRope
	CallActivation   = calls.CallActivation
)

// The categories of registered classes that others ask for.
const (
	TextCausalLM = classes.TextCausalLM
	Multimodal   = classes.Multimodal
)

// The kinds of source, as Implementation.Source names them.
const (
	KindClone    = repo.KindClone
	KindEmbedded = classes.KindEmbedded
	KindNone     = "none"
)

// NewEmbedded returns the index that ships in the binary.
func NewEmbedded() *classes.Embedded { return classes.NewEmbedded() }

// Implementation is what phase 2 found.
type Implementation struct {
	// Source: "clone" (a source tree), "embedded" (the index in the binary)
	// or "none".
	Source     string `json:"source"`
	EntryClass string `json:"entry_class"`
	// ModelName is the model's id, for the file; Analyse leaves it empty.
	ModelName string `json:"model_name"`
	// Class and File are where the class is defined, in the SGLang tree.
	Class  string `json:"class_name"`
	File   string `json:"model_file"`
	Commit string `json:"commit"`
	Date   string `json:"date,omitempty"`
	// Modules is the tree in construction order, root first.
	Modules []Module `json:"module_tree"`
	// Towers are the modules of a multimodal model outside its language
	// model (vision and audio towers, projectors), apart from Modules.
	Towers []Module `json:"towers,omitempty"`
	// Draft: it guesses tokens for a model beside it, whose config.json this is:
	// the file's layers are not those of the draft.
	Draft bool `json:"draft,omitempty"`
	// Decided: every n, k, count and condition of the tree is known.
	Decided bool `json:"decided"`
	// IgnoredFields are fields of config.json that decide the model's layers
	// and that the class does not read: it takes a default, or nothing, instead.
	IgnoredFields []string    `json:"ignored_fields,omitempty"`
	Undecided     []Undecided `json:"undecided"`
	// Forward is the order in which forward() goes through the modules.
	Forward calls.ForwardPass `json:"forward_pass_structure"`
	Calls   []KernelCall      `json:"kernel_calls"`
	// Notes are remarks for the summary: which tree was used and why.
	Notes []string `json:"notes"`
}
