// A process in which the steps of what the service does are done bare, and where what is compared with it is served.
import { answer } from '../process/remote.ts'
import { type CreateOrder, openBareCreate, type Places } from './bare-create.ts'
import { openBareRead, type ReadOrder } from './bare-read.ts'
import { type CredentialsServer, serveCredentials, serveRoute } from './bare-servers.ts'
import { openBareSnapshot } from './bare-snapshot.ts'

/** `databaseUrl` is that of the service, `places` have a database of their own. */
type Around = Readonly<{ places: Places; databaseUrl: string; logFile: string }>

const open = ({ places, databaseUrl, logFile }: Around) => ({
  create: openBareCreate(places),
  read: openBareRead({ databaseUrl, logFile }),
  snapshot: openBareSnapshot(databaseUrl),
})

let opened: ReturnType<typeof open> | undefined

const bare = () => {
  if (opened === undefined) throw new Error('open comes first')
  return opened
}

const handlers = {
  open: async (around: Around) => {
    opened = open(around)
  },
  create: async (order: CreateOrder) => bare().create(order),
  read: async (order: ReadOrder) => bare().read(order),
  snapshot: async () => bare().snapshot(),
  serveRoute,
  serveCredentials: async (server: CredentialsServer) => serveCredentials(server),
}

export type Bare = typeof handlers

answer(handlers)
