package hub

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	maxNameLen     = 96  // of the part after the slash, the Hub's own limit
	maxOrgLen      = 140 // keeps models--ORG--NAME below the 255 bytes of a file name
	maxRevisionLen = 255
	maxFilenameLen = 1024
)

// Ref is a repository id with the revision that a web address named.
type Ref struct {
	RepoID   string
	Revision string // "" when none was named
}

// isWord reports whether b may start and end a part of a repository id.
func isWord(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_'
}

// ValidateRepoID says why s is not a repository id (ORG/NAME, or NAME for the
// oldest repositories). The rules are huggingface_hub's, restricted to ASCII.
func ValidateRepoID(s string) error {
	bad := func(reason string) error { return invalidName("repository id", s, reason) }
	if s == "" {
		return bad("it is empty; expected ORG/NAME")
	}
	parts := strings.Split(s, "/")
	if len(parts) > 2 {
		return bad("it has more than one slash; expected ORG/NAME")
	}
	for i, p := range parts {
		if p == "" {
			return bad("a part of it is empty; expected ORG/NAME")
		}
		for j := 0; j < len(p); j++ {
			if b := p[j]; !isWord(b) && b != '-' && b != '.' {
				return bad("only ASCII letters, digits, '-', '_' and '.' are allowed")
			}
		}
		if !isWord(p[0]) || !isWord(p[len(p)-1]) {
			return bad("each part starts and ends with a letter, a digit or '_'")
		}
		last := i == len(parts)-1
		if last && len(p) > maxNameLen {
			return bad(fmt.Sprintf("the name is longer than %d characters", maxNameLen))
		}
		if !last && len(p) > maxOrgLen {
			return bad(fmt.Sprintf("the organization is longer than %d characters", maxOrgLen))
		}
	}
	switch {
	case strings.Contains(s, "--"):
		return bad("'--' is not allowed")
	case strings.Contains(s, ".."):
		return bad("'..' is not allowed")
	case strings.HasSuffix(s, ".git"):
		return bad("it ends with .git")
	}
	return nil
}

// ValidateRevision says why s cannot be a branch, tag or commit. Beyond what
// git allows it refuses whatever could leave the cache's refs folder.
func ValidateRevision(s string) error { return validatePath("revision", s, maxRevisionLen) }

// ValidateFilename says why s cannot be the path of a file in a repository,
// under the rules of POSIX and of Windows.
func ValidateFilename(s string) error {
	if err := validatePath("file name", s, maxFilenameLen); err != nil {
		return err
	}
	for _, seg := range strings.Split(s, "/") {
		if reservedOnWindows(seg) {
			return invalidName("file name", s, fmt.Sprintf("%q is reserved on Windows", seg))
		}
		if strings.HasSuffix(seg, ".") || strings.HasSuffix(seg, " ") {
			return invalidName("file name", s, "a part ends with a dot or a space")
		}
	}
	return nil
}

func validatePath(what, s string, most int) error {
	reason := unsafePath(s)
	switch {
	case s == "":
		reason = "it is empty"
	case len(s) > most:
		reason = fmt.Sprintf("it is longer than %d bytes", most)
	case !utf8.ValidString(s):
		reason = "it is not valid UTF-8"
	}
	if reason == "" {
		return nil
	}
	return invalidName(what, s, reason)
}

// unsafePath returns the reason why a slash-separated relative path could leave
// its folder on some system, or "".
func unsafePath(s string) string {
	for _, r := range s {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return "it holds a control character"
		}
	}
	if strings.HasPrefix(s, "/") {
		return "it starts with a slash"
	}
	if strings.ContainsAny(s, `\`) {
		return "it holds a backslash"
	}
	if strings.ContainsAny(s, `:*?"<>|`) {
		return `it holds one of : * ? " < > |`
	}
	for _, seg := range strings.Split(s, "/") {
		switch seg {
		case "":
			return "a part of it is empty"
		case ".", "..":
			return "it holds a '.' or '..' part"
		}
	}
	return ""
}

