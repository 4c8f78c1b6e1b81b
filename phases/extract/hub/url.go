package hub

import (
	"net"
	"net/url"
	"strings"
)

// escape percent-encodes every byte of s but A-Za-z0-9_.-~. url.PathEscape
// leaves $&+=:@ alone, which the Hub reads differently.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// resolveURL is the address of a file: the slashes in the repository id and in
// the file's name stay, those in the revision are escaped.
func resolveURL(endpoint, repoID, revision, filename string) string {
	return endpoint + "/" + repoID + "/resolve/" + escape(revision) + "/" + strings.ReplaceAll(escape(filename), "%2F", "/")
}

// origin is scheme://host:port with the default port written out.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		switch u.Scheme {
		case "https":
			port = "443"
		case "http":
			port = "80"
		}
	}
	return strings.ToLower(u.Scheme) + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// isOfficial reports whether an origin is the public Hub's own.
func isOfficial(o string) bool {
	return o == "https://huggingface.co:443" || o == "https://hf.co:443"
}

// isLoopback reports whether a host can only be this machine.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// displayURL is u without what may be secret: no user, no query.
func displayURL(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.Scheme + "://" + u.Host + u.EscapedPath()
}

// displayOrigin is scheme://host, as a user would write it.
func displayOrigin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// repoFromURL reads the repository id from the path of a Hub address
// (…/ORG/NAME/resolve/… or /api/resolve-cache/models/ORG/NAME/…); "" if the
// path is neither.
func repoFromURL(endpoint, u *url.URL) string {
	p := u.EscapedPath()
	if rest, ok := strings.CutPrefix(p, "/api/resolve-cache/models/"); ok {
		parts := strings.Split(rest, "/")
		for i := 1; i < len(parts) && i <= 2; i++ {
			if IsCommit(parts[i]) {
				return validOrEmpty(strings.Join(parts[:i], "/"))
			}
		}
		return ""
	}
	if origin(endpoint) == origin(u) {
		p = strings.TrimPrefix(p, strings.TrimSuffix(endpoint.EscapedPath(), "/"))
	}
	id, _, ok := strings.Cut(strings.TrimPrefix(p, "/"), "/resolve/")
	if !ok {
		return ""
	}
	return validOrEmpty(id)
}

func validOrEmpty(id string) string {
	if ValidateRepoID(id) != nil {
		return ""
	}
	return id
}

// pinCommit replaces the revision in a …/resolve/REV/… address by the commit,
// so that the download is of the commit that the metadata spoke of even when
// the branch moves in between. Other addresses stay as they are.
func pinCommit(u *url.URL, revision, commit string) *url.URL {
	before, after, ok := strings.Cut(u.EscapedPath(), "/resolve/"+escape(revision)+"/")
	if !ok || revision == commit {
		return u
	}
	pinned, err := u.Parse(before + "/resolve/" + commit + "/" + after)
	if err != nil {
		return u
	}
	pinned.RawQuery = u.RawQuery
	return pinned
}
