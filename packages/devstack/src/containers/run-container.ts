import { hostname } from 'node:os'
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers'
import { identify } from '../lifetime/processes.ts'
import type { Reaper } from '../lifetime/reaper.ts'
import { LOOPBACK } from '../ports.ts'
import type { Wait as ReadyWait } from '../readiness.ts'
import type { RunningService } from '../service.ts'
import { DevstackUnavailable } from '../unavailable.ts'
import { removeContainer } from './engine.ts'
import { LABELS } from './labels.ts'
import { giveVolume, type Volume } from './volumes.ts'

const READY_WITHIN_MS = 60_000
const END_WITHIN_S = 15

export type ContainerPlan = Readonly<{
  title: string
  image: string
  /** What names another image, in the environment. */
  imageVariable: string
  command: readonly string[]
  environment: Readonly<Record<string, string>>
  url: string
  /** Published on loopback, so that it survives a restart of the container. */
  port: number
  containerPort: number
  /** Another port of it, published alike. */
  monitor?: Readonly<{ port: number; containerPort: number }>
  /** A named volume keeps the data after the container; without one the data goes with it. */
  volume: Volume | undefined
  /** Resolves to whether the service took a client before the time was up or `over` said that it never will. */
  becomesReady: (wait: ReadyWait) => Promise<boolean>
}>

export async function runContainer(plan: ContainerPlan, reaper: Reaper): Promise<RunningService> {
  const { container: containers } = await getContainerRuntimeClient()
  const removeVolumes = true // anonymous ones; a named volume stays
  const id = await create(plan, (made) => reaper.watch({ kind: 'container', id: made, removeVolumes }))
  const container = containers.getById(id)

  async function start(): Promise<void> {
    const { State: before } = await container.inspect()
    if (!before.Running) await container.start()
    let over = false
    const watched = container.wait({ condition: 'not-running' }).then(
      () => (over = true),
      () => (over = true),
    )
    if (await plan.becomesReady({ withinMs: READY_WITHIN_MS, over: () => over })) return
    const log = await container.logs({ stdout: true, stderr: true, tail: 3 })
    await remove()
    await watched
    throw new Error(`${plan.title} did not start from ${plan.image}: ${printable(log)}`)
  }

  async function remove(): Promise<void> {
    await removeContainer({ id, removeVolumes })
    reaper.release({ kind: 'container', id, removeVolumes })
  }

  async function thaw(): Promise<void> {
    const { State: state } = await container.inspect()
    if (state.Paused) await container.unpause()
  }

  async function end(how: () => Promise<unknown>): Promise<void> {
    await thaw()
    const { State: state } = await container.inspect()
    if (state.Running) await how()
  }

  await start()
  return {
    url: plan.url,
    port: plan.port,
    ...(plan.monitor === undefined ? {} : { monitor: `http://${LOOPBACK}:${plan.monitor.port}` }),
    start,
    stop: () => end(() => container.stop({ t: END_WITHIN_S })),
    kill: () =>
      end(async () => {
        const ended = container.wait({ condition: 'not-running' })
        await container.kill()
        await ended
      }),
    pause: () => container.pause(),
    resume: thaw,
    async [Symbol.asyncDispose]() {
      if (plan.volume) await end(() => container.stop({ t: END_WITHIN_S }))
      await remove()
    },
  }
}

class LoopbackContainer extends GenericContainer {
  readonly #plan: ContainerPlan
  readonly #onCreated: (id: string) => void

  constructor(plan: ContainerPlan, onCreated: (id: string) => void) {
    super(plan.image)
    this.#plan = plan
    this.#onCreated = onCreated
  }

  // The library itself publishes on all interfaces.
  protected override async beforeContainerCreated(): Promise<void> {
    this.hostConfig.PortBindings = Object.fromEntries(
      portsOf(this.#plan).map(({ container, host }) => [
        `${container}/tcp`,
        [{ HostIp: LOOPBACK, HostPort: String(host) }],
      ]),
    )
  }

  // It belongs to the reaper before it runs.
  protected override async containerCreated(id: string): Promise<void> {
    this.#onCreated(id)
  }
}

async function create(plan: ContainerPlan, onCreated: (id: string) => void): Promise<string> {
  const me = identify(process.pid)
  let made: string | undefined
  const container = new LoopbackContainer(plan, (id) => {
    made = id
    onCreated(id)
  })
    .withCommand([...plan.command])
    .withEnvironment(plan.environment)
    .withExposedPorts(...portsOf(plan))
    .withLabels({
      [LABELS.host]: hostname(),
      [LABELS.ownerPid]: String(process.pid),
      [LABELS.ownerStartedAt]: me?.startedAt ?? '',
    })
    .withAutoCleanup(false) // our reaper does it, and needs no image of its own
    .withWaitStrategy(Wait.forAll([])) // readiness is a client's answer, asked from outside
  if (plan.volume) {
    await giveVolume(plan.volume, plan.image)
    container.withBindMounts([{ source: plan.volume.name, target: plan.volume.target }])
  }
  try {
    return (await container.start()).getId()
  } catch (cause) {
    if (made === undefined) throw new DevstackUnavailable(imageMissing(plan), { cause })
    await removeContainer({ id: made, removeVolumes: true })
    throw cause
  }
}

const portsOf = ({ port, containerPort, monitor }: ContainerPlan): { container: number; host: number }[] => [
  { container: containerPort, host: port },
  ...(monitor === undefined ? [] : [{ container: monitor.containerPort, host: monitor.port }]),
]

function imageMissing({ title, image, imageVariable }: ContainerPlan): string {
  return `No container could be made from the image ${image}: pull it, or name another image of ${title} in ${imageVariable}.`
}

// Docker frames each piece of output by eight bytes; for one line to a person it is enough to drop them.
function printable(log: Buffer): string {
  return log
    .toString('utf8')
    .replace(/[^\x20-\x7e\n]/g, '')
    .trim()
    .replaceAll('\n', '; ')
}
