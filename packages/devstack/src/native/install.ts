import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { isService, type Progress } from '../service.ts'
import { DevstackUnavailable } from '../unavailable.ts'
import { withMachineLock } from './lock.ts'
import { type Machine, thisMachine } from './machine.ts'
import { findProgram, type Program, PROGRAM_TITLES, type ProgramName, type Search, WANTED } from './programs.ts'

export type Programs = Readonly<Partial<Record<ProgramName, Program>>>

export type InstallOptions = Readonly<{ services: readonly ProgramName[]; onProgress?: Progress; machine?: Machine }>

const PACKAGES: Readonly<Record<ProgramName, Readonly<{ debian: string; homebrew: string }>>> = {
  postgres: { debian: 'postgresql', homebrew: 'postgresql@16' },
  redis: { debian: 'redis-server', homebrew: 'redis' },
  nats: { debian: 'nats-server', homebrew: 'nats-server' },
  pgbouncer: { debian: 'pgbouncer', homebrew: 'pgbouncer' },
  prometheus: { debian: 'prometheus', homebrew: 'prometheus' },
  alertmanager: { debian: 'prometheus-alertmanager', homebrew: 'alertmanager' },
  curl: { debian: 'curl', homebrew: 'curl' },
}

/**
 * Finds the servers, and installs from Debian's packages what is missing where that is possible; no system daemon is started or
 * enabled. Safe in several processes at once. Rejects with `DevstackUnavailable`.
 */
export async function installNative({
  services,
  onProgress,
  machine = thisMachine,
}: InstallOptions): Promise<Programs> {
  const before = await search(services, machine)
  if (isComplete(before)) return programsOf(before)
  if (!machine.mayInstall()) throw new DevstackUnavailable(whatToDo(before))
  return withMachineLock('oms-devstack-install', async () => {
    const missing = await search(services, machine)
    const wanted = services.filter((service) => !missing[service]?.found)
    if (wanted.length > 0) await install(wanted, onProgress ?? (() => undefined))
    const after = await search(services, machine)
    if (!isComplete(after)) throw new DevstackUnavailable(whatToDo(after))
    return programsOf(after)
  })
}

type Searches = Readonly<Partial<Record<ProgramName, Search>>>

export async function search(services: readonly ProgramName[], machine: Machine): Promise<Searches> {
  const folders = await machine.folders()
  const found = services.map(async (name) => [name, await findProgram(name, folders)] as const)
  return Object.fromEntries(await Promise.all(found))
}

export function isComplete(searches: Searches): boolean {
  return Object.values(searches).every((one) => one.found !== undefined)
}

export function programsOf(searches: Searches): Programs {
  return Object.fromEntries(Object.entries(searches).flatMap(([name, { found }]) => (found ? [[name, found]] : [])))
}

export function whatToDo(searches: Searches): string {
  const missing = Object.entries(searches).flatMap(([name, { found, tooOld }]) =>
    found ? [] : [{ name: name as ProgramName, tooOld }],
  )
  const lacks = missing.map(({ name, tooOld }) => {
    const need = `${PROGRAM_TITLES[name]} ${WANTED[name].atLeast.join('.')} or newer`
    return tooOld ? `${need} (${tooOld.folder} has ${tooOld.version})` : need
  })
  const packages = (system: 'debian' | 'homebrew') => missing.map(({ name }) => PACKAGES[name][system]).join(' ')
  const docker = missing.every(({ name }) => isService(name)) ? 'or start Docker' : 'for which Docker is no substitute'
  return (
    `This machine lacks ${lacks.join(', ')}: install them (apt-get install ${packages('debian')}; ` +
    `brew install ${packages('homebrew')}), ${docker}, or run this as root on Debian to have them installed.`
  )
}

async function install(services: readonly ProgramName[], onProgress: Progress): Promise<void> {
  onProgress(`Installing ${services.map((name) => PROGRAM_TITLES[name]).join(', ')} from Debian packages, once`)
  const child = spawn('/bin/sh', ['-c', INSTALL_SCRIPT, 'install', ...services.map((name) => PACKAGES[name].debian)], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
  })
  const complaints: string[] = []
  createInterface({ input: child.stdout }).on('line', onProgress)
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line))
  const since = performance.now()
  const alive = setInterval(
    () => onProgress(`… still at it after ${Math.round((performance.now() - since) / 1_000)} s`),
    ALIVE_EVERY_MS,
  )
  const [code] = (await once(child, 'close')) as [number | null]
  clearInterval(alive)
  if (code !== 0)
    throw new DevstackUnavailable(`Debian's packages could not be installed: ${complaints.slice(-3).join('; ')}`)
}

/** apt says nothing while it works. */
const ALIVE_EVERY_MS = 3_000

// One script, so that its own exit trap takes the two policies back even when the caller is gone by then.
// Debian starts and enables each server it installs, and makes a PostgreSQL cluster, unless told not to.
const INSTALL_SCRIPT = `
set -eu
policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.d/devstack.conf
made=''
tidy() { [ -z "$made" ] || rm -f $made; rmdir /etc/postgresql-common/createcluster.d /etc/postgresql-common 2>/dev/null || true; }
trap tidy EXIT
trap 'exit 130' INT TERM HUP
if [ ! -e $policy ]; then
  made="$policy"
  printf '#!/bin/sh\\nexit 101\\n' >$policy
  chmod 755 $policy
fi
if [ ! -e $clusters ]; then
  made="$made $clusters"
  mkdir -p "$(dirname $clusters)"
  echo 'create_main_cluster = false' >$clusters
fi
new=''
for package; do
  [ -e "/lib/systemd/system/$package.service" ] || [ -e "/etc/init.d/$package" ] || new="$new $package"
done
echo 'Reading the package lists'
apt-get update -qq 1>&2 || echo 'The package lists could not be read anew; going on with those at hand'
echo "Installing the packages $*"
apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" 1>&2
for service in $new; do
  DPKG_MAINTSCRIPT_PACKAGE=$service deb-systemd-helper disable "$service.service" >/dev/null 2>&1 || true
  update-rc.d "$service" disable >/dev/null 2>&1 || true
done
`
