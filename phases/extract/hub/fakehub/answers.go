package fakehub

import (
	"bytes"
	"cmp"
	"crypto/sha1" //nolint:gosec // only a name for a signed address
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The kinds of addresses, by which rules choose requests.
const (
	Resolve = "resolve" // /ORG/NAME/resolve/REV/FILE
	Content = "content" // /api/resolve-cache/…
	Store   = "store"   // the storage host
	API     = "api"     // /api/models, /api/whoami-v2
)

func (s *Server) serveHub(w http.ResponseWriter, r *http.Request) {
	p := r.URL.EscapedPath()
	kind, next := API, s.answerAPI
	switch {
	case strings.HasPrefix(p, "/api/resolve-cache/models/"):
		kind, next = Content, s.answerContent
	case strings.Contains(p, "/resolve/"):
		kind, next = Resolve, s.answerResolve
	}
	s.answer(kind, w, r, next)
}

func (s *Server) serveStore(w http.ResponseWriter, r *http.Request) {
	s.answer(Store, w, r, s.answerStore)
}

// refuse answers with the Hub's error headers, and with a JSON body for GET.
func refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	h := w.Header()
	if code != "" {
		h.Set("X-Error-Code", code)
	}
	if message != "" {
		h.Set("X-Error-Message", message)
	}
	h.Set("X-Request-Id", "Root=1-fake")
	h.Set("Content-Type", "application/json; charset=utf-8")
	body, _ := json.Marshal(map[string]string{"error": message}) // strings always marshal
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// token returns the bearer token of a request; ok is false when it is not valid.
func (s *Server) token(r *http.Request) (token string, ok bool) {
	token = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if token == "" {
		return "", true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok = s.tokens[token]
	return token, ok
}

// admit finds a repository and checks access to it; nil after a refusal.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, id string) *Repo {
	token, ok := s.token(r)
	if !ok {
		refuse(w, r, http.StatusUnauthorized, "", "Invalid credentials in Authorization header")
		return nil
	}
	s.mu.Lock()
	repo := s.repos[id]
	s.mu.Unlock()
	switch {
	case repo == nil, repo.Private && !repo.allows(token):
		if token == "" {
			w.Header().Set("WWW-Authenticate", `Bearer realm="Authentication required", charset="UTF-8"`)
			refuse(w, r, http.StatusUnauthorized, "", "Invalid username or password.")
		} else {
			refuse(w, r, http.StatusNotFound, "RepoNotFound", "Repository not found")
		}
	case repo.Disabled:
		refuse(w, r, http.StatusForbidden, "", "Access to this resource is disabled.")
	case repo.Gated && token == "":
		refuse(w, r, http.StatusUnauthorized, "GatedRepo", "Access to model "+id+
			" is restricted. You must have access to it and be authenticated to access it. Please log in.")
	case repo.Gated && !repo.allows(token):
		refuse(w, r, http.StatusForbidden, "GatedRepo", "Access to model "+id+
			" is restricted and you are not in the authorized list. Visit https://huggingface.co/"+id+" to ask for access.")
	default:
		return repo
	}
	return nil
}

// find resolves revision and file; ok is false after a refusal.
func (s *Server) find(w http.ResponseWriter, r *http.Request, repo *Repo, revision, name string) (*Commit, File, bool) {
	s.mu.Lock()
	commit := repo.Commit(revision)
	s.mu.Unlock()
	if commit == nil {
		refuse(w, r, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+revision)
		return nil, File{}, false
	}
	w.Header().Set("X-Repo-Commit", commit.ID)
	f, ok := commit.Files[name]
	if !ok {
		refuse(w, r, http.StatusNotFound, "EntryNotFound", "Entry not found")
		return nil, File{}, false
	}
	return commit, f, true
}

func (s *Server) answerResolve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("RateLimit", `"resolvers";r=2987;t=120`)
	w.Header().Set("RateLimit-Policy", `"fixed window";"resolvers";q=3000;w=300`)
	id, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/resolve/")
	rev, name, _ := strings.Cut(rest, "/")
	revision, err1 := url.PathUnescape(rev)
	file, err2 := url.PathUnescape(name)
	if err1 != nil || err2 != nil {
		refuse(w, r, http.StatusBadRequest, "", "Bad request")
		return
	}
	repo := s.admit(w, r, id)
	if repo == nil {
		return
	}
	if repo.MovedTo != "" {
		redirect(w, r, http.StatusTemporaryRedirect, "/"+repo.MovedTo+"/resolve/"+rev+"/"+name)
		return
	}
	commit, f, ok := s.find(w, r, repo, revision, file)
	if !ok {
		return
	}
	w.Header().Set("X-Linked-ETag", `"`+f.ETag()+`"`)
	if f.LFS {
		w.Header().Set("X-Linked-Size", strconv.Itoa(len(f.Content)))
		redirect(w, r, http.StatusFound, s.SignedURL(s.StoreURL, repo.ID, commit.ID, file))
		return
	}
	redirect(w, r, http.StatusTemporaryRedirect, ContentPath(repo.ID, commit.ID, file, f.ETag()))
}

// ContentPath is where the Hub keeps the content of small files.
func ContentPath(id, commit, name, etag string) string {
	return "/api/resolve-cache/models/" + id + "/" + commit + "/" + name + "?" +
		url.QueryEscape("/"+id+"/resolve/"+commit+"/"+name) + "=&etag=" + url.QueryEscape(`"`+etag+`"`)
}

