// Command bench-lsp measures fib-ls, and TypeScript's own server beside it,
// as an editor feels them: one client process over standard input and output,
// an edit that keeps the syntax valid, the time until its diagnostics are
// there.
//
//	go run ./scripts/bench-lsp [-bin ./fib-ls] [-tsc scripts/node_modules/.bin/tsc] [-check]
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// row is what one server does with one file.
type row struct {
	Server       string  `json:"server"`
	Copies       int     `json:"copies"`
	Lines        int     `json:"lines"`
	OpenMS       float64 `json:"open_ms"`
	EditMS       float64 `json:"edit_ms"`
	EditP95MS    float64 `json:"edit_p95_ms"`
	EditMinMS    float64 `json:"edit_min_ms"`
	ResidentMB   float64 `json:"resident_mb"`
	OpenFindings int     `json:"open_findings"`
}

// limits are what fib-ls promises, by copies of the file.
var limits = map[int]row{
	1:   {EditMS: 1, OpenMS: 450, ResidentMB: 40},
	100: {EditMS: 2, OpenMS: 450, ResidentMB: 160},
}

// faster is how many times faster than TypeScript's server an edit must be.
var faster = map[int]float64{1: 25, 100: 250}

const initializeLimitMS = 8

func main() {
	bin := flag.String("bin", "./fib-ls", "the server that is measured")
	tsc := flag.String("tsc", "scripts/node_modules/.bin/tsc", "TypeScript 7's compiler; \"\" leaves it out")
	base := flag.String("models", "testdata/models.ts", "the models.ts whose entries are copied")
	edits := flag.Int("edits", 200, "edits for each file")
	starts := flag.Int("starts", 21, "starts for the time to initialize")
	asJSON := flag.Bool("json", false, "print JSON")
	check := flag.Bool("check", false, "exit 1 when a promise is not kept")
	flag.Parse()
	if err := run(*bin, *tsc, *base, *edits, *starts, *asJSON, *check); err != nil {
		fmt.Fprintln(os.Stderr, "bench-lsp:", err)
		os.Exit(1)
	}
}

func run(bin, tsc, base string, edits, starts int, asJSON, check bool) error {
	work, err := makeWorkspace(base)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work.dir) }()
	initialize, err := startTimes(bin, starts)
	if err != nil {
		return err
	}
	var rows []row
	for _, copies := range []int{1, 100} {
		r, err := measure(work, fibls(bin), copies, edits)
		if err != nil {
			return fmt.Errorf("fib-ls, %d×: %w", copies, err)
		}
		rows = append(rows, r)
	}
	if _, err := os.Stat(tsc); tsc != "" && err == nil {
		for _, copies := range []int{1, 100} {
			r, err := measure(work, typescript(tsc), copies, min(edits, 20))
			if err != nil {
				return fmt.Errorf("tsc, %d×: %w", copies, err)
			}
			rows = append(rows, r)
		}
	} else if tsc != "" {
		fmt.Fprintf(os.Stderr, "bench-lsp: %s is not there (npm ci in scripts/): TypeScript's server is left out\n", tsc)
	}
	if asJSON {
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"initialize_ms": initialize, "rows": rows})
	}
	return report(initialize, rows, check)
}

// report prints the table and holds it to the promises.
func report(initialize float64, rows []row, check bool) error {
	var broken []string
	promise := func(what string, is, limit float64) {
		if is > limit {
			broken = append(broken, fmt.Sprintf("%s: %.2f, promised %.2f", what, is, limit))
		}
	}
	fmt.Printf("exec -> initialize: %.1f ms (median)\n\n", initialize)
	promise("exec -> initialize (ms)", initialize, initializeLimitMS)
	fmt.Println("| server | file | lines | open → diagnostics | edit → diagnostics (median) | p95 | min | resident |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	ours := map[int]float64{}
	for _, r := range rows {
		fmt.Printf("| %s | %d× | %d | %.1f ms | %.3f ms | %.3f ms | %.3f ms | %.0f MB |\n", r.Server, r.Copies, r.Lines, r.OpenMS, r.EditMS, r.EditP95MS, r.EditMinMS, r.ResidentMB)
		if r.Server == "fib-ls" {
			ours[r.Copies] = r.EditMS
			limit := limits[r.Copies]
			promise(fmt.Sprintf("%d×: edit -> diagnostics (ms)", r.Copies), r.EditMS, limit.EditMS)
			promise(fmt.Sprintf("%d×: open -> diagnostics (ms)", r.Copies), r.OpenMS, limit.OpenMS)
			promise(fmt.Sprintf("%d×: resident (MB)", r.Copies), r.ResidentMB, limit.ResidentMB)
			if r.OpenFindings > 0 {
				broken = append(broken, fmt.Sprintf("the %d× file has %d findings: it should be clean", r.Copies, r.OpenFindings))
			}
			continue
		}
		ratio := r.EditMS / ours[r.Copies]
		fmt.Printf("\n%d×: an edit is %.0f times faster in fib-ls\n\n", r.Copies, ratio)
		promise(fmt.Sprintf("%d×: promised factor over the factor", r.Copies), faster[r.Copies]/ratio, 1)
	}
	for _, b := range broken {
		fmt.Println("NOT KEPT:", b)
	}
	if check && len(broken) > 0 {
		return fmt.Errorf("%d promises are not kept", len(broken))
	}
	return nil
}

// startTimes is the median time from exec to the answer to initialize.
func startTimes(bin string, n int) (float64, error) {
	var times []float64
	for range n {
		began := time.Now()
		c, err := start(bin, "serve")
		if err != nil {
			return 0, err
		}
		if err := c.call("initialize", map[string]any{"processId": nil, "rootUri": nil, "capabilities": map[string]any{}}); err != nil {
			return 0, err
		}
		times = append(times, ms(time.Since(began)))
		c.stop()
	}
	return percentile(times, 0.5), nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func percentile(times []float64, p float64) float64 {
	slices.Sort(times)
	return times[int(float64(len(times)-1)*p)]
}

func uriOf(path string) string { return "file://" + filepath.ToSlash(path) }
