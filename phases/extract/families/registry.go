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

// registry is the file: what is known of each model_type, and the tasks by class.
var registry = sync.OnceValues(func() (types map[string]Registered, tasks map[string]string) {
	types, tasks = map[string]Registered{}, map[string]string{}
	for line := range strings.Lines(registryFile) {
		words := strings.Fields(line)
		if words[0] == "#" {
			continue
		}
		r := Registered{Tasks: map[string]string{}}
		for _, word := range words[1:] {
			class, task, isClass := strings.Cut(word, "=")
			if !isClass {
				r.EncoderDecoder = true
				continue
			}
			r.Tasks[class] = task
			if tasks[class] != TaskLM { // a class may serve several types
				tasks[class] = task
			}
		}
		types[words[0]] = r
	}
	return types, tasks
})

// TypeOf says what transformers knows of a model_type; ok is false when it has
// none of that name.
func TypeOf(modelType string) (r Registered, ok bool) {
	types, _ := registry()
	r, ok = types[modelType]
	return r, ok
}

// TaskOf is the task of a model class of transformers.
func TaskOf(class string) (task string, known bool) {
	_, tasks := registry()
	task, known = tasks[class]
	return task, known
}
