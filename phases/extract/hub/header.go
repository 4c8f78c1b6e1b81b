package hub

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// A safetensors file begins with eight bytes, the little-endian length of the
// header, and then the header: JSON that names its tensors.
const (
	headerPrefix = 8
	// maxHeader is the bound that the safetensors format itself sets.
	maxHeader = 25_000_000
	// firstRange is what is asked for first, as huggingface_hub does: most
	// headers fit.
	firstRange = 100_000
)

// Header is the beginning of one safetensors file.
type Header struct {
	Filename string
	// JSON is the header's text, as the file has it.
	JSON []byte
	// ETag is the SHA-256 of the whole file by which the Hub knows it; ""
	// where nobody said.
	ETag string
	// Size is the length of the whole file, -1 where nobody said.
	Size int64
	// From is FromHub, FromCache or FromDisk.
	From string
}

// headerLength reads the length of a header from the first eight bytes of a
// file of the given size (-1: unknown).
func headerLength(start []byte, size int64) (int64, string) {
	if len(start) < headerPrefix {
		return 0, fmt.Sprintf("it has %d bytes, fewer than the length of a header takes", len(start))
	}
	n := binary.LittleEndian.Uint64(start)
	switch {
	case n > maxHeader:
		return 0, fmt.Sprintf("it would be %d bytes long; at most %d are allowed", n, int64(maxHeader))
	case n < 2:
		return 0, fmt.Sprintf("it would be %d bytes long", n)
	case size >= 0 && int64(n)+headerPrefix > size:
		return 0, fmt.Sprintf("it would be %d bytes long, more than the file's %d", n, size)
	}
	return int64(n), ""
}

// header GETs the beginning of a file, with up to maxTries tries.
func (k *call) header(ctx context.Context, m *metadata, spend func(int64) error) ([]byte, error) {
	var got []byte
	err := k.again(ctx, maxTries, func() error {
		start, err := k.getRange(ctx, m, 0, firstRange, spend)
		if err != nil {
			return err
		}
		length, reason := headerLength(start, m.size)
		if reason != "" {
			return badHeader(k.subjectOf(m.location), reason, false)
		}
		end := headerPrefix + length
		if int64(len(start)) < end && len(start) > firstRange {
			rest, err := k.getRange(ctx, m, int64(len(start)), end-1, spend)
			if err != nil {
				return err
			}
			start = append(start, rest...)
		}
		if int64(len(start)) < end {
			return badHeader(k.subjectOf(m.location), fmt.Sprintf("%d of its %d bytes came", len(start)-headerPrefix, length), true)
		}
		got = start[headerPrefix:end]
		return k.refuseEcho(k.subjectOf(m.location), got)
	})
	return got, err
}

// getRange GETs the bytes from first to last of a file. A server that does not
// know ranges sends the whole file: it is read up to what was asked for, or up
// to the end of the header that it begins with, and cut off there.
func (k *call) getRange(ctx context.Context, m *metadata, first, last int64, spend func(int64) error) ([]byte, error) {
	part := *k
	part.span = fmt.Sprintf("bytes=%d-%d", first, last)
	a, err := part.follow(ctx, http.MethodGet, m.location, m.trusted)
	k.warnings = part.warnings
	if err != nil {
		return nil, err
	}
	defer a.close() // which ends the exchange: a body that goes on is not read
	want := last - first + 1
	switch a.StatusCode {
	case http.StatusPartialContent:
		if at, ok := rangeStart(a.Header.Get("Content-Range")); !ok || at != first {
			return nil, badHeader(k.subject(a), "the server sends another part of the file than was asked for", true)
		}
	case http.StatusOK:
		if first > 0 {
			return nil, badHeader(k.subject(a), "the server sent a part of the file once and the whole file the second time", false)
		}
		k.c.log.Info("hub server ignores ranges", "url", displayURL(a.at))
	default:
		return nil, otherStatus(k.subject(a))
	}
	return k.readPart(a, want, spend)
}

// rangeStart reads the first position of "bytes 0-99/200".
func rangeStart(v string) (int64, bool) {
	v, ok := strings.CutPrefix(strings.TrimSpace(v), "bytes ")
	first, _, dash := strings.Cut(v, "-")
	n, err := strconv.ParseInt(first, 10, 64)
	return n, ok && dash && err == nil && n >= 0
}

// readPart reads a body up to what was asked for. Of a whole file it reads on
// to the end of the header, so that a second request is not needed.
func (k *call) readPart(a *answer, want int64, spend func(int64) error) ([]byte, error) {
	first := want == firstRange+1
	body, err := k.receive(a, min(want, firstRange+1), func(body []byte, n int) (enough bool, err error) {
		if first && a.StatusCode == http.StatusOK && len(body) >= headerPrefix {
			if length, reason := headerLength(body, -1); reason == "" {
				want = headerPrefix + length
			}
		}
		return int64(len(body)) >= want, spend(int64(n))
	})
	return body[:min(int64(len(body)), want)], err
}
