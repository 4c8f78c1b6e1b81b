package hub

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // git's object hash, which the Hub names; SHA-256 files use SHA-256
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// blobHash is the hash of content that a Hub of the given hash length names:
// git's SHA-1 of a blob object (40 hex digits) or the SHA-256 (64).
func blobHash(content []byte, hexLen int) string {
	if hexLen == 64 {
		sum := sha256.Sum256(content)
		return hex.EncodeToString(sum[:])
	}
	h := sha1.New() //nolint:gosec // see the import
	_, _ = h.Write([]byte("blob " + strconv.Itoa(len(content)) + "\x00"))
	_, _ = h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

// hashMatches says whether content has the hash that etag is.
func hashMatches(content []byte, etag string) bool {
	return isHash(etag) && blobHash(content, len(etag)) == etag
}

// normalizeETag takes the weakness mark and the quotes off.
func normalizeETag(v string) string {
	return strings.Trim(strings.TrimPrefix(strings.TrimSpace(v), "W/"), `"`)
}

// looksLikeHTML says whether a body is a web page where JSON was asked for.
func looksLikeHTML(content []byte, contentType string) bool {
	start := bytes.ToLower(bytes.TrimLeft(content[:min(len(content), 256)], " \t\r\n\xef\xbb\xbf"))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html")) ||
		strings.HasPrefix(strings.ToLower(contentType), "text/html") && bytes.HasPrefix(start, []byte("<"))
}
