package report

import (
	"errors"
	"path/filepath"

	"github.com/fib-ls/fib-ls/phases/dispatch"
	"github.com/fib-ls/fib-ls/phases/generate"
)

// The names of the files that the phases write, as the original workflow's
// readers expect them.
const (
	FileConfig         = "model_config.json"
	FileArchitecture   = "model_architecture.json"
	FileTensors        = "checkpoint_tensors.txt"
	FileImplementation = "sglang_implementation.json"
	FileKernelCalls    = "kernel_calls.json"
	DirSnippets        = "code_snippets"
	FileMapping        = "module_mapping.json"
	FileEntry          = "generated_entry.ts"
	FileSummary        = "model_addition_summary.md"
	FileValidation     = "validation.json"
	// Of the other files that a pull request of upstream's changes when it adds
	// a model: what changes of them, or what goes into them.
	FileServing     = "model_configs.diff"
	FileCoverage    = "model_coverage.diff"
	FileCoverageNew = "model_coverage.md"
)

// Following is the change of a clone's file that the addition of a model asks
// for, to be reviewed.
type Following struct {
	// Name is FileServing, FileCoverage or FileCoverageNew; What says what it is.
	Name, What string
	Data       []byte
	// Of the change of a file: Path names it in the clone, Root is the clone,
	// Before its text, and Edit makes the change in another text of it, so that
	// the changes of several models become one. Edit is nil for what is no change.
	Path, Root string
	Before     []byte
	Edit       func(text []byte) ([]byte, error)
}

// FileOrder is the order in which they are written.
var FileOrder = []string{
	FileConfig, FileArchitecture, FileTensors, FileImplementation, FileKernelCalls, DirSnippets, FileMapping, FileEntry, "models.ts", FileServing, FileCoverage, FileCoverageNew, FileValidation, FileSummary,
}

// Part writes the files of one phase and returns their names.
type Part func(*Run, *Dir) ([]string, error)

// Write writes some phases' files into a directory and returns their names.
// claimed is the directory as the run claimed it, or nil.
func Write(path string, claimed *Claimed, r *Run, parts ...Part) ([]string, error) {
	dir, err := OpenDir(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	dir.fresh = dir.fresh || claimed.isNew(dir.Path)
	if r.Ignored {
		if err := dir.Ignore(); err != nil {
			return nil, err
		}
	}
	var written []string
	for _, part := range parts {
		names, err := part(r, dir)
		if err != nil {
			return written, err
		}
		written = append(written, names...)
	}
	return written, nil
}

// ExtractFiles writes the config and phase 1's reading of it.
func ExtractFiles(r *Run, dir *Dir) ([]string, error) {
	if err := dir.Write(FileConfig, r.ConfigBytes); err != nil {
		return nil, err
	}
	names := []string{FileConfig, FileArchitecture}
	if err := dir.WriteJSON(FileArchitecture, r.Architecture); err != nil {
		return names, err
	}
	if r.Tensors == nil {
		return names, dir.Remove(FileTensors) // of an earlier run
	}
	return append(names, FileTensors), dir.Write(FileTensors, r.Tensors)
}

// GenerateFiles writes the mapping and the entry.
func GenerateFiles(r *Run, dir *Dir) ([]string, error) {
	if err := dir.WriteJSON(FileMapping, generate.Mapping(r.Model)); err != nil {
		return nil, err
	}
	return []string{FileMapping, FileEntry}, dir.Write(FileEntry, []byte(r.EntryText+"\n"))
}

// ValidateFiles writes the findings, what follows for the clone's other files,
// and the summary.
func ValidateFiles(r *Run, dir *Dir) ([]string, error) {
	for _, name := range []string{FileServing, FileCoverage, FileCoverageNew} { // of an earlier run
		if err := dir.Remove(name); err != nil {
			return nil, err
		}
	}
	var names []string
	for _, f := range r.Following {
		if err := dir.Write(f.Name, f.Data); err != nil {
			return names, err
		}
		names = append(names, f.Name)
	}
	if err := dir.WriteJSON(FileValidation, r.validation()); err != nil {
		return names, err
	}
	return append(names, FileValidation, FileSummary), dir.Write(FileSummary, []byte(Summary(r)))
}

// BaselineFiles writes phase 2's files. Those of an earlier run go first, so
// that nothing stale stands beside the entry.
func BaselineFiles(r *Run, dir *Dir) ([]string, error) {
	for _, name := range []string{FileImplementation, FileKernelCalls, DirSnippets} {
		if err := dir.Remove(name); err != nil {
			return nil, err
		}
	}
	impl := r.Implementation
	if impl == nil {
		return nil, nil
	}
	if err := dir.WriteJSON(FileImplementation, impl); err != nil {
		return nil, err
	}
	if err := dir.WriteJSON(FileKernelCalls, r.kernels().Rows(impl.Calls, r.DefinitionsOf)); err != nil {
		return nil, err
	}
	names := []string{FileImplementation, FileKernelCalls}
	if len(r.Snippets) == 0 {
		return names, nil
	}
	if err := dir.Mkdir(DirSnippets); err != nil {
		return nil, err
	}
	for i := range r.Snippets {
		s := &r.Snippets[i]
		if err := dir.Write(filepath.Join(DirSnippets, s.FileName()), s.Content(impl.Commit)); err != nil {
			return nil, err
		}
	}
	return append(names, DirSnippets), nil
}

// kernels is the model as package dispatch sees it.
func (r *Run) kernels() *dispatch.Model {
	return dispatch.New(r.Architecture, r.Implementation, dispatch.Options{TP: r.Parallelism.TP, EP: r.Parallelism.EP, Quantization: r.Quantization})
}

// NoValidation removes the findings and the summary of an earlier run: of the
// entry that is in models.ts now they say nothing.
func NoValidation(_ *Run, dir *Dir) ([]string, error) {
	return nil, errors.Join(dir.Remove(FileValidation), dir.Remove(FileSummary))
}
