package repo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/go-git/go-git/v5/plumbing"
)

// maxRetryAfter bounds the pause that a remote may ask for.
const maxRetryAfter = time.Minute

// errSlow is a remote that is silent for too long: it is not asked again, as a
// copy or the built-in index takes its place.
var errSlow = errors.New("the remote is slow")

// managed is a copy that we make and keep up to date: a bare partial clone of
// one commit, its directories and its wanted files.
type managed struct {
	o   Options
	dir string
	url string
	// own: the place is ours whatever is in it (the cache).
	own bool
	// heal: the copy is damaged and must be made anew.
	heal bool
}

func newManaged(o Options, dir string) (*managed, error) {
	if dir == filepath.Dir(dir) {
		return nil, &Error{Op: "fetching into", Subject: dir, Kind: ErrNotSGLang, Hint: "name a directory"}
	}
	inCache, err := filepath.Rel(o.CacheDir, dir)
	own := err == nil && filepath.IsLocal(inCache)
	return &managed{o: o, dir: dir, url: redactURL(o.URL), own: own}, nil
}

// open returns the copy, as new as is allowed and possible.
func (m *managed) open(ctx context.Context) (*Source, error) {
	s := m.state()
	usable := m.usable(s)
	if usable && (m.o.Offline || m.fresh(s)) {
		src, err := m.source(s, m.ageNote(s))
		if err == nil || m.o.Offline {
			return src, err
		}
		m.o.Logger.Warn("SGLang copy is damaged and will be fetched again", "dir", m.dir, "error", err)
		m.heal, usable = true, false
	}
	if m.o.Offline {
		return nil, &Error{Op: "opening", Subject: "SGLang", Kind: ErrOffline, embedded: true,
			Hint: "there is no copy of " + m.describeRef() + " in " + m.dir}
	}
	lock := lockPath(m.o.CacheDir, m.dir, "lock")
	unlock, ok, err := tryLock(lock)
	if err == nil && !ok {
		if usable {
			return m.source(s, m.ageNote(s), "another process is updating it")
		}
		m.report(Progress{Phase: "waiting", Message: "another process is fetching SGLang"})
		unlock, err = waitLock(ctx, lock)
	}
	if err != nil {
		return m.fallback(ctx, s, usable, err)
	}
	defer unlock()
	return m.openLocked(ctx)
}

// openLocked updates the copy, or makes it, under the lock.
func (m *managed) openLocked(ctx context.Context) (*Source, error) {
	s := m.state()
	if m.usable(s) && m.fresh(s) { // another process was faster
		if src, err := m.source(s, m.ageNote(s)); err == nil {
			return src, nil
		}
		m.heal = true
	}
	sweep(filepath.Dir(m.dir), filepath.Base(m.dir), m.o.tune.now())
	if err := m.fetch(ctx, s); err != nil {
		return m.fallback(ctx, m.state(), m.usable(m.state()), err)
	}
	src, err := m.source(m.state())
	if err != nil && !m.heal { // the update came on top of a damaged copy
		m.heal = true
		if err := m.fetch(ctx, s); err != nil {
			return m.fallback(ctx, s, false, err)
		}
		src, err = m.source(m.state())
	}
	return src, err
}

// fallback uses the copy that is there after a failed update.
func (m *managed) fallback(ctx context.Context, s *state, usable bool, err error) (*Source, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if usable && !errors.Is(err, ErrRefNotFound) && !errors.Is(err, ErrURL) {
		m.o.Logger.Info("SGLang copy not updated", "dir", m.dir, "error", err)
		return m.source(s, m.ageNote(s), "it could not be updated: "+err.Error())
	}
	return nil, withFallback(err)
}

