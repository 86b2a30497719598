# SPDX-License-Identifier: Apache-2.0
#
# make check   everything a change must pass; .ci/run runs the same parts
# make parts   their names, in order

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:

PARTS := fmt tidy modules house vet lint test race examples fuzz
.PHONY: check parts $(PARTS) bench cover record kill proof

check: $(PARTS)

parts:
	@echo $(PARTS)

# Built outside the module, so that go.mod stays free of it. It wants Go 1.26 or newer.
GOLANGCI := bin/golangci-lint-v2.15.0

$(GOLANGCI):
	@GOBIN="$$PWD/bin" go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(@:bin/golangci-lint-%=%)
	mv bin/golangci-lint $@

fmt:
	@unformatted=$$(git ls-files -coz --exclude-standard '*.go' | xargs -0r "$$(go env GOROOT)/bin/gofmt" -l)
	if [[ -n $$unformatted ]]; then
		printf 'not formatted (run gofmt -w):\n%s\n' "$$unformatted"
		exit 1
	fi

tidy:
	@go mod tidy -diff

# No module in use is older than the version that fixed what is known of it.
modules:
	@.ci/modules

# Rules of the house that no linter knows.
house:
	@bad=$$(git ls-files -coz --exclude-standard '*.go' | xargs -0r grep -L '^// SPDX-License-Identifier: Apache-2.0$$' || true)
	if [[ -n $$bad ]]; then
		printf 'no SPDX line:\n%s\n' "$$bad"
		exit 1
	fi
	if git grep --untracked -nIE '/(work|root|farm)/' -- . ':!go.sum'; then
		echo 'these name paths of one machine'
		exit 1
	fi

vet:
	@go vet ./...

lint: $(GOLANGCI)
	@$(GOLANGCI) config verify
	$(GOLANGCI) run ./...

test:
	@go test ./...

# Under the race detector, and no test may skip, but for these:
#   TestRecord  talks to a live account (make record)
SKIPS := TestRecord

# With the newest Go, where that can be had: make test takes the one that is installed, and go.mod the one before. Many
# tests mostly wait: so more packages run at once than there are processors, and the one that waits most begins.
NEWEST_GO := go1.27.4

race:
	@log=$$(mktemp)
	trap 'rm -f "$$log"' EXIT
	if GOTOOLCHAIN=$(NEWEST_GO) go version; then
		export GOTOOLCHAIN=$(NEWEST_GO)
	else
		go version
	fi
	go build -race ./... # first, for a test that may not start yet keeps one of the places
	if ! go test -race -vet=off -p $$(($$(nproc) + 1)) -v ./quota/journal ./... >"$$log" 2>&1; then
		grep -vE '^(=== |PASS$$|[[:space:]]*--- PASS)' "$$log"
		exit 1
	fi
	grep -E '^(ok|\?)[[:space:]]' "$$log"
	skipped=$$(sed -nE 's/^ *--- SKIP: ([^ ]+) .*/\1/p' "$$log" | grep -vxE '($(SKIPS))(/.*)?' || true)
	if [[ -n $$skipped ]]; then
		printf 'skipped:\n%s\n' "$$skipped"
		exit 1
	fi

# Each example builds; quickstart, standing and journal run; fakecloud says that it is ready, and ends when interrupted.
examples:
	@dir=$$(mktemp -d)
	trap 'rm -rf "$$dir"' EXIT
	go build -o "$$dir/" ./examples/...
	"$$dir/quickstart"
	"$$dir/standing" -customers 20
	"$$dir/journal" -orders 50
	"$$dir/fakecloud" -alibaba 127.0.0.1:0 -huawei 127.0.0.1:0 >"$$dir/out" &
	pid=$$!
	for _ in {1..100}; do grep -q '^ready ' "$$dir/out" && break; sleep 0.1; done
	kill -INT $$pid 2>/dev/null || true
	wait $$pid
	grep '^ready ' "$$dir/out"

# Every fuzz target, found by name, for FUZZTIME each: one process per target, as many at once as there are processors.
#   make fuzz FUZZTIME=30m
FUZZTIME ?= 20s
fuzz:
	@targets=$$(git grep --untracked -E '^func Fuzz' -- '*_test.go' | sed -E 's,^(.*)/[^/]+:func (Fuzz[A-Za-z0-9_]*).*,./\1 \2,')
	one() {
		# The models of the vendors' services, which other tests take, would be built anew with the fuzzer's marks: minutes.
		local what=$$1
		if grep -qs '/services/' "$$1"/*_test.go; then
			what=$$(grep -L -e '/services/' -e '^package .*_test$$' "$$1"/*.go)
		fi
		if ! out=$$(go test -run '^$$' -fuzz "^$$2$$" -fuzztime $(FUZZTIME) -parallel 1 $$what 2>&1); then
			# When its time is up on a busy machine, go test may call that a failure (golang/go#75804, mended in Go 1.27).
			if grep -q 'Failing input' <<<"$$out" || ! grep -q '^ *context deadline exceeded$$' <<<"$$out"; then
				echo "$$out"
				return 1
			fi
		fi
		echo "ok $$1 $$2: $$(grep -oE 'execs: [0-9]+' <<<"$$out" | tail -n 1)"
	}
	export -f one
	xargs -P "$$(nproc)" -L 1 bash -c 'one "$$@"' one <<<"$$targets"

# Ratios beside a hand-written floor and the vendors' clients; then what the journal costs over the bare call, and how many
# intents it carries out.
bench:
	@go run ./internal/bench
	go test ./quota/journal -run '^$$' -bench Do -benchtime 2000x
	go test ./quota/journal -run '^$$' -bench Run -benchtime 3x

# The journal at length, with real processes: 5,000 intents and 150 kills or more on each database, two processes with one
# key, a worker that is frozen, a database that goes away.
kill:
	@RESELL_KILL=long go test ./quota/journal -count=1 -v -timeout 30m \
		-run 'TestKill|TestTwo|TestFrozenWorker|TestDatabaseAway|TestClockOff|TestExampleOnPostgres'

# What CI runs in short, at length: pairs of faults, simulation, linearizability, signatures, scale.
proof:
	@RESELL_PROOF=pairs RESELL_SIM=200000 RESELL_LINEAR=1000 RESELL_SIGN_ROUNDS=50000 RESELL_SCALE=long \
		go test ./internal/... ./quota/... -count=1 -timeout 120m -v | grep -vE '^ *(=== |--- PASS)'

cover:
	@go test -coverprofile=coverage.out -coverpkg=./... ./...
	go tool cover -func=coverage.out | tail -n 1
	go tool cover -html=coverage.out -o coverage.html

# Records the fixtures anew from live accounts. It only reads, unless RESELL_RECORD_WRITES=1. What it writes to disk is
# scrubbed. The environment says which accounts:
#   ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET   the reseller account's key
#   RESELL_ALIBABA_SITE, RESELL_ALIBABA_CUSTOMER                   its site, and a customer made for tests
#   HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK                         the partner account's key
#   RESELL_HUAWEI_SITE, RESELL_HUAWEI_CUSTOMER                     its site, and a customer made for tests
# The cassette_test.go of each adapter says the rest: temporary keys, and what is written on request.
record:
	@RESELL_RECORD=1 go test ./alibaba ./huawei -run '^TestRecord$$' -count=1 -v
