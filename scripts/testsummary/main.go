// Command testsummary reads `go test -json` from standard input and prints
// what failed with its output, what was skipped and why, and, as its last
// line, the three counts: passed failed skipped.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

type event struct {
	Action, Package, Test, Output string
	ImportPath                    string
}

func main() { os.Exit(run()) }

func run() int {
	outputs := map[string]*strings.Builder{}
	passed, failed, skipped := 0, 0, 0
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 64<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text())
			continue
		}
		key := e.Package + e.ImportPath + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			if outputs[key] == nil {
				outputs[key] = &strings.Builder{}
			}
			outputs[key].WriteString(e.Output)
		case "pass":
			if e.Test != "" {
				passed++
			} else {
				fmt.Printf("ok   %s\n", e.Package)
			}
			delete(outputs, key)
		case "skip":
			if e.Test != "" {
				skipped++
				fmt.Printf("SKIP %s: %s\n", strings.TrimSpace(key), reason(outputs[key]))
			}
			delete(outputs, key)
		case "fail", "build-fail":
			if e.Test != "" || !hasFailedTest(outputs, e.Package) {
				failed++
			}
			fmt.Printf("FAIL %s\n", strings.TrimSpace(key))
			if b := outputs[key]; b != nil {
				fmt.Print(b.String())
			}
		}
	}
	fmt.Println(passed, failed, skipped)
	if failed > 0 || in.Err() != nil {
		return 1
	}
	return 0
}

// hasFailedTest: a package fails with its tests; that is not counted twice.
func hasFailedTest(outputs map[string]*strings.Builder, pkg string) bool {
	for key, b := range outputs {
		if strings.HasPrefix(key, pkg+" ") && !strings.HasSuffix(key, " ") && strings.Contains(b.String(), "--- FAIL") {
			return true
		}
	}
	return false
}

func reason(b *strings.Builder) string {
	if b == nil {
		return ""
	}
	var lines []string
	for line := range strings.SplitSeq(b.String(), "\n") {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}
