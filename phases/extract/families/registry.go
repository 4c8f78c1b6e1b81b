package families

import (
	_ "embed" // the registry
	"strings"
	"sync"
)

// registryFile says what transformers' model classes are for; see the
// generator, phases/baseline/index/gen.
//
//go:embed registry.txt
var registryFile string

// TaskLM is the task of classes that generate text.
const TaskLM = "lm"

// Registered is what transformers knows of a model_type.
type Registered struct {
	EncoderDecoder bool
	// Tasks of its model classes, by class.
	Tasks map[string]string
}

// Generates reports whether a class of the type generates text.
func (r Registered) Generates() bool {
	for _, task := range r.Tasks {
		if task == TaskLM {
			return true
		}
	}
	return false
}

// registry is the file by model_type, unparsed, and the tasks by class.
var registry = sync.OnceValues(func() (types, tasks map[string]string) {
	types, tasks = map[string]string{}, map[string]string{}
	for line := range strings.Lines(registryFile) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		types[name] = rest
		for _, word := range strings.Fields(rest) {
			class, task, ok := strings.Cut(word, "=")
			if ok && tasks[class] != TaskLM { // a class may serve several types
				tasks[class] = task
			}
		}
	}
	return types, tasks
})

// TypeOf says what transformers knows of a model_type; ok is false when it has
// none of that name.
func TypeOf(modelType string) (r Registered, ok bool) {
	types, _ := registry()
	rest, ok := types[modelType]
	r.Tasks = map[string]string{}
	for _, word := range strings.Fields(rest) {
		if class, task, isClass := strings.Cut(word, "="); isClass {
			r.Tasks[class] = task
		} else {
			r.EncoderDecoder = true
		}
	}
	return r, ok
}

// TaskOf is the task of a model class of transformers.
func TaskOf(class string) (task string, known bool) {
	_, tasks := registry()
	task, known = tasks[class]
	return task, known
}
