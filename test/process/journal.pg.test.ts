import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { demoServer } from './demo-server.ts'
import { metric, ops, stop } from './vouchsafe.ts'

const full = '/dev/full'

// Skipped where the system has no device that is always full.
test.skipIf(!existsSync(full))(
  'F47 F48 a journal that cannot be written costs no decision, is counted and told',
  async () => {
    const { server, addresses, data, ask } = await demoServer({ env: { VOUCHSAFE_JOURNAL: full } })
    for (let i = 0; i < 20; i++) expect((await ask('docs_paid')).allowed).toBe(false)
    const failed = 'vouchsafe_journal_write_failures_total{journal="decisions"}'
    await expect.poll(() => metric(addresses, failed), { timeout: 20_000 }).toBeGreaterThan(0)
    expect((await ask('docs_paid')).allowed).toBe(false)
    expect(JSON.parse(await ops(addresses, '/healthz'))).toMatchObject({ ok: true })
    const told = server
      .err()
      .split('\n')
      .filter((line) => line.includes('a journal cannot be written'))
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/"journal":"decisions".*ENOSPC/)

    // The other journal is not drawn in.
    await expect.poll(() => readFileSync(`${data}/security.jsonl`, 'utf8')).toContain('authorization_denied')
    await stop(server)
  },
  60_000,
)
