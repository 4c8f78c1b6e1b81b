package extract

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract/families"
)

// Options are what Read takes beside the file.
type Options struct {
	// RepoID and ModelName find the namesake in the catalogue for fields that
	// the file lacks; RepoID is also the Architecture's model id.
	RepoID    string
	ModelName string
	// Overrides are --set key=value: the key may be dotted, the value is JSON
	// or a bare string. They fill or replace fields of the language model.
	Overrides map[string]string
	// Confirmed are proposals that somebody took: they fill what the file
	// lacks, and Inferred says where they are from.
	Confirmed []Proposal
	// ClassSizes says that the file is not a model's, but that of a configuration
	// class with its defaults: then its sizes are the class's, too.
	ClassSizes bool
	// Infer takes missing fields from the namesake, marked in Inferred.
	Infer bool
	// Source is copied into the Architecture.
	Source Source
}

// Read turns the bytes of a config.json into an Architecture. Its errors are
// *SyntaxError, *FieldError, *MissingFieldsError and *NotDecoderError.
func Read(data []byte, opts Options) (*Architecture, error) {
	root, warnings, err := ParseConfig(data)
	if err != nil {
		return nil, err
	}
	a, err := build(root, opts)
	var missing *MissingFieldsError
	if errors.As(err, &missing) {
		missing.Proposals = proposals(missing.Fields, opts)
		if opts.Infer && len(missing.Proposals) > 0 {
			opts.Confirmed = append(opts.Confirmed, missing.Proposals...)
			a, err = build(root, opts)
		}
	}
	if err == nil && opts.Infer {
		if better := betterDefaults(a, opts); len(better) > 0 {
			opts.Confirmed = append(opts.Confirmed, better...)
			a, err = build(root, opts)
		}
	}
	if err != nil {
		return nil, err
	}
	a.Warnings = append(append([]string{}, warnings...), a.Warnings...)
	a.Warnings = append(a.Warnings, namesakeWarnings(a, opts)...)
	return a, nil
}

// The reasons of Inferred for values that did not come from the file.
const (
	whyGiven    = "given with --set"
	whyNamesake = "from: model name, "
)

// overrides are the values that replace or fill fields, and why.
func (o Options) overrides() (values, why map[string]string) {
	values, why = map[string]string{}, map[string]string{}
	for _, p := range o.Confirmed {
		values[p.Field], why[p.Field] = p.Value, whyNamesake+p.From
	}
	for k, v := range o.Overrides {
		values[k], why[k] = v, whyGiven
	}
	return values, why
}

// reader builds one Architecture.
type reader struct {
	*fields
	loc    *located
	fam    families.Family
	known  bool // the family has a row
	arch   *Architecture
	layers int
	hidden int
	act    string

	vary   variants
	mixers []mixer // one per layer
	ffns   []ffn   // one per layer

	pattern *string // what overridePattern returns, once it was read
}

func build(root *Object, opts Options) (*Architecture, error) {
	loc := locate(root)
	values, why := opts.overrides()
	if err := unknownFields(loc, opts.Overrides); err != nil {
		return nil, err
	}
	filled, by := loc.filled()
	for field, v := range filled {
		if _, given := values[field]; !given {
			values[field], why[field] = v, by
		}
	}
	applied := applyOverrides(loc, values)
	root = loc.root
	if err := refuse(root, loc.class, loc.modelType, loc.nested()); err != nil {
		return nil, err
	}
	r := newReader(loc)
	r.classSizes = opts.ClassSizes
	r.arch.ModelID, r.arch.Source = opts.RepoID, opts.Source
	if r.arch.Source.RepoID == "" {
		r.arch.Source.RepoID = opts.RepoID
	}
	for _, key := range applied {
		r.inferred = append(r.inferred, FieldNote{Field: key, Value: parseScalar(values[key]), Why: why[key]})
	}
	r.needs()
	r.core()
	if err := r.problem(); err != nil {
		return nil, err
	}
	r.readVariants()
	r.schedule()
	if err := r.problem(); err != nil {
		return nil, err
	}
	r.kinds()
	r.expertQuantization()
	r.summarise()
	if err := r.problem(); err != nil {
		return nil, err
	}
	r.warnTooLong()
	if r.fam.Doubt != "" {
		r.arch.Doubts = append(r.arch.Doubts, r.fam.Doubt)
	}
	return r.arch, nil
}

// needs asks for what files of the family always state.
func (r *reader) needs() {
	for _, field := range r.fam.Needs {
		if _, there := r.text.Get(field); there {
			return
		}
	}
	if len(r.fam.Needs) > 0 {
		r.noteMissing(r.fam.Needs[0])
	}
}

