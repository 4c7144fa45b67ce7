# make test   everything that CI runs
# make lint   the linters alone
# make api    the exported API against api/*.txt and against the latest release
# make api-update  write api/*.txt
# make faults the fault matrix, with its table
# make bench  all benchmarks, into bench/results.txt; 10 to 15 minutes
# make fuzz   every fuzz target for FUZZTIME each
# make vuln   known vulnerabilities in what the code calls; asks Go's database, or VULNDB
# make licenses  what a program gets with the SDK or the examples, and under which licences
# make sbom   the SDK's bill of materials, into sbom.cdx.json; for a release VERSION=v1.2.3
# make mutate  every guard of the SDK taken away in turn; rows of the fault matrix must see it
# make soak    exports read through a proxy in bad weather, for SOAKTIME

# Older ones, such as the 3.81 of macOS, would not stop at the first error.
ifneq ($(firstword $(sort 3.82 $(MAKE_VERSION))),3.82)
$(error missing: GNU make 3.82 or newer; this is $(MAKE_VERSION))
endif

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := test

# Every module is checked by itself, as its users get it. go.work lists all modules for
# editors and for "go run ./examples/quickstart" from here.
export GOWORK := off

MODULES   := . examples
# 64 bits only, so it is not built for every platform.
BENCH     := bench
PLATFORMS := linux/amd64 linux/arm64 linux/386 windows/amd64 windows/arm64 darwin/amd64 darwin/arm64
FUZZTIME  := 60s
VULNDB    ?= https://vuln.go.dev
# All there are, so that none is forgotten.
EVERY     := $(sort $(patsubst ./%,%,$(patsubst %/,%,$(dir $(shell find . -name node_modules -prune -o -name go.mod -print)))))

AZURITE := internal/azurite/node_modules/.package-lock.json
TOOL    := go tool -modfile=$(CURDIR)/tools/go.mod

# The race detector gets fewer rows, so the million are read once without it. The
# SDK's own run is the last, so that the output ends with it.
.PHONY: test
test: needs format tidy build lint $(AZURITE)
	cd bench && go vet ./... && go test -timeout 5m ./...
	cd internal/faulttest && go vet ./... && go test -race -count=1 -timeout 20m
	cd internal/armtest && go test -race ./...
	cd examples && go test -race -shuffle=on -timeout 10m ./...
	go test -timeout 10m -run '^TestMillionRows$$' ./manifest ./costmgmt
	go test -race -shuffle=on -timeout 20m ./...

.PHONY: needs
needs:
	@.ci/needs go cc node

.PHONY: format
format:
	@unformatted=$$(find . -name node_modules -prune -o -name '*.go' -exec gofmt -l {} +); \
	if [[ -n "$$unformatted" ]]; then echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi

.PHONY: tidy
tidy:
	@for module in $(EVERY); do echo "go mod tidy -diff: $$module"; go -C "$$module" mod tidy -diff; done

# Every platform compiles, its tests too, and without cgo.
.PHONY: build
build:
	@for platform in $(PLATFORMS); do \
		echo "go build, go vet: $$platform"; \
		export CGO_ENABLED=0 GOOS="$${platform%/*}" GOARCH="$${platform#*/}"; \
		for module in $(MODULES); do go -C "$$module" build ./...; go -C "$$module" vet ./...; done; \
	done
	GOWORK= go build -o /dev/null ./examples/...

.PHONY: lint
lint:
	@.ci/needs go
	@for module in $(EVERY); do echo "golangci-lint: $$module"; (cd "$$module" && $(TOOL) golangci-lint run --config '$(CURDIR)/.golangci.yml' ./...); done

.PHONY: api
api:
	@.ci/needs go
	@go -C tools run ./api check '$(CURDIR)'

.PHONY: api-update
api-update:
	@.ci/needs go
	@go -C tools run ./api update '$(CURDIR)'

.PHONY: azurite
azurite: $(AZURITE)

$(AZURITE): internal/azurite/package.json internal/azurite/package-lock.json
	@.ci/needs node
	npm ci --prefix internal/azurite --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: bench
# DuckDB's lock file has what its package needs here; ci would ask for the libraries of
# every other system as well.
bench: $(AZURITE)
	@.ci/needs go node
	npm install --prefix bench/duckdb --no-save --ignore-scripts --no-audit --no-fund --loglevel=error
	cd bench && go run . -o results.txt

.PHONY: fuzz
fuzz: $(AZURITE)
	@.ci/needs go
	@for package in $$(go list ./...); do \
		listed=$$(go test -list '^Fuzz' "$$package"); \
		for target in $$(grep '^Fuzz' <<<"$$listed" || true); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package"; \
		done; \
	done

.PHONY: vuln
vuln:
	@.ci/needs go
	@.ci/vuln '$(VULNDB)' $(EVERY)

.PHONY: licenses
licenses:
	@.ci/needs go
	@go -C tools run ./linked licenses .. ../examples

.PHONY: sbom
sbom:
	@.ci/needs go
	@version='$(VERSION)'; version=$${version:-$$(git describe --tags --always --dirty)}; \
	go -C tools run ./linked sbom .. "$$version" >sbom.cdx.json || { rm -f sbom.cdx.json; exit 1; }; \
	echo "sbom.cdx.json: github.com/partnerbilling/sdk-go $$version"

.PHONY: faults
faults: $(AZURITE)
	@.ci/needs go cc node
	cd internal/faulttest && go test -race -count=1 -timeout 20m

.PHONY: mutate
mutate: $(AZURITE)
	@.ci/needs go node
	cd internal/faulttest && go run ./mutate

SOAKTIME ?= 30m

.PHONY: soak
soak: $(AZURITE)
	@.ci/needs go cc node
	cd internal/faulttest && go test -race -count=1 -timeout 0 -v -run '^TestSoak$$' -soak $(SOAKTIME) .
