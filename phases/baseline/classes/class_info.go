package classes

// Category says what a registered class is for.
type Category string

// The categories of registered classes.
const (
	TextCausalLM Category = "text-causal-lm"
	Multimodal   Category = "multimodal"
	Draft        Category = "draft"
	Embedding    Category = "embedding/reward/classification"
	OtherClass   Category = "other"
)

// ClassInfo is one model class that SGLang registers.
type ClassInfo struct {
	Name     string   `json:"name"`
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Category Category `json:"category"`
	// Remapped is the architecture that was asked for, when SGLang serves
	// it with the class Name.
	Remapped string `json:"remapped,omitempty"`
}
