/** This machine cannot run the services, and only a person can change that. The message is one sentence for that person. */
export class DevstackUnavailable extends Error {
  override readonly name = 'DevstackUnavailable'
}
