import { startReaper } from '../lifetime/reaper.ts'
import { freePort, LOOPBACK } from '../ports.ts'
import type { RunningService } from '../service.ts'
import { imageOf } from './images.ts'
import { runContainer } from './run-container.ts'
import { sweepContainers } from './sweep.ts'
import { untilTrue } from '../readiness.ts'

export type VaultContainer = RunningService & Readonly<{ token: string }>

/**
 * A real Vault in development mode, of `VAULT_IMAGE`: KV v2 at `secret/`, unsealed, its root token the one given. It keeps
 * everything in memory, so a stopped one comes back empty. Rejects when no container engine answers.
 */
export async function startVaultContainer(options: { token: string; port?: number }): Promise<VaultContainer> {
  await sweepContainers()
  await using opened = new AsyncDisposableStack()
  const reaper = opened.use(startReaper())
  const port = await freePort(options.port)
  const url = `http://${LOOPBACK}:${port}`
  const listen = '0.0.0.0:8200'
  const running = opened.use(
    await runContainer(
      {
        title: 'Vault',
        ...imageOf('VAULT_IMAGE'),
        command: ['server', '-dev'],
        environment: {
          VAULT_DEV_ROOT_TOKEN_ID: options.token,
          VAULT_DEV_LISTEN_ADDRESS: listen,
          BAO_DEV_ROOT_TOKEN_ID: options.token,
          BAO_DEV_LISTEN_ADDRESS: listen,
          SKIP_SETCAP: '1', // no locked memory: it would take a capability, and the secrets are made up
        },
        url,
        port,
        containerPort: 8200,
        volume: undefined,
        becomesReady: (wait) => untilTrue(() => isActive(url), wait),
      },
      reaper,
    ),
  )
  const kept = opened.move()
  return { ...running, token: options.token, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

// sys/health answers 200 only when initialised, unsealed and active: https://developer.hashicorp.com/vault/api-docs/system/health
async function isActive(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/v1/sys/health`, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined)
  await answer?.body?.cancel()
  return answer?.status === 200
}
