//go:build unix

package repo

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// benchRemoteEnv names a bare clone of SGLang that serves filters
// (uploadpack.allowFilter); without it the benchmarks use a small repository.
const benchRemoteEnv = "FIB_LS_BENCH_REMOTE"

// BenchmarkFetch compares a first fetch of ours with git's, over HTTP from the
// same local server, each in a process of its own: time, peak memory of the
// process, bytes on disk.
func BenchmarkFetch(b *testing.B) {
	remote := os.Getenv(benchRemoteEnv)
	if remote == "" {
		remote = filepath.Join(newUpstream(b), ".git")
	}
	url := gitServer(b, filepath.Dir(remote), nil).URL + "/" + filepath.Base(remote)
	commands := []struct {
		name string
		make func(dir string) *exec.Cmd
	}{
		{"fib-ls", func(dir string) *exec.Cmd {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), helperEnv+"=open", "HELPER_WORK="+dir, "HELPER_CACHE="+filepath.Join(dir, "cache"), "HELPER_URL="+url)
			return cmd
		}},
		{"git clone --depth 1", func(dir string) *exec.Cmd {
			return exec.Command("git", "clone", "-q", "--depth", "1", url, filepath.Join(dir, "clone"))
		}},
		{"git clone --depth 1 --no-checkout", func(dir string) *exec.Cmd {
			return exec.Command("git", "clone", "-q", "--no-checkout", "--depth", "1", url, filepath.Join(dir, "clone"))
		}},
	}
	for _, c := range commands {
		b.Run(c.name, func(b *testing.B) {
			var peak, disk int64
			for b.Loop() {
				dir := b.TempDir()
				cmd := c.make(dir)
				if cmd.Env == nil {
					cmd.Env = gitEnv(dir)
				}
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
				peak, disk = max(peak, maxRSS(cmd.ProcessState)), diskUsage(b, dir)
			}
			b.ReportMetric(float64(peak)/1e6, "peakMB")
			b.ReportMetric(float64(disk)/1e6, "diskMB")
		})
	}
}

// BenchmarkOpen: a copy that is there, opened and its models read.
func BenchmarkOpen(b *testing.B) {
	remote := os.Getenv(benchRemoteEnv)
	if remote == "" {
		remote = newUpstream(b)
	}
	o := options(b, remote)
	o.MaxAge = 1 << 62
	_ = open(b, o)
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			s := open(b, o)
			_ = s.Close()
		}
	})
	b.Run("open and read models", func(b *testing.B) {
		var n int64
		for b.Loop() {
			s := open(b, o)
			n = 0
			for _, name := range paths(b, s, modelsDir) {
				n += int64(len(read(b, s, name)))
			}
			_ = s.Close()
		}
		b.SetBytes(n)
	})
}

// maxRSS is a finished process's peak resident set in bytes.
func maxRSS(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	rss := int64(usage.Maxrss) //nolint:unconvert // 32 bits on some systems
	if runtime.GOOS == "darwin" {
		return rss // bytes there, kilobytes elsewhere
	}
	return rss * 1024
}

// diskUsage adds up the sizes of the files below dir.
func diskUsage(tb testing.TB, dir string) (total int64) {
	tb.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		st, err := d.Info()
		if err == nil {
			total += st.Size()
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return total
}
