import { CHECKOUT } from '@oms/devstack/local'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const COMPILED = join(CHECKOUT, 'node_modules/.cache/apps')

/** What `spawn` takes to run a main of the checkout, `apps/…/main.ts`. */
export type Program = Readonly<{ args: readonly string[]; environment: Readonly<Record<string, string>> }>

/** From the test run's bundles when it made them, from the sources when a test file is run by itself. */
export function programOf(main: string): Program {
  const { OMS_BUNDLES: bundles } = process.env
  const bundle = bundles === undefined ? undefined : join(bundles, `${main}.mjs`)
  const args =
    bundle !== undefined && existsSync(bundle) ? [bundle] : ['--conditions=@oms/source', join(CHECKOUT, main)]
  return { args, environment: { NODE_COMPILE_CACHE: COMPILED } }
}