// SignedURL is a file's address at a storage host, with a signature that must
// not be shown to anybody.
func (s *Server) SignedURL(origin, id, commit, name string) string {
	return origin + "/" + id + "/" + commit + "/" + name + "?Signature=" + signature(id, commit, name) + "&Expires=1"
}

func signature(parts ...string) string {
	sum := sha1.Sum([]byte(strings.Join(parts, "/"))) //nolint:gosec // only a name
	return hex.EncodeToString(sum[:8])
}

func redirect(w http.ResponseWriter, r *http.Request, status int, location string) {
	body := fmt.Sprintf("%s. Redirecting to %s", http.StatusText(status), location)
	h := w.Header()
	h.Set("Location", location)
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(body)) //nolint:gosec // plain text, to a test
	}
}

// splitContent reads ORG/NAME/COMMIT/FILE.
func splitContent(p string) (id, commit, name string) {
	parts := strings.Split(p, "/")
	for i := 1; i < len(parts)-1 && i <= 2; i++ {
		if len(parts[i]) == 40 {
			return strings.Join(parts[:i], "/"), parts[i], strings.Join(parts[i+1:], "/")
		}
	}
	return "", "", ""
}

func (s *Server) answerContent(w http.ResponseWriter, r *http.Request) {
	id, commit, name := splitContent(strings.TrimPrefix(r.URL.Path, "/api/resolve-cache/models/"))
	repo := s.admit(w, r, id)
	if repo == nil {
		return
	}
	if _, f, ok := s.find(w, r, repo, commit, name); ok {
		w.Header().Set("ETag", `"`+f.ETag()+`"`)
		sendFile(w, r, f.Content)
	}
}

func (s *Server) answerStore(w http.ResponseWriter, r *http.Request) {
	id, commit, name := splitContent(strings.TrimPrefix(r.URL.Path, "/"))
	s.mu.Lock()
	repo := s.repos[id]
	s.mu.Unlock()
	if repo == nil || repo.Commit(commit) == nil || r.URL.Query().Get("Signature") != signature(id, commit, name) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		return
	}
	f := repo.Commit(commit).Files[name]
	w.Header().Set("ETag", `"`+signature(name)+`"`)
	sendFile(w, r, f.Content)
}

func sendFile(w http.ResponseWriter, r *http.Request, content []byte) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// totals answers /api/models/ORG/NAME[/revision/REV]?expand[]=safetensors.
func (s *Server) totals(w http.ResponseWriter, r *http.Request) {
	id, revision, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/models/"), "/revision/")
	repo := s.admit(w, r, id)
	if repo == nil {
		return
	}
	answer := map[string]any{"id": id}
	s.mu.Lock()
	if repo.Parameters != nil {
		total := int64(0)
		for _, n := range repo.Parameters {
			total += n
		}
		answer["safetensors"] = map[string]any{"parameters": repo.Parameters, "total": total}
	}
	known := revision == "" || repo.Commit(revision) != nil
	s.mu.Unlock()
	if !known {
		refuse(w, r, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+revision)
		return
	}
	sendJSON(w, answer)
}

func (s *Server) answerAPI(w http.ResponseWriter, r *http.Request) {
	token, ok := s.token(r)
	switch {
	case !ok:
		refuse(w, r, http.StatusUnauthorized, "", "Invalid credentials in Authorization header")
	case r.URL.Path == "/api/whoami-v2" && token == "":
		refuse(w, r, http.StatusUnauthorized, "", "Invalid username or password.")
	case r.URL.Path == "/api/whoami-v2":
		s.mu.Lock()
		name := s.tokens[token]
		s.mu.Unlock()
		sendJSON(w, map[string]string{"name": name, "type": "user"})
	case strings.HasPrefix(r.URL.Path, "/api/models/"):
		s.totals(w, r)
	case strings.HasPrefix(r.URL.Path, "/api/datasets/"):
		s.answerDataset(w, r)
	case r.URL.Path == "/api/models":
		sendJSON(w, s.search(r.URL.Query().Get("search"), r.URL.Query().Get("limit"), token))
	default:
		refuse(w, r, http.StatusNotFound, "", "Sorry, we can't find the page you are looking for.")
	}
}

type hit struct {
	ID        string `json:"id"`
	ModelID   string `json:"modelId"`
	Downloads int    `json:"downloads"`
	Likes     int    `json:"likes"`
	Private   bool   `json:"private"`
}

func (s *Server) search(query, limit, token string) []hit {
	s.mu.Lock()
	defer s.mu.Unlock()
	hits := []hit{}
	for _, r := range s.repos {
		if r.MovedTo == "" && !r.Dataset && (!r.Private || r.allows(token)) && strings.Contains(strings.ToLower(r.ID), strings.ToLower(query)) {
			hits = append(hits, hit{ID: r.ID, ModelID: r.ID, Downloads: r.Downloads, Private: r.Private})
		}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.Downloads, a.Downloads), strings.Compare(a.ID, b.ID))
	})
	if n, err := strconv.Atoi(limit); err == nil && n >= 0 && n < len(hits) {
		hits = hits[:n]
	}
	return hits
}

func sendJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}
