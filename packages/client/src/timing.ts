/** All that this client waits for, in milliseconds. */
export type Timing = Readonly<{
  /** One answer of the internal API, from connecting to its last byte; a snapshot's bytes may pause this long. */
  requestTimeout: number
  /** Credentials younger than this are used as they are. */
  credentialsFresh: number
  /** Between two attempts to reach what is away: the first of them, doubling up to the second. */
  retryFirst: number
  retryMost: number
  /** How often the files of the certificates are looked at; a change is in force after two looks. */
  certificatePoll: number
  /** How often the server gives a sign of life to who follows a stream; three missed, and it is followed anew. At least 100. */
  natsHeartbeat: number
  /** An answer of Redis. */
  redisTimeout: number
  /** How often the health keys of all operators are read. */
  healthPoll: number
  /** Without a word about an operator for this long its health is UNKNOWN. */
  healthSilence: number
}>

export const TIMING: Timing = {
  requestTimeout: 3_000,
  credentialsFresh: 30 * 60_000,
  retryFirst: 100,
  retryMost: 5_000,
  certificatePoll: 10_000,
  natsHeartbeat: 1_000,
  redisTimeout: 250,
  healthPoll: 2_000,
  healthSilence: 60_000,
}
