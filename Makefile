# fib-ls: `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BIN ?= fib-ls
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
GOFLAGS_BUILD := -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
FUZZTIME ?= 10m
export FLASHINFER SGLANG_PACKAGE
export CGO_ENABLED := 1

.PHONY: help build test demo bench fuzz soak lint e2e vsix release generate prerequisites

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 16

prerequisites:
	@scripts/prerequisites.sh

build: prerequisites ## build ./fib-ls
	go build $(GOFLAGS_BUILD) -o $(BIN) ./cmd/fib-ls

demo: build ## add two models to a copy of a models.ts, offline, and show what happened
	@scripts/demo.sh ./$(BIN)

test: prerequisites ## install what the tests need, then run every test, lint and the editors
	scripts/test.sh

lint: prerequisites ## golangci-lint, gofmt, go vet
	scripts/lint.sh

bench: prerequisites ## benchmarks
	go test -run '^$$' -bench . -benchmem ./...

fuzz: prerequisites ## every fuzz target for FUZZTIME (default 10m) each
	scripts/fuzz.sh $(FUZZTIME)

soak: build ## the long forms of the tests
	scripts/soak.sh

e2e: build ## real editors against the built binary
	scripts/e2e.sh
	scripts/e2e-vscode.sh

vsix: build ## the VS Code extension as a .vsix
	scripts/vsix.sh

release: prerequisites ## archives, checksums and SBOMs of every system with a C compiler here, in dist/
	scripts/release.sh

generate: ## everything that is made from other files and from the pinned sglang package; SGLANG=DIR takes a clone instead, FLASHINFER=DIR SGLANG_PACKAGE=DIR the table of FlashInfer's names
	scripts/generate.sh
