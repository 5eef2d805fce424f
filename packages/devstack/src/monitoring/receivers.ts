import { parse, stringify } from 'yaml'

type Receiver = Readonly<{ name: string } & Record<string, unknown>>

/** The configuration of an Alertmanager with its routes and inhibitions, and other receivers of the same names; by default ones that send nothing. */
export function withReceivers(config: string, replacement: (name: string) => object = () => ({})): string {
  const { receivers, ...rest } = parse(config) as Readonly<{ receivers: readonly Receiver[] }>
  return stringify({ ...rest, receivers: receivers.map(({ name }) => ({ name, ...replacement(name) })) })
}
