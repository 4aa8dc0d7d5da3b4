#!/bin/sh
# Builds a dex for `TW_DEX=… tests/run.py --only oidc`: build-dex.sh FILE. Wants Go, a C compiler, and minutes of a processor: it is no
# part of the suite. Its releases are not modules that `go install` takes, so it is a revision of its repository.
set -eu
out=$(realpath -m "$1")
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
from=$(go mod download -json github.com/dexidp/dex@v0.0.0-20210917061239-f0186ff2651e | sed -n 's/.*"Dir": "\(.*\)",/\1/p')
cp -r "$from" "$folder/dex"
chmod -R u+w "$folder/dex"
cd "$folder/dex"
go mod edit -dropreplace=github.com/dexidp/dex/api/v2 -require=github.com/dexidp/dex/api/v2@v2.1.0
GOFLAGS=-mod=mod go build -o "$out" ./cmd/dex
