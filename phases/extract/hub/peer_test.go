package hub

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

// peer is a running testdata/peer.py.
type peer struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Scanner
}

type peerJob struct {
	Env       map[string]string `json:"env"`
	Repo      string            `json:"repo"`
	Revision  string            `json:"revision"`
	File      string            `json:"file"`
	Offline   bool              `json:"offline"`
	Scan      bool              `json:"scan"`
	TellSleep string            `json:"tell_sleep"`

	Safetensors bool   `json:"safetensors"`
	Folder      string `json:"folder"` // of a dataset, to be listed
}

type peerResult struct {
	Version      string    `json:"version"`
	Content      string    `json:"content"`
	Path         string    `json:"path"`
	Error        []string  `json:"error"` // class names, outermost first
	Message      string    `json:"message"`
	Waits        []float64 `json:"waits"`
	Scan         []string  `json:"scan"`
	ScanWarnings []string  `json:"scan_warnings"`
	Cached       string    `json:"cached"`
	Crash        string    `json:"crash"`

	Tensors    []string         `json:"tensors"`
	Parameters map[string]int64 `json:"parameters"`
	Files      []string         `json:"files"`
}

// peerPython finds the interpreter that scripts/hub-peer.sh installs. Where it
// is missing the test is skipped with the reason, except in CI (CI=true) and
// when it was asked for (FIB_LS_HUB_PEER=1): there it is installed, and failing
// to is an error.
func peerPython(t *testing.T) string {
	t.Helper()
	root := filepath.Join("..", "..", "..")
	script := filepath.Join(root, "scripts", "hub-peer.sh")
	if runtime.GOOS == "windows" {
		t.Skip("the Python peer needs os.fork: not on Windows")
	}
	pins, err := os.ReadFile(filepath.Join(root, "scripts", "hub-peer-requirements.txt"))
	if err != nil {
		t.Fatal(err)
	}
	version := string(regexp.MustCompile(`(?m)^huggingface_hub==(\S+)`).FindSubmatch(pins)[1])
	venv := filepath.Join(root, ".cache", "hub-peer-"+version)
	if _, err := os.Stat(filepath.Join(venv, "complete")); err != nil {
		must := os.Getenv("CI") == "true" || os.Getenv("FIB_LS_HUB_PEER") == "1"
		if !must {
			t.Skipf("Python's huggingface_hub %s is not installed here: run scripts/hub-peer.sh (needs python3 and PyPI)", version)
		}
		if out, err := exec.Command("sh", script, "--install").CombinedOutput(); err != nil {
			t.Fatalf("the Hub client must be compared with Python's huggingface_hub %s here (CI=true or FIB_LS_HUB_PEER=1), but it cannot be installed: %v\n%s", version, err, out)
		}
	}
	python, err := filepath.Abs(filepath.Join(venv, "bin", "python"))
	if err != nil {
		t.Fatal(err)
	}
	return python
}

func startPeer(t *testing.T) *peer {
	t.Helper()
	cmd := exec.Command(peerPython(t), filepath.Join("testdata", "peer.py"))
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "PYTHONDONTWRITEBYTECODE=1"}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	s := bufio.NewScanner(out)
	s.Buffer(nil, 64<<20)
	return &peer{t: t, in: in, out: s}
}

func (p *peer) run(job peerJob) peerResult {
	p.t.Helper()
	line, err := json.Marshal(job)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		p.t.Fatal(err)
	}
	if !p.out.Scan() {
		p.t.Fatalf("the Python peer ended: %v", p.out.Err())
	}
	var r peerResult
	if err := json.Unmarshal(p.out.Bytes(), &r); err != nil {
		p.t.Fatal(err)
	}
	if r.Crash != "" {
		p.t.Fatalf("the Python peer crashed: %s", r.Crash)
	}
	return r
}

// peerEnv returns the peer's variables for a bench and a home.
func (b *bench) peerEnv(home string, sc fakehub.Scenario) map[string]string {
	timeout := "120" // a loaded machine must not change what is seen
	if sc.Slow {
		timeout = "1"
	}
	env := map[string]string{"HF_HUB_ETAG_TIMEOUT": timeout, "HF_HUB_DOWNLOAD_TIMEOUT": timeout}
	for _, kv := range b.s.Env(home) {
		k, v, _ := strings.Cut(kv, "=")
		if v != "" { // Python reads HF_HUB_CACHE= as a cache in the working directory
			env[k] = v
		}
	}
	if sc.Token != "" {
		env["HF_TOKEN"] = sc.Token
	}
	if v := b.vars["SSL_CERT_FILE"]; v != "" {
		env["SSL_CERT_FILE"] = v
	}
	return env
}
