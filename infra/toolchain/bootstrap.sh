# Sourced by run.sh. `bring THING …` makes THINGs (dependencies, tap, pnpm) and Node 24 ready, downloads nothing that is
# there, and says what it does on stderr. A stamp beside each thing tells a later run that it is up to date.

NODE_WANTED=24 # strips types and runs the tools
NODE_NEEDED=20 # runs npm, which fetches the rest

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 69 # EX_UNAVAILABLE of sysexits(3)
}

bring() {
  command -v node >/dev/null || fail "Node $NODE_NEEDED or newer, with npm, is needed and not on PATH (https://nodejs.org)."
  major=$(node -p 'parseInt(process.versions.node)')
  [ "$major" -ge "$NODE_NEEDED" ] || fail "Node $NODE_NEEDED or newer is needed; the one on PATH is $(node -v)."
  # A checkout may be shared with a container or another machine: what was installed for one is no good for the other.
  machine=$(uname -sm)
  for thing in node "$@"; do
    "ready_$thing" || locked "$thing"
    "enter_$thing"
  done
}

# ── node and pnpm: infra/toolchain/package-lock.json, installed by npm ──

toolchain_stamp() { printf '%s for %s, lock %s' "$1" "$machine" "$(cksum <$toolchain/package-lock.json)"; }
toolchain_is() { [ "$(cat $toolchain/node_modules/.stamp 2>/dev/null)" = "$(toolchain_stamp "$1")" ]; }
enter_toolchain() { PATH=$PWD/$toolchain/node_modules/.bin:$PATH && export PATH; }

ready_node() { [ "$major" -ge "$NODE_WANTED" ] || toolchain_is 'node and pnpm'; }
enter_node() {
  if [ "$major" -lt "$NODE_WANTED" ]; then enter_toolchain; fi
  PATH=$PWD/node_modules/.bin:$PATH && export PATH
}
make_node() {
  case "$(node -p 'process.platform + " " + process.arch')" in
    'linux x64' | 'linux arm64' | 'darwin x64' | 'darwin arm64') ;;
    *) fail "Node $NODE_WANTED or newer is needed; install it, for there is none to fetch for $machine." ;;
  esac
  if ls /lib/ld-musl-* >/dev/null 2>&1; then
    fail "Node $NODE_WANTED or newer is needed; install it with the system's packages, for the one to fetch wants glibc."
  fi
  make_toolchain "Node $NODE_WANTED and pnpm (the Node here is $(node -v))" 'node and pnpm'
}

ready_pnpm() {
  toolchain_is 'node and pnpm' || toolchain_is pnpm || machine_pnpm
}
# Asked outside the repository: inside, pnpm would fetch the version that package.json pins before it answers.
machine_pnpm() {
  pinned=$(node -p 'require("./package.json").packageManager')
  [ "pnpm@$(cd / && COREPACK_ENABLE_NETWORK=0 pnpm --version 2>/dev/null </dev/null)" = "$pinned" ]
}
enter_pnpm() {
  if toolchain_is 'node and pnpm' || toolchain_is pnpm; then enter_toolchain; fi
}
make_pnpm() { make_toolchain pnpm pnpm --omit=optional; }

make_toolchain() {
  what=$1 kind=$2
  shift 2
  command -v npm >/dev/null || fail "npm, which comes with Node, is needed to fetch $what and is not on PATH."
  rm -f $toolchain/node_modules/.stamp
  step "Fetching $what" npm ci --prefix $toolchain --ignore-scripts --no-audit --no-fund --loglevel=error "$@"
  # The shebang of pnpm and the shims of the tools find this Node by PATH.
  if [ "$kind" != pnpm ] && ! $toolchain/node_modules/.bin/node --version >/dev/null; then
    fail "The Node that npm fetched does not run here; install Node $NODE_WANTED or newer."
  fi
  toolchain_stamp "$kind" >$toolchain/node_modules/.stamp
}

# ── dependencies: pnpm-lock.yaml, installed by pnpm ──