// warnTooLong tells of lists whose last values no layer takes. Those of the
// next-token-prediction layers are expected.
func (r *reader) warnTooLong() {
	for _, l := range r.longer {
		if l.values != l.layers+r.mtpLayers() {
			r.arch.Warnings = append(r.arch.Warnings, fmt.Sprintf("%s has %d values for %d layers; the first %d count", l.field, l.values, l.layers, l.layers))
		}
	}
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// isClassName reports whether a string may be a class name; another is ignored,
// as it could end up in places where only names may stand. (A bound within the
// pattern would be a hundred copies of it, compiled at every start.)
func isClassName(s string) bool { return len(s) <= 100 && identifier.MatchString(s) }

func newReader(loc *located) *reader {
	r := &reader{loc: loc, fields: &fields{root: loc.root, text: loc.text, defaults: []FieldNote{}, inferred: []FieldNote{}}}
	if loc.path != "" {
		r.prefix = loc.path + "."
	}
	a := &Architecture{
		TextConfigPath: loc.path, Towers: loc.towers, Config: loc.root, TextConfig: loc.text,
		Warnings:      []string{},
		LayerSchedule: []LayerRun{}, AttentionKinds: []AttentionKind{}, MLPKinds: []MLPKind{},
	}
	r.arch = a
	if loc.class != "" && !isClassName(loc.class) {
		a.Warnings = append(a.Warnings, fmt.Sprintf("architectures names %.60q, which is not a class name; ignored", loc.class))
		loc.class = ""
	}
	class, why := loc.inferClass()
	if !isClassName(class) {
		class, why = "LlamaForCausalLM", "the file's model_type is not a name; its fields are read as those of a plain decoder"
	}
	if why != "" {
		r.infer("architectures", class, why)
	}
	a.ArchitectureType, a.ModelType = class, loc.modelType
	if a.ModelType == "" {
		a.ModelType = typeOfClass(class)
		if a.ModelType != "" && a.ModelType != loc.modelType {
			r.infer("model_type", a.ModelType, "from the class "+class)
		}
	}
	r.class = classRowOf(a.ModelType)
	if r.class == nil && typeOfClass(class) != "" && !loc.nested() {
		r.class = classRowOf(typeOfClass(class))
	}
	names := []string{typeOfClass(class), a.ModelType, loc.wrapper}
	if loc.nested() { // a wrapper's class says nothing of its language model
		names = []string{a.ModelType, typeOfClass(class), loc.wrapper}
	}
	if loc.original() || loc.class == "" && loc.modelType == "" && loc.wrapper == "" {
		// HuggingFace's defaults are not those of the original code, nor those of
		// a file that does not say which class it is for.
		r.class = nil
	}
	r.fam, r.known = families.Find(names...)
	r.own = r.fam.Defaults
	r.fail(r.fam.Apply(r.familyField))
	r.own = r.fam.Defaults
	if f, ok := families.Exact(a.ModelType); ok && f.Type != r.fam.Type {
		r.own = maps.Clone(r.own) // the class of another type serves this one
		if r.own == nil {
			r.own = f.Defaults
		} else {
			maps.Copy(r.own, f.Defaults)
		}
	}
	if !r.known {
		a.Generic = true
		a.Warnings = append(a.Warnings, fmt.Sprintf("the layout of %s is not known; it is read as a plain decoder of its fields", class))
	}
	return r
}

// familyField answers for the conditions of a family's row.
func (r *reader) familyField(field string) (any, bool) {
	if field == "class" {
		return r.arch.ArchitectureType, true
	}
	got, ok := r.value(field)
	return got.Value, ok || r.text.IsNull(field)
}

// applyOverrides writes --set values into copies of the objects. A key belongs
// to the language model, except one that starts with a key of the root.
func applyOverrides(loc *located, overrides map[string]string) (applied []string) {
	for _, key := range sortedKeys(overrides) {
		v := parseScalar(overrides[key])
		head, _, dotted := strings.Cut(key, ".")
		fromRoot := rootField(key) || (dotted && loc.root.Object(head) != nil)
		if loc.nested() && !fromRoot {
			for _, name := range spellings(loc.text, key) {
				loc.root = setPath(loc.root, loc.path+"."+name, v)
			}
		} else {
			for _, name := range spellings(loc.root, key) {
				loc.root = setPath(loc.root, name, v)
			}
		}
		applied = append(applied, key)
	}
	if len(applied) > 0 {
		again := locate(loc.root)
		*loc = *again
	}
	return applied
}

// spellings are the names under which a field is to be set: the one given,
// and those under which the file has it, so that every reader of the config
// sees the new value.
func spellings(o *Object, key string) []string {
	names := []string{key}
	if row, known := fieldNames().names[key]; known {
		for _, name := range row.names {
			if _, there := o.Path(name); there && name != key {
				names = append(names, name)
			}
		}
	}
	return names
}

// rootField reports whether a field stands at the root also of wrappers.
func rootField(key string) bool {
	return key == "architectures" || key == "model_type" || key == "quantization_config"
}

// problem returns the first wrong value, else the missing fields.
func (r *reader) problem() error {
	if r.err != nil {
		return r.err
	}
	if len(r.missing) > 0 {
		return &MissingFieldsError{ModelType: r.loc.modelType, Fields: r.missing, ClassDefaults: r.refusedDefaults()}
	}
	return nil
}

// refusedDefaults are the class's numbers for the missing fields.
func (r *reader) refusedDefaults() []FieldNote {
	if r.loc.class == "" && r.loc.modelType == "" {
		return nil // the class itself was a guess
	}
	var list []FieldNote
	for _, field := range r.missing {
		if v, why, ok := r.fallback(field, false); ok {
			list = append(list, FieldNote{Field: field, Value: exportable(v), Why: why})
		}
	}
	return list
}

// core reads what every decoder has.
func (r *reader) core() {
	a := r.arch
	r.layers = r.layerCount()
	r.hidden = r.size("hidden_size")
	a.NumLayers, a.HiddenSize = r.layers, r.hidden
	a.VocabSize = r.vocab()
	r.act = r.activation()
	a.MTPLayers = r.mtpLayers()
	a.KVSharedLayers = r.opt("num_kv_shared_layers")
	a.TieWordEmbeddings = r.tied()
	a.Normalization = r.normalization()
	a.ParallelBlock = r.fam.Parallel
	a.Quantization = r.quantization()
}

// layerCount reads the number of decoder layers; some files have it only as
// the length of the layer pattern.
func (r *reader) layerCount() int {
	if field := r.fam.LayerField; field != "" {
		if n := r.opt(field); n > 0 {
			return n
		}
	}
	if n := r.listedLayers(); n > 0 {
		return n
	}
	if !r.has("num_hidden_layers") {
		for _, field := range []string{"hybrid_override_pattern", "layers_block_type", "layer_types", "block_configs"} {
			v, _ := r.text.Get(field)
			n := 0
			switch v := v.(type) {
			case string:
				n = len(v)
			case []Value:
				n = len(v)
			}
			if n > 0 && n <= MaxLayers {
				r.infer("num_hidden_layers", n, "length of "+field)
				return n
			}
		}
	}
	return r.size("num_hidden_layers")
}

// listedLayers is the number of layers of families whose own list of them
// counts where it disagrees with num_hidden_layers; 0 in all others.
func (r *reader) listedLayers() int {
	if r.pairs() {
		return r.size("num_hidden_layers") / 2
	}
	n, field := 0, r.fam.LayerList
	if pattern, ok := r.text.String(field); ok {
		n = len(strings.ReplaceAll(pattern, "|", ""))
	} else if list, ok := r.text.List(field); ok {
		n = len(list)
	}
	if n == 0 && field != "" && !r.fam.Alternates && !r.has("layers_block_type") && !r.has("layer_types") {
		r.noteMissing(field) // its class's default is one model's pattern
	}
	if n > MaxLayers {
		return 0 // no model: num_hidden_layers says so, or the list's reader
	}
	if stated := r.opt("num_hidden_layers"); n > 0 && r.has("num_hidden_layers") && stated != n {
		r.arch.Warnings = append(r.arch.Warnings, fmt.Sprintf("num_hidden_layers is %d, but %s has %d layers, which count: the family's code builds them", stated, field, n))
	}
	return n
}

// pairs reports whether the file counts a layer's attention and MLP as two.
func (r *reader) pairs() bool {
	types, _ := r.text.Strings("layer_types")
	return r.fam.Pairs && slices.Contains(types, "mlp")
}

// vocab reads the vocabulary size; wrappers may have it at the root.
func (r *reader) vocab() int {
	if !r.has("vocab_size") && r.loc.nested() {
		if n, ok, err := r.root.Int("vocab_size"); ok && err == nil && n > 0 {
			return n
		}
	}
	n := r.size("vocab_size")
	// The original Mamba files state the tokenizer's size and the multiple to
	// which the embedding is padded.
	if m := r.opt("pad_vocab_size_multiple"); m > 1 && r.loc.original() && n%m != 0 {
		padded := (n + m - 1) / m * m
		r.infer("vocab_size", padded, fmt.Sprintf("%d padded to a multiple of pad_vocab_size_multiple %d", n, m))
		return padded
	}
	return n
}

func (r *reader) activation() string {
	if s := r.str("hidden_act"); s != "" {
		return s
	}
	return "silu"
}

func (r *reader) mtpLayers() int {
	got, ok := r.lookup("num_nextn_predict_layers")
	if !ok {
		return 0
	}
	n, err := scalarInt(got.Key, got.Value)
	if err != nil || n < 0 || n > 1000 {
		return 0
	}
	return n
}

func (r *reader) tied() bool {
	if !r.has("tie_word_embeddings") && r.loc.nested() {
		if b, ok := r.root.Bool("tie_word_embeddings"); ok {
			return b
		}
	}
	if _, ok := r.value("tie_word_embeddings"); !ok {
		r.infer("tie_word_embeddings", false, "no default is known for "+r.arch.ModelType)
	}
	return r.flag("tie_word_embeddings", false)
}
