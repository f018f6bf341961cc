import { afterEach, expect, test } from 'vitest'
import { createPageTokens } from '#admin/page-tokens.ts'
import type { HttpServer } from '#http/listen.ts'
import { startHttpServer } from '#http/start-http-server.ts'
import { createSearchPages } from '#rpc/search-pages.ts'
import { doorNeeds } from '#test/rpc/needs.ts'

const path = '/.well-known/authzen-configuration'
const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function door(publicUrl?: string): Promise<HttpServer> {
  const parts = doorNeeds()
  const unasked = () => Promise.reject(new Error('Nothing is searched here.'))
  const pages = createSearchPages({ tokens: createPageTokens('s'), newId: () => 'id', now: Date.now })
  const authzen = { publicUrl, which: unasked, whoMay: unasked, people: () => undefined, pages }
  const integrations = () => ({ db: true, stripe_webhook: false, keycloak_sync: false })
  const server = await startHttpServer(
    { ...parts.needs, integrations, authzen },
    { host: '127.0.0.1', port: 0 },
  )
  closers.push(server.close, parts.close)
  return server
}

test('V68 without a public address there is none to tell, whatever Host says', async () => {
  const { port } = await door()
  for (const place of [path, `${path}/acme`]) {
    const reply = await fetch(`http://127.0.0.1:${port}${place}`, {
      headers: { 'x-forwarded-host': 'evil.example' },
    })
    expect(reply.status).toBe(404)
    const { message } = (await reply.json()) as { message: string }
    expect(message).toContain('VOUCHSAFE_PUBLIC_URL')
  }
})

test('V68 behind a path it is told at the place that the identifier leads to', async () => {
  const { port } = await door('https://example.com/pdp')
  const told = await fetch(`http://127.0.0.1:${port}${path}/pdp/acme`)
  expect(((await told.json()) as { policy_decision_point: string }).policy_decision_point).toBe(
    'https://example.com/pdp/acme',
  )
  expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(404)
})