func reservedOnWindows(seg string) bool {
	base, _, _ := strings.Cut(strings.ToUpper(seg), ".")
	switch base {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	return len(base) == 4 && (strings.HasPrefix(base, "COM") || strings.HasPrefix(base, "LPT")) &&
		base[3] >= '1' && base[3] <= '9'
}

// IsCommit reports whether s is a full commit: 40 lowercase hex digits. Only
// these are used without asking the Hub.
func IsCommit(s string) bool { return len(s) == 40 && isHex(s) }

// isHash reports whether s may name a blob: a git SHA-1 or a SHA-256.
func isHash(s string) bool { return (len(s) == 40 || len(s) == 64) && isHex(s) }

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// ParseRef returns the repository id in s: ORG/NAME itself, or an address of the
// repository's pages on huggingface.co, hf.co or one of the endpoints, with the
// revision that it names, such as https://huggingface.co/ORG/NAME/tree/REV.
func ParseRef(s string, endpoints ...string) (Ref, error) {
	s = strings.TrimSpace(s)
	rest, isURL, err := afterHost(s, endpoints)
	if err != nil {
		return Ref{}, err
	}
	if !isURL {
		return Ref{RepoID: s}, ValidateRepoID(s)
	}
	return refFromPath(s, rest)
}

// bareHost matches an address of the Hub without its scheme.
var bareHost = regexp.MustCompile(`^(?i:(?:www\.)?huggingface\.co|hf\.co)/.`)

// afterHost returns the path of a web address of a Hub; isURL is false when s
// does not look like an address at all.
func afterHost(s string, endpoints []string) (rest string, isURL bool, err error) {
	if after, ok := strings.CutPrefix(s, "hf://"); ok {
		id, rev, found := strings.Cut(after, "@")
		if found {
			return id + "/tree/" + url.PathEscape(rev), true, nil
		}
		return id, true, nil
	}
	address := s
	if bareHost.MatchString(s) {
		address = "https://" + s
	}
	if !strings.Contains(address, "://") {
		return "", false, nil
	}
	u, perr := url.Parse(address)
	if perr != nil || u.Host == "" {
		return "", true, invalidName("repository address", s, "it cannot be read as a web address")
	}
	p := strings.TrimPrefix(u.EscapedPath(), "/")
	switch strings.ToLower(u.Hostname()) {
	case "huggingface.co", "www.huggingface.co", "hf.co":
		return p, true, nil
	}
	for _, e := range endpoints {
		eu, eerr := url.Parse(e)
		if eerr != nil || !strings.EqualFold(eu.Host, u.Host) {
			continue
		}
		prefix := strings.Trim(eu.EscapedPath(), "/")
		if after, ok := strings.CutPrefix(p, strings.TrimPrefix(prefix+"/", "/")); ok {
			return after, true, nil
		}
	}
	return "", true, invalidName("repository address", s, "its host is not the Hub's; expected https://huggingface.co/ORG/NAME or ORG/NAME")
}

// pages are the path parts that follow a repository id in web addresses, and
// whether a revision follows them.
var pages = map[string]bool{
	"tree": true, "blob": true, "resolve": true, "raw": true, "commits": true, "commit": true,
	"discussions": false, "settings": false, "edit": false, "upload": false, "activity": false,
}

func refFromPath(whole, p string) (Ref, error) {
	bad := func(reason string) (Ref, error) {
		return Ref{}, invalidName("repository address", whole, reason)
	}
	parts := strings.Split(strings.Trim(p, "/"), "/")
	if parts[0] == "models" && len(parts) > 2 {
		parts = parts[1:]
	}
	switch parts[0] {
	case "datasets":
		return bad("it is a data set, not a model")
	case "spaces":
		return bad("it is a space, not a model")
	case "docs", "papers", "collections", "api", "blog", "learn", "models", "join", "login", "pricing", "settings":
		return bad("it is not the page of a repository")
	}
	n := 2
	if len(parts) == 1 {
		n = 1
	} else if _, page := pages[parts[1]]; page {
		n = 1
	}
	ref := Ref{RepoID: strings.TrimSuffix(path.Join(parts[:n]...), ".git")}
	if err := ValidateRepoID(ref.RepoID); err != nil {
		return Ref{}, err
	}
	rest := parts[n:]
	if len(rest) >= 2 && pages[rest[0]] {
		ref.Revision = revisionFromParts(rest[1:])
		if err := ValidateRevision(ref.Revision); err != nil {
			return Ref{}, err
		}
	}
	return ref, nil
}

// revisionFromParts reads the revision at the start of a web path. A slash in
// a revision is %2F there, except for refs/pr/N and refs/convert/X.
func revisionFromParts(parts []string) string {
	if len(parts) >= 3 && parts[0] == "refs" {
		return strings.Join(parts[:3], "/")
	}
	rev, err := url.PathUnescape(parts[0])
	if err != nil {
		return parts[0]
	}
	return rev
}
