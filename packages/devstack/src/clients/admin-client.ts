export type Answer = Readonly<{ status: number; headers: Headers; body: Readonly<Record<string, unknown>> }>

export type AdminClient = (method: string, path: string, body?: object) => Promise<Answer>

/** Calls the admin API as Kong would pass an admin's request on. */
export const createAdminClient =
  (url: string, token: string): AdminClient =>
  async (method, path, body) => {
    const answer = await fetch(`${url}/v1/admin${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    })
    const text = await answer.text()
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === '' ? {} : (JSON.parse(text) as object as Answer['body']),
    }
  }

/** The answer itself when it has `status`; rejects otherwise, so that no step of a story goes by in silence. */
export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status === status) return answer
  throw new Error(`expected ${status}, got ${answer.status} ${JSON.stringify(answer.body)}`)
}