// state reads the marker; a copy of another URL has nothing for us.
func (m *managed) state() *state {
	s, err := readState(m.dir)
	if err != nil || s.URL != m.url {
		return &state{Made: stateMade, Version: stateVersion, URL: m.url, Refs: map[string]refState{}}
	}
	if s.Refs == nil {
		s.Refs = map[string]refState{}
	}
	if _, ok := s.Refs[m.o.Ref]; !ok {
		m.borrow(s)
	}
	return s
}

// borrow finds what was asked for under another name: the default branch by
// its own name, a tip by its hash.
func (m *managed) borrow(s *state) {
	names := refCandidates(m.o.Ref)
	for _, key := range slices.Sorted(maps.Keys(s.Refs)) {
		r := s.Refs[key]
		if m.o.Ref != "" && (r.Commit == m.o.Ref || slices.Contains(names, r.Name)) {
			s.Refs[m.o.Ref] = r
			return
		}
	}
}

// usable reports whether what was asked for is in the copy, if not with its
// newest files.
func (m *managed) usable(s *state) bool {
	r, ok := s.Refs[m.o.Ref]
	return ok && r.Commit != "" && isGitDir(m.dir)
}

// fresh reports whether there is no need to look at the remote.
func (m *managed) fresh(s *state) bool {
	r := s.Refs[m.o.Ref]
	if r.Wanted != fetchedFilesVersion {
		return false
	}
	age := m.o.tune.now().Sub(r.Checked)
	return isHash(m.o.Ref) || (age >= 0 && age < m.o.MaxAge)
}

// source opens the copy for reading.
func (m *managed) source(s *state, extra ...string) (*Source, error) {
	release := holdShared(lockPath(m.o.CacheDir, m.dir, "use"))
	t, c, err := m.openCopy(s)
	if err != nil {
		release()
		return nil, m.damaged(err)
	}
	src := &Source{backend: t, origin: OriginFetched, dir: m.dir, commit: c.hash.String(), date: c.date, release: release}
	name := shortRef(s.Refs[m.o.Ref].Name)
	if name != "" {
		name = " " + name
	}
	src.notes = []string{src.describe(strings.Join(append([]string{m.url + name}, extra...), "; "))}
	return src, nil
}

// openCopy opens the commit of the copy that was asked for.
func (m *managed) openCopy(s *state) (*commitTree, commitInfo, error) {
	g, err := openGitDir(m.dir)
	if err != nil {
		return nil, commitInfo{}, err
	}
	c, err := g.store.commit(plumbing.NewHash(s.Refs[m.o.Ref].Commit))
	if err != nil {
		return nil, c, err
	}
	t, err := openCommit(g.store, c, true)
	if err != nil {
		return nil, c, err
	}
	if all, present := t.countModels(); present < all {
		return nil, c, fmt.Errorf("%w: %d model files", ErrIncomplete, all-present)
	}
	return t, c, nil
}

// damaged is an error about the copy itself: it can be thrown away.
func (m *managed) damaged(err error) error {
	return &Error{Op: "opening", Subject: m.dir, Kind: ErrCorrupt, Err: err, embedded: true,
		Hint: "remove the directory; it will be fetched again"}
}

func (m *managed) ageNote(s *state) string {
	age := m.o.tune.now().Sub(s.Refs[m.o.Ref].Checked).Round(time.Minute)
	if age < time.Minute {
		return "compared with the remote just now"
	}
	return "compared with the remote " + age.String() + " ago"
}

func (m *managed) describeRef() string {
	if m.o.Ref == "" {
		return "the default branch"
	}
	return quote(m.o.Ref)
}

func (m *managed) report(p Progress) {
	if m.o.Progress != nil {
		m.o.Progress(p)
	}
}

