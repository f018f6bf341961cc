import type { Server } from './server.ts'

/** One call over Connect's JSON: status and body. */
export async function connectJson(
  { http, key }: Pick<Server, 'http' | 'key'>,
  method: string,
  body: unknown,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const reply = await fetch(`http://${http}/vouchsafe.v1.DecisionService/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
}
