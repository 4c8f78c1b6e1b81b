// Command fakehub runs a fake HuggingFace Hub on this machine, for trying
// clients by hand.
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "fakehub:", err)
		os.Exit(2)
	}
}

func run() error {
	addr := flag.String("addr", "127.0.0.1:8765", "address of the Hub")
	scenario := flag.String("scenario", "good", "how it behaves: a name that -list prints")
	list := flag.Bool("list", false, "list the scenarios and stop")
	dir := flag.String("dir", "", "also serve the files of DIR/ORG/NAME/…")
	flag.Parse()
	if *list {
		for _, sc := range fakehub.Scenarios() {
			fmt.Printf("%-18s %s\n", sc.Name, sc.Says)
		}
		return nil
	}
	sc, ok := fakehub.Find(*scenario)
	if !ok {
		return fmt.Errorf("there is no scenario %q: see -list", *scenario)
	}
	s, err := fakehub.Start(fakehub.Config{Addr: *addr, TLS: sc.TLS,
		OnAnswer: func(r fakehub.Request) { fmt.Fprintln(os.Stderr, r) }})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }() // the process ends
	sc.Prepare(s)
	if *dir != "" {
		if err := addDir(s, *dir); err != nil {
			return err
		}
	}
	home, err := os.MkdirTemp("", "fakehub-home-")
	if err != nil {
		return err
	}
	tell(s, sc, home)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	<-stop
	return os.RemoveAll(home)
}

// tell prints what to type in another terminal.
func tell(s *fakehub.Server, sc fakehub.Scenario, home string) {
	repo, revision, file := sc.Asks()
	fmt.Printf("# scenario %s: %s\nexport HF_ENDPOINT=%s HF_HOME=%s HF_HUB_DISABLE_XET=1 HF_HUB_DISABLE_TELEMETRY=1\n",
		sc.Name, sc.Says, s.URL, home)
	if sc.Token != "" {
		fmt.Println("export HF_TOKEN=" + sc.Token)
	}
	if pem := s.CAPEM(); pem != nil {
		path := filepath.Join(home, "ca.pem")
		if err := os.WriteFile(path, pem, 0o600); err == nil {
			fmt.Println("export SSL_CERT_FILE=" + path)
		}
	}
	fmt.Printf("# then: fib-ls extract %s --revision %s, or: hf download %s %s --revision %s\n", repo, revision, repo, file, revision)
}

// addDir serves DIR/ORG/NAME/FILE….
func addDir(s *fakehub.Server, dir string) error {
	tree := os.DirFS(dir)
	repos, err := fs.Glob(tree, "*/*")
	if err != nil {
		return err
	}
	for _, id := range repos {
		files := map[string]string{}
		err := fs.WalkDir(tree, id, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			data, err := fs.ReadFile(tree, path)
			files[strings.TrimPrefix(path, id+"/")] = string(data)
			return err
		})
		if err != nil {
			return err
		}
		if len(files) > 0 {
			s.Add(fakehub.NewRepo(id, files))
		}
	}
	return nil
}
