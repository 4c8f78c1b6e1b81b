// Package baseline is phase 2: it finds the SGLang class that serves a model,
// reads its Python source (never runs it), and works out the module tree, the
// layer dimensions and the kernel calls.
package baseline

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
	// Decided: every n, k, count and condition of the tree is known.
	Decided bool `json:"decided"`
	// IgnoredFields are fields of config.json that decide the model's layers
	// and that the class does not read: it takes a default, or nothing, instead.
	IgnoredFields []string    `json:"ignored_fields,omitempty"`
	Undecided     []Undecided `json:"undecided"`
	// Forward is the order in which forward() goes through the modules.
	Forward ForwardPass  `json:"forward_pass_structure"`
	Calls   []KernelCall `json:"kernel_calls"`
	// Notes are remarks for the summary: which tree was used and why.
	Notes []string `json:"notes"`
}
