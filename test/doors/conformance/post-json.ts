import type { Place } from './door.ts'

/** A POST of a caller's. */
export async function postJson(place: Place, path: string, body: unknown, key = place.service) {
  const reply = await fetch(`http://${place.http}${path}`, {
    method: 'POST',
    headers: { ...place.headers, authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  // biome-ignore lint/suspicious/noExplicitAny: a body of whatever was asked
  return { status: reply.status, body: (await reply.json()) as any }
}
