#!/bin/sh
# run.sh COMMAND [ARGUMENT …]: what the npm scripts of this repository call.
# Brings what the command needs and this machine lacks (Node 24, pnpm, the dependencies), then becomes the command:
# every step to it is an `exec`, or a signal sent to npm would leave it behind.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/../.."
toolchain=infra/toolchain
. ./$toolchain/bootstrap.sh

command=${1-}
[ $# -eq 0 ] || shift
export TURBO_TELEMETRY_DISABLED=1 DO_NOT_TRACK=1

case "$command" in
  start | tour | figures | bench | soak | docs | check | format | migrate-operators | node) bring dependencies ;;
  test | test-one | test-vault-contract) bring dependencies tap ;;
  pipeline) bring dependencies tap pnpm ;;
  *)
    say 'usage: run.sh start | tour | figures | bench [OPTION …] | soak [MINUTES] | docs | check | format | test |' \
      'test-one FILE … | pipeline [TURBO ARGUMENT …] | test-vault-contract | migrate-operators [ARGUMENT …] | node [ARGUMENT …]'
    exit 64
    ;;
esac

run() { exec node --conditions=@oms/source "$@"; }
with_stack=packages/devstack/src/with-stack.ts

case "$command" in
  start) run packages/devstack/src/start/main.ts "$@" ;;
  tour) run packages/devstack/src/tour/main.ts "$@" ;;
  figures) run packages/devstack/src/figures/main.ts "$@" ;;
  bench) run packages/bench/src/main.ts "$@" ;;
  soak) run "$with_stack" node --conditions=@oms/source packages/client/test/soak.ts "$@" ;;
  docs | check | format | test | test-one) run "$toolchain/$command.ts" "$@" ;;
  test-vault-contract) run packages/devstack/src/vault/real.vault.test.ts "$@" ;;
  # One stack for the tests of all packages; as many tasks at a time as there are processors.
  pipeline) run "$with_stack" turbo run build lint typecheck test --concurrency=100% --output-logs=new-only "$@" ;;
  migrate-operators)
    root=$PWD
    # The paths among the arguments are meant from where npm was called.
    cd -- "${INIT_CWD:-.}"
    set -- "$root/apps/admin-api/src/migrate-operators/main.ts" "$@"
    [ -n "${DATABASE_URL-}" ] || set -- "$root/packages/devstack/src/start/with-local-stack.ts" "$@"
    run "$@"
    ;;
  node) run "$@" ;;
esac
