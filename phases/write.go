package phases

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/fib-ls/fib-ls/phases/generate"
)

// phaseWriter writes the files of one phase and names them.
type phaseWriter func(*Result, *OutputDir) ([]string, error)

// WriteFiles writes the files of all phases into the output directory. It
// does not touch models.ts.
func (r *Result) WriteFiles(env *Env) error {
	return r.write(env, writeExtract, writeBaseline, writeGenerate, writeValidate)
}

func (r *Result) write(env *Env, writers ...phaseWriter) error {
	dir, err := OpenOutputDir(env.path(r.Request.OutputDir))
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	dir.fresh = dir.fresh || r.claimed.isNew(dir.Path)
	for _, w := range writers {
		names, err := w(r, dir)
		if err != nil {
			return err
		}
		for _, name := range names {
			r.Files[name] = filepath.Join(r.Request.OutputDir, name)
		}
	}
	return nil
}

func writeExtract(r *Result, dir *OutputDir) ([]string, error) {
	if err := dir.Write(FileConfig, r.ConfigBytes); err != nil {
		return nil, err
	}
	return []string{FileConfig, FileArchitecture}, dir.WriteJSON(FileArchitecture, r.Architecture)
}

func writeGenerate(r *Result, dir *OutputDir) ([]string, error) {
	if err := dir.WriteJSON(FileMapping, generate.Mapping(r.Model)); err != nil {
		return nil, err
	}
	return []string{FileMapping, FileEntry}, dir.Write(FileEntry, []byte(r.EntryText+"\n"))
}

func writeValidate(r *Result, dir *OutputDir) ([]string, error) {
	if err := dir.WriteJSON(FileValidation, r.validation()); err != nil {
		return nil, err
	}
	return []string{FileValidation, FileSummary}, dir.Write(FileSummary, []byte(Summary(r)))
}

// writeAll writes models.ts and then the files of the phases. The raw entry
// is saved even when models.ts cannot be written.
func (r *Result) writeAll(env *Env, file *ModelsFile) error {
	err := file.Write(r.Edited)
	if err == nil {
		r.Files["models.ts"] = r.Request.ModelsTS
	}
	if filesErr := r.WriteFiles(env); filesErr != nil {
		return errors.Join(err, fmt.Errorf("writing the report: %w", filesErr))
	}
	return err
}
