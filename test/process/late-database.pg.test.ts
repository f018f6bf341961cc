import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freshDatabase } from '#test/postgres/database.ts'
import { faultProxy } from '#test/postgres/fault-proxy.ts'
import { ownPorts, start, stop, temporaryFolder } from './vouchsafe.ts'

test('F1 started without its database a server lives and is not ready, says why, and is ready when the database is there', async () => {
  const database = await freshDatabase({ max: 1 })
  const proxy = await faultProxy(database.url)
  proxy.refuse(true)
  const opsAddress = await freeAddress()
  const server = start(['serve'], {
    env: {
      ...ownPorts(temporaryFolder()),
      VOUCHSAFE_OPS_ADDRESS: opsAddress,
      DATABASE_URL: proxy.url,
      VOUCHSAFE_SECRET: 'q7uZ0xWb2Kc9Tn4Rj6Lp8Vf1Ys3Dh5Gm',
    },
  })
  try {
    await server.said(/The database \S+ at \S+ does not answer: .*tried again/)
    const status = async (path: string) => (await fetch(`http://${opsAddress}${path}`)).status
    expect(await status('/health/live')).toBe(200)
    expect(await status('/health/ready')).toBe(503)
    expect(server.err()).not.toContain(new URL(proxy.url).password || '@')
    proxy.refuse(false)
    await server.up()
    expect(await status('/health/ready')).toBe(200)
    expect(server.err().match(/does not answer/g)).toHaveLength(1)
    await stop(server)
  } finally {
    await proxy.close()
    await database.drop()
  }
}, 120_000)

test('F1 one that still waits for its database stops when it is told to', async () => {
  const address = await freeAddress()
  const env = {
    ...ownPorts(temporaryFolder()),
    DATABASE_URL: `postgres://somebody:canary-Wq81@${address}/nowhere`,
    VOUCHSAFE_SECRET: 'q7uZ0xWb2Kc9Tn4Rj6Lp8Vf1Ys3Dh5Gm',
  }
  const server = start(['serve'], { env })
  await server.said(`The database nowhere at ${address} does not answer`)
  expect(server.err()).not.toContain('canary')
  server.child.kill('SIGTERM')
  expect(await server.end).toMatchObject({ code: 0 })
}, 60_000)

/** 127.0.0.1 with a port that nothing listens on. */
async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}