// fetch brings the copy to what the remote has, with pauses between tries.
func (m *managed) fetch(ctx context.Context, s *state) error {
	tries := m.o.tune.tries
	if m.usable(s) {
		tries = min(tries, 2) // what is there is good enough to not wait for long
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval = m.o.tune.firstDelay
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := m.fetchOnce(ctx, s)
		if err != nil && ctx.Err() != nil {
			return struct{}{}, backoff.Permanent(context.Cause(ctx))
		}
		return struct{}{}, retryable(err)
	}, backoff.WithBackOff(wait), backoff.WithMaxTries(uint(max(1, tries))),
		backoff.WithNotify(func(err error, pause time.Duration) {
			m.report(Progress{Phase: "retrying", Message: fmt.Sprintf("%v; again in %s", err, pause.Round(time.Millisecond))})
		}))
	return err
}

// retryable marks what another try cannot mend.
func retryable(err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	var unknown *unknownHostError
	if !errors.As(err, &e) || !errors.Is(e.Kind, ErrNetwork) || errors.Is(err, errRefused) || errors.Is(err, errSlow) || errors.As(err, &unknown) {
		return backoff.Permanent(err)
	}
	if status, pause := httpStatus(e.Err); status != 0 {
		if status < 500 && status != 429 && status != 408 {
			return backoff.Permanent(err)
		}
		if pause > 0 {
			return fmt.Errorf("%w%w", err, &backoff.RetryAfterError{Duration: min(pause, maxRetryAfter)})
		}
	}
	return err
}

// fetchOnce is one try.
func (m *managed) fetchOnce(ctx context.Context, s *state) error {
	r, err := newRemote(m.o)
	if err != nil {
		return err
	}
	defer r.close()
	connect, cancel := context.WithTimeoutCause(ctx, m.o.tune.checkBudget, &Error{
		Op: "fetching", Subject: m.url, Kind: ErrNetwork, Err: fmt.Errorf("no answer within %s: %w", m.o.tune.checkBudget, errSlow),
	})
	defer cancel()
	if err := r.connect(connect); err != nil {
		return err
	}
	t, err := r.resolve(m.o.Ref)
	if err != nil {
		return err
	}
	if !m.heal && m.complete(s, t) {
		return m.record(m.dir, s, t.name, s.Refs[m.o.Ref].Commit)
	}
	err = m.bring(ctx, r, t, s)
	if err != nil && isHash(m.o.Ref) && t.name == "" && errors.Is(err, errRefused) {
		return r.missingCommit(m.o.Ref)
	}
	return err
}

// bring fetches a target: into a new copy, in place of the old one, or on top
// of it.
func (m *managed) bring(ctx context.Context, r *remote, t target, s *state) error {
	if !isManaged(m.dir) && !m.heal {
		st, err := os.Stat(m.dir)
		return m.create(ctx, r, t, m.own && err == nil && st.IsDir())
	}
	if m.heal || !s.Filtered || len(packFiles(m.dir, ".pack")) >= m.o.tune.maxPacks {
		unlock, ok, err := tryLock(lockPath(m.o.CacheDir, m.dir, "use"))
		if err == nil && ok { // nobody reads it
			defer unlock()
			return m.create(ctx, r, t, true)
		}
		if m.heal {
			return m.damaged(errors.New("it is in use, so it cannot be replaced now"))
		}
	}
	return m.update(ctx, r, t, s)
}

// complete reports whether the remote is where our copy is.
func (m *managed) complete(s *state, t target) bool {
	mine, ok := s.Refs[m.o.Ref]
	if !ok || mine.Wanted != fetchedFilesVersion {
		return false
	}
	if mine.Commit == t.want.String() {
		return true
	}
	g, err := openGitDir(m.dir)
	if err != nil {
		return false
	}
	defer func() { _ = g.store.close() }() // only read
	c, err := g.store.commit(t.want)       // an annotated tag
	return err == nil && c.hash.String() == mine.Commit
}

// record writes the state of one ref.
func (m *managed) record(dir string, s *state, name, commit string) error {
	s.Refs[m.o.Ref] = refState{Name: name, Commit: commit, Checked: m.o.tune.now().UTC(), Wanted: fetchedFilesVersion}
	return s.write(dir, commit)
}