dependencies_stamp() {
  printf '%s, ' "$machine"
  cat pnpm-lock.yaml pnpm-workspace.yaml .npmrc package.json apps/*/package.json packages/*/package.json | cksum
}
ready_dependencies() { [ "$(cat node_modules/.stamp 2>/dev/null)" = "$(dependencies_stamp)" ]; }
enter_dependencies() { :; }
make_dependencies() {
  ready_pnpm || make_pnpm
  enter_pnpm
  rm -f node_modules/.stamp
  # CI: pnpm must not stop to ask whether it may replace a node_modules.
  step 'Installing the dependencies' \
    env CI=1 pnpm install --frozen-lockfile --prefer-offline --reporter=append-only --loglevel=warn
  dependencies_stamp >node_modules/.stamp
}

# ── tap: rewrites its own package for the plugins that .taprc names; a `tap run` that has to do so first fails ──

tap_package() { echo node_modules/.pnpm/@tapjs+test@*/node_modules/@tapjs/test; }
ready_tap() { [ "$(cat "$(tap_package)/.stamp" 2>/dev/null)" = "$(cksum <.taprc)" ]; }
enter_tap() { :; }
make_tap() {
  # Its files are hard links into pnpm's store, which must not be rewritten with them.
  find "$(tap_package)" -type f -links +1 -exec sh -c 'for f; do cp -p "$f" "$f.x" && mv "$f.x" "$f"; done' _ {} +
  step 'Building the test runner' node_modules/.bin/tap build
  cksum <.taprc >"$(tap_package)/.stamp"
}

# ── one at a time, with progress ──

# step TEXT COMMAND …: a line that grows a dot every two seconds and ends with the time; the output only of a failure.
step() {
  text=$1
  shift
  output=$(mktemp)
  printf '%s ' "$text" >&2
  begun=$(date +%s)
  while sleep 2 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do printf . >&2; done &
  dots=$!
  "$@" >"$output" 2>&1 </dev/null &
  job=$!
  echo $job >$lock.job
  status=0
  wait $job || status=$?
  job=
  { kill $dots && wait $dots; } 2>/dev/null || : # quietly: some shells report a job that was killed
  dots=
  say " $(($(date +%s) - begun)) s"
  if [ $status -ne 0 ]; then
    cat "$output" >&2
    rm -f "$output"
    fail "$text did not succeed (exit code $status)."
  fi
  rm -f "$output"
}

lock=$toolchain/.lock # a symbolic link to the holder's pid: made and filled in one step
alive() { kill -0 "$1" 2>/dev/null || ps -p "$1" >/dev/null 2>&1; }

# locked THING: makes it, unless whoever held the lock before has.
locked() {
  dots='' job='' output=''
  trap 'let_go' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  take_lock
  "ready_$1" || "make_$1"
  trap - INT TERM HUP
  let_go
  trap - EXIT
}
let_go() {
  [ -z "$dots" ] || kill "$dots" 2>/dev/null || :
  if [ -n "$job" ]; then
    kill "$job" 2>/dev/null || :
    wait "$job" 2>/dev/null || : # it may not be half-way through a folder when the next one starts
  fi
  [ -z "$output" ] || rm -f "$output"
  [ "$(readlink $lock)" != $$ ] || rm -f $lock.job $lock
}
# What a killed holder was running goes on without it.
held() { alive "$1" || { orphan=$(cat $lock.job 2>/dev/null) && alive "$orphan"; }; }
take_lock() {
  waited=
  until ln -s $$ $lock 2>/dev/null; do
    holder=$(readlink $lock || :)
    if [ -n "$holder" ] && ! held "$holder"; then
      break_lock "$holder"
      continue
    fi
    [ -w $toolchain ] || fail "$PWD/$toolchain cannot be written by this user."
    if [ -z "$waited" ]; then say "Waiting for another run that is installing (process $holder) …"; fi
    waited=yes
    sleep 1
  done
}
# Of several that see a dead holder only one may remove its lock, and none the lock that the next holder has by then.
break_lock() {
  if mkdir $lock.breaking 2>/dev/null; then
    [ "$(readlink $lock)" != "$1" ] || rm -f $lock.job $lock
    rmdir $lock.breaking
  else
    sleep 1
    find $lock.breaking -prune -mmin +1 -exec rmdir {} \; 2>/dev/null || :
  fi
}
