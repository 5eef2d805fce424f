import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startDevVault } from './dev-vault.ts'

// node main.ts --dir <where it keeps its state> [--port <port>]
// Says on standard output that it is for development, then, when it listens, one line of JSON.

const { values } = parseArgs({ options: { dir: { type: 'string' }, port: { type: 'string' } } })
const dir = resolve(values.dir ?? process.env.DEV_VAULT_DIR ?? '.local/vault')
const port = Number(values.port ?? process.env.DEV_VAULT_PORT ?? 0)
const tokenFile = join(dir, 'root-token')
const say = (line: string) => process.stdout.write(`${line}\n`)

const vault = await startDevVault({
  dir,
  port,
  log: say,
  ...(existsSync(tokenFile) && { rootToken: readFileSync(tokenFile, 'utf8').trim() }),
})
writeFileSync(tokenFile, `${vault.rootToken}\n`, { mode: 0o600 })
chmodSync(tokenFile, 0o600)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    vault.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  })
}

say(JSON.stringify({ ready: true, url: vault.url, pid: process.pid, rootTokenPath: tokenFile }))
