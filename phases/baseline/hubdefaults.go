package baseline

// hubDefaults gives the facts of the configuration class that transformers
// uses for a model_type; empty ones when the type is not in the table.
func hubDefaults(modelType string) *classDefaults {
	_ = modelType
	return &classDefaults{}
}

func (in *interp) resolveDefaults(*config) {}
