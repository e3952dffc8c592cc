# SPDX-License-Identifier: Apache-2.0

GO       ?= go
FUZZTIME ?= 20s
TOOLS    := $(CURDIR)/bin/tools

.DEFAULT_GOAL := help
.PHONY: help demo build test race lint fuzz bench nightly release golden clean

help: ## list these targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "  make %-8s  %s\n", $$1, $$2 }' Makefile

# For a first look nobody waits for what takes longest to compile to be optimised, nor for
# debug information. make build makes the program for work.
QUICK := modernc.org/sqlite/... modernc.org/libc/... github.com/parquet-go/parquet-go/... github.com/xuri/excelize/...

demo: ## run the whole main job on the embedded company, into out/demo
	CGO_ENABLED=0 $(GO) build -trimpath -tags noentra -ldflags='-s -w' -gcflags=all=-dwarf=false \
		$(foreach p,$(QUICK),-gcflags='$(p)=-dwarf=false -N -l') -o bin/foureyes ./cmd/foureyes
	bin/foureyes demo --out out/demo

build: ## build bin/foureyes; with TAGS=noentra without Entra ID, which is faster; with TAGS=pkcs11 and CGO_ENABLED=1 with keys in tokens
	CGO_ENABLED=$${CGO_ENABLED:-0} $(GO) build -trimpath -tags "$(TAGS)" -o bin/foureyes ./cmd/foureyes

test: ## vet and test everything; installs a test's servers where it may
	@./.ci/packages
	$(GO) vet ./...
	$(GO) vet -tags noentra ./cmd/foureyes
	$(GO) test -timeout 25m ./...
	$(GO) test -tags noentra -run WithoutEntra ./cmd/foureyes
	@if command -v cc >/dev/null || [ -n "$$CI" ]; then set -x; CGO_ENABLED=1 $(GO) test -tags "noentra pkcs11" -run TokenSeals ./cmd/foureyes; else echo "no C compiler: keys in tokens are not tested"; fi

race: ## test with the race detector; needs a C compiler
	$(GO) test -race -timeout 30m ./...

lint: $(TOOLS)/houserules ## gofmt, vet, staticcheck and the rules of this house
	@unformatted="$$(gofmt -l .)"; [ -z "$$unformatted" ] || { echo "gofmt these:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(TOOLS)/staticcheck ./...
	$(TOOLS)/houserules .
	$(GO) -C tools vet ./...
	$(GO) -C tools test ./...

# Both tools are pinned by tools/go.mod, apart from what the program needs.
$(TOOLS)/houserules: tools/go.mod tools/go.sum $(wildcard tools/houserules/*.go)
	GOBIN=$(TOOLS) $(GO) -C tools install tool ./houserules
	@touch $@

fuzz: ## fuzz every target for FUZZTIME (20s) each
	./.ci/fuzz $(FUZZTIME)

bench: ## run all benchmarks into out/bench.txt
	@mkdir -p out
	$(GO) test -run '^$$' -bench . -timeout 60m ./... >out/bench.txt || { cat out/bench.txt; exit 1; }
	@grep -v 'no test files' out/bench.txt

nightly: ## what takes long: large worlds, races, five minutes of fuzzing per target
	@./.ci/packages
	FOUREYES_NIGHTLY=1 $(GO) test -timeout 60m -v -run 'AgainstClasp|ManyAccounts' ./sod/remedy/...
	FOUREYES_NIGHTLY=1 $(GO) test -race -timeout 120m -skip AgainstClasp ./...
	$(GO) -C reports/seal/pdfcputest test ./...
	./.ci/fuzz 5m

release: ## build the static binaries of all systems, and their checksums, into dist/
	GO=$(GO) ./.ci/release

golden: ## rewrite the golden files; read the difference before you commit it
	$(GO) test $$(grep -rlE 'fixturetest\.Golden|flag\.Bool\("update"' --include='*_test.go' . | xargs -n1 dirname | sort -u) -update

clean: ## remove what was built
	rm -rf bin dist out
