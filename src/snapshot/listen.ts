import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { channel } from '#postgres/notify.ts'
import type { Sql } from '#postgres/pool.ts'
import { isUuid } from './uuid.ts'

type Needs = {
  /** Opens a client for listening alone, past any pooler. */
  readonly openListener: () => Sql
  /** Where commits notify from. */
  readonly sql: () => Sql
  /** A commit of this tenant was told of. */
  readonly onHint: (tenant: string, revision: number) => void
  /** Listening (again): whatever was told in between is lost. */
  readonly onConnect: () => void
  readonly onMode: (mode: 'listening' | 'polling') => void
  /** How long a notification of our own may take, in ms, before LISTEN counts as not working. */
  readonly probeMs: number
  readonly log: { readonly warn: (fields: object, message: string) => void }
}

export type Listening = { readonly stop: () => Promise<void> }

const retryMs = 250
const probeAgainMs = 30_000

/** Listens for commits, comes back by itself, and finds out whether notifications arrive at all (F13). */
export function listen(needs: Needs): Listening {
  const stopping = new AbortController()
  const probes = new Map<string, () => void>()
  let client: Sql | undefined
  let probing: NodeJS.Timeout | undefined

  function onPayload(payload: string): void {
    probes.get(payload)?.()
    const [tenant, revision, ...rest] = payload.split(':')
    if (tenant !== undefined && isUuid(tenant) && rest.length === 0 && /^\d{1,15}$/.test(revision ?? ''))
      needs.onHint(tenant, Number(revision))
  }

  async function probe(): Promise<void> {
    clearTimeout(probing)
    const name = `probe ${randomUUID()}`
    const heard = new Promise<true>((resolve) => probes.set(name, () => resolve(true)))
    const sent = needs.sql()`select pg_notify(${channel}, ${name})`.then(() => sleep(needs.probeMs, false))
    const works = await Promise.race([heard, sent]).catch(() => undefined)
    probes.delete(name)
    if (stopping.signal.aborted) return
    if (works === false) {
      needs.log.warn(
        {},
        'Notifications do not arrive (a pooler in between?): the feed polls. Set DATABASE_DIRECT_URL.',
      )
    }
    if (works !== undefined) needs.onMode(works ? 'listening' : 'polling')
    if (works !== true)
      probing = setTimeout(() => void probe(), works === false ? probeAgainMs : retryMs).unref()
  }

  async function connect(): Promise<void> {
    while (!stopping.signal.aborted) {
      client = needs.openListener()
      try {
        await client.listen(channel, onPayload, () => {
          needs.onConnect()
          void probe()
        })
        return
      } catch {
        // The first LISTEN is not tried again by the driver; later ones are.
        await client.end({ timeout: 0 }).catch(() => undefined)
        await sleep(retryMs, undefined, { ref: false })
      }
    }
  }
  void connect()

  return {
    async stop() {
      stopping.abort()
      clearTimeout(probing)
      // A LISTEN under way may never settle once its client has ended: it is not waited for.
      await client?.end({ timeout: 0 }).catch(() => undefined)
    },
  }
}
