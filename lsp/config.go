package lsp

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// section is where clients keep our settings.
const section = "fibLs"

// source is what diagnostics name as their origin.
const source = "fib-ls"

// settings are the user's, for one workspace folder. They are a value: a
// change makes a new one.
type settings struct {
	ModelsFile string // glob

	DiagnosticsEnable bool
	DiagnosticsDelay  time.Duration
	Severity          map[string]validate.Severity

	Dataset         string
	SGLangPath      string
	SGLangClone     string // ask|never|always
	HubEndpoint     string
	HubOffline      bool
	HubTimeout      time.Duration
	Confirm         string // never|onWarnings|always
	ReportOpen      string // never|onWarnings|always
	Completion      bool
	Hover           bool
	Links           bool
	CodeLens        bool
	InlayHints      bool
	AddModel        phases.Request // defaults of every parameter of add
	modelsFileMatch globPattern
}

// defaultSettings are those of the documentation's table.
func defaultSettings() settings {
	return settings{
		ModelsFile:        "**/apps/web/data/models.ts",
		DiagnosticsEnable: true, DiagnosticsDelay: 150 * time.Millisecond,
		SGLangClone: "ask", HubTimeout: 30 * time.Second,
		Confirm: "onWarnings", ReportOpen: "onWarnings", Completion: true, Hover: true, Links: true,
	}.compiled()
}

func (c settings) compiled() settings {
	c.modelsFileMatch = compileGlob(c.ModelsFile)
	return c
}

// isModelsFile reports whether a document is named as models files are.
func (c *settings) isModelsFile(file string, u uri.URI) bool {
	if file == "" {
		file = u.Path()
	}
	return c.modelsFileMatch.matches(filepath.ToSlash(file))
}

// overlay reads what a configuration object has; what it has not, or has of
// another type, stays as it is. Keys may be nested or dotted.
func (c settings) overlay(t jsonTree) settings {
	if inner := t.at(section); inner.value != nil {
		t = inner
	}
	for _, row := range settingRows {
		if row.read != nil {
			row.read(&c, lookup(t, row.Key))
		}
	}
	if add, ok := lookup(t, "addModel").value.(map[string]any); ok {
		c.AddModel = requestFrom(add, c.AddModel)
	}
	return c.compiled()
}

// lookup finds a dotted key, written nested or in one piece.
func lookup(t jsonTree, key string) jsonTree {
	if found := t.at(key); found.value != nil {
		return found
	}
	head, rest, ok := strings.Cut(key, ".")
	if !ok {
		return jsonTree{}
	}
	return lookup(t.at(head), rest)
}

// severities reads rule -> severity; words that are none are left out.
func severities(t jsonTree, old map[string]validate.Severity) map[string]validate.Severity {
	object, ok := t.value.(map[string]any)
	if !ok {
		return old
	}
	out := make(map[string]validate.Severity, len(object))
	for rule, v := range object {
		word, _ := v.(string)
		switch s := validate.Severity(strings.ToLower(word)); s {
		case validate.Error, validate.Warning, validate.Info, validate.Hint, validate.Off:
			out[rule] = s
		case "information":
			out[rule] = validate.Info
		}
	}
	return out
}

// root is a workspace folder with its settings.
type root struct {
	uri      uri.URI
	path     string
	settings *settings
}

// configs are the settings of the session: global, and per folder.
type configs struct {
	server *Server

	mu      sync.Mutex
	initial settings // defaults and initializationOptions
	global  *settings
	roots   []root
	// changes counts, so that what was computed with older settings shows.
	changes uint64
}

func (c *configs) setInitial(options []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.initial = defaultSettings()
	if len(options) > 0 {
		c.initial = c.initial.overlay(parseTree(options))
	}
	first := c.initial
	c.global = &first
	for i := range c.roots {
		c.roots[i].settings = c.global
	}
}

func (c *configs) setRoots(folders []uri.URI) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.roots = nil
	for _, u := range folders {
		c.addRoot(u)
	}
}

// addRoot adds a folder once. mu is held.
func (c *configs) addRoot(u uri.URI) {
	u = normalise(u)
	if slices.ContainsFunc(c.roots, func(r root) bool { return r.uri == u }) {
		return
	}
	c.roots = append(c.roots, root{uri: u, path: filePath(u), settings: c.global})
}

// changeRoots follows workspace/didChangeWorkspaceFolders.
func (c *configs) changeRoots(added, removed []uri.URI) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, u := range removed {
		u = normalise(u)
		c.roots = slices.DeleteFunc(c.roots, func(r root) bool { return r.uri == u })
	}
	for _, u := range added {
		c.addRoot(u)
	}
	c.changes++
}

// folders returns the workspace folders.
func (c *configs) folders() []root {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.roots)
}

// set replaces the settings: those without a folder, and those of folders in
// their order. A null leaves what initializationOptions said.
func (c *configs) set(global []byte, perRoot map[uri.URI][]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.initial.overlay(parseTree(global))
	c.global = &g
	for i := range c.roots {
		c.roots[i].settings = c.global
		if raw, ok := perRoot[c.roots[i].uri]; ok {
			own := g.overlay(parseTree(raw))
			c.roots[i].settings = &own
		}
	}
	c.changes++
}

// forPath returns the settings for a file: those of the innermost folder.
func (c *configs) forPath(file string) *settings {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.rootOf(file); r != nil {
		return r.settings
	}
	if c.global == nil {
		first := defaultSettings()
		c.global = &first
	}
	return c.global
}

// rootOf finds the innermost folder of a file. mu is held.
func (c *configs) rootOf(file string) *root {
	var best *root
	for i := range c.roots {
		r := &c.roots[i]
		if r.path == "" || file == "" || !within(r.path, file) {
			continue
		}
		if best == nil || len(r.path) > len(best.path) {
			best = r
		}
	}
	return best
}

func within(dir, file string) bool {
	return file == dir || strings.HasPrefix(file, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator))
}

// generation changes when settings do.
func (c *configs) generation() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changes
}

// folderOf is the directory that relative paths of a file's jobs are resolved
// against: its workspace folder, else the repository root that the file's
// place shows, else its own directory; for no file the first folder.
func (c *configs) folderOf(file string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.rootOf(file); r != nil {
		return r.path
	}
	if file != "" {
		slash := filepath.ToSlash(file)
		if dir, ok := strings.CutSuffix(slash, "/"+modelsfile.DefaultPath); ok && dir != "" {
			return filepath.FromSlash(dir)
		}
		return filepath.Dir(file)
	}
	for _, r := range c.roots {
		if r.path != "" {
			return r.path
		}
	}
	return ""
}

// requestFrom reads the parameters of add from an object: those of a command,
// a marker comment or the settings. Every spelling that the command line, the
// batch file and the editor use is understood.
func requestFrom(object map[string]any, base phases.Request) phases.Request {
	normal := make(map[string]any, len(object))
	for key, v := range object {
		if name, ok := requestKeys[foldKey(key)]; ok && v != nil {
			normal[name] = coerce(name, v)
		}
	}
	raw, err := json.Marshal(normal)
	if err != nil {
		return base
	}
	set := base.Set
	base.Set = nil
	if err := json.Unmarshal(raw, &base); err != nil {
		base.Set = set
		return base
	}
	if base.Set == nil {
		base.Set = set
	}
	return base
}

// foldKey makes repo-id, repo_id and repoId one.
func foldKey(key string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(key))
}

// bump makes what was computed so far count as older.
func (c *configs) bump() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
}
