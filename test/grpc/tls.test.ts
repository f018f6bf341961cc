import { copyFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { Client, credentials, status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { startGrpcServer } from '#grpc/start-grpc-server.ts'
import { startHttpServer } from '#http/start-http-server.ts'
import { type Certificate, type CertificateFiles, watchCertificateFiles } from '#rpc/certificate-files.ts'
import { keptLog } from '#test/identity/fixtures.ts'
import { alice, callerOf, doorNeeds } from '#test/rpc/needs.ts'
import { authority, fingerprint, hasOpenssl } from './certificates.ts'
import { clientOf, failureOf } from './door.ts'

const { check } = DecisionService.method
const asked = {
  subject: { subject: { case: 'principal', value: { id: `sub_${alice}` } } },
  entitlement: 'x',
} as const

async function tlsDoor(tls: CertificateFiles) {
  const parts = doorNeeds()
  const server = await startGrpcServer(parts.needs, { host: '127.0.0.1', port: 0, tls })
  return {
    ...parts,
    server,
    async [Symbol.asyncDispose]() {
      server.close()
      parts.close()
    },
  }
}

// Skipped where the openssl program is missing: nothing else here can make certificates.
describe.skipIf(!hasOpenssl)('TLS', () => {
  test('a client that trusts the authority is served; one that does not, and plain text, are not', async () => {
    const ours = authority('ours')
    await using door = await tlsDoor(ours.leaf('server'))
    const address = `localhost:${door.server.port}`
    const call = async (trusted: ReturnType<typeof credentials.createSsl>) => {
      const client = new Client(address, trusted)
      try {
        return await clientOf(client, door).call(check, asked, { options: { deadline: Date.now() + 20_000 } })
      } finally {
        client.close()
      }
    }
    expect((await call(credentials.createSsl(ours.read(ours.ca)))).allowed).toBe(true)
    const other = authority('other')
    expect((await failureOf(call(credentials.createSsl(other.read(other.ca))))).code).toBe(status.UNAVAILABLE)
    expect([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]).toContain(
      (await failureOf(call(credentials.createInsecure()))).code,
    )
  })

  test('mTLS: a known certificate is the caller; an unknown one is nobody; a foreign one does not connect', async () => {
    const ours = authority('ours')
    const [server, known, unknown] = [ours.leaf('server'), ours.leaf('known'), ours.leaf('unknown')]
    const foreign = authority('foreign').leaf('known')
    await using door = await tlsDoor({ ...server, ca: ours.ca })
    door.certificates.set(fingerprint(known.cert), callerOf(['service']))
    door.certificates.set(fingerprint(foreign.cert), callerOf(['operator']))
    const call = async (pair?: { cert: string; key: string }) => {
      const secrets = pair ? ([ours.read(pair.key), ours.read(pair.cert)] as const) : ([null, null] as const)
      const client = new Client(
        `localhost:${door.server.port}`,
        credentials.createSsl(ours.read(ours.ca), ...secrets),
      )
      const options = { deadline: Date.now() + 20_000 }
      try {
        return await clientOf(client, door).call(check, asked, { key: '', options })
      } finally {
        client.close()
      }
    }
    expect((await call(known)).allowed).toBe(true)
    expect(door.asked[0]?.asker.caller.roles).toEqual(['service'])
    expect(await failureOf(call(unknown))).toMatchObject({ reason: 'CALLER_UNAUTHENTICATED' })
    expect((await failureOf(call(foreign))).code).toBe(status.UNAVAILABLE)
    expect((await failureOf(call())).code).toBe(status.UNAVAILABLE)
  })

  test('optional client certificates: a key will do, and a foreign certificate is nobody', async () => {
    const ours = authority('ours')
    const foreign = authority('foreign').leaf('known')
    await using door = await tlsDoor({ ...ours.leaf('server'), ca: ours.ca, optional: true })
    door.certificates.set(fingerprint(foreign.cert), callerOf(['operator']))
    const ca = ours.read(ours.ca)
    const plain = new Client(`localhost:${door.server.port}`, credentials.createSsl(ca))
    const posing = new Client(
      `localhost:${door.server.port}`,
      credentials.createSsl(ca, ours.read(foreign.key), ours.read(foreign.cert)),
    )
    try {
      expect((await clientOf(plain, door).call(check, asked)).allowed).toBe(true)
      const failure = await failureOf(clientOf(posing, door).call(check, asked, { key: '' }))
      expect(failure.code).not.toBe(status.OK)
    } finally {
      plain.close()
      posing.close()
    }
  })

  test('F54 new handshakes use a new pair; a bad one is ignored and the old one serves on', async () => {
    const ours = authority('ours')
    const [first, second] = [ours.leaf('first'), ours.leaf('second')]
    const files = { cert: ours.file('live.pem'), key: ours.file('live.key') }
    const put = (pair: { cert: string; key: string }) => {
      copyFileSync(pair.key, files.key)
      copyFileSync(pair.cert, files.cert)
    }
    put(first)
    const log = keptLog()
    const loaded: Certificate[] = []
    let noticed: () => void = () => undefined
    const notice = () =>
      new Promise<void>((resolve) => {
        noticed = resolve
      })
    const watched = watchCertificateFiles(
      files,
      {
        log: {
          ...log,
          error: (fields, text) => {
            log.error(fields, text)
            noticed()
          },
        },
        onChange: (pair) => {
          loaded.push(pair)
          noticed()
        },
      },
      20,
    )
    try {
      expect(watched.current.cert).toEqual(ours.read(first.cert))
      let heard = notice()
      writeFileSync(files.cert, 'not a certificate')
      await heard
      expect(loaded).toEqual([])
      expect(log.lines.join()).toContain('unusable')
      heard = notice()
      put(second)
      await heard
      while (loaded.length === 0) await notice()
      expect(loaded.at(-1)?.cert).toEqual(ours.read(second.cert))
    } finally {
      watched.close()
    }
  })

  test('F54 a server shows the new pair to those who connect after the change', async () => {
    const ours = authority('ours')
    const [first, second] = [ours.leaf('first'), ours.leaf('second')]
    const files = { cert: ours.file('live.pem'), key: ours.file('live.key') }
    copyFileSync(first.cert, files.cert)
    copyFileSync(first.key, files.key)
    await using door = await tlsDoor(files)
    const shown = () =>
      new Promise<string>((resolve, reject) => {
        const options = {
          port: door.server.port,
          host: '127.0.0.1',
          ca: ours.read(ours.ca),
          ALPNProtocols: ['h2'],
        }
        const socket = connect(options, () => {
          resolve(String(socket.getPeerCertificate().subject.CN))
          socket.destroy()
        })
        socket.on('error', reject)
      })
    expect(await shown()).toBe('first')
    copyFileSync(second.key, files.key)
    copyFileSync(second.cert, files.cert)
    while ((await shown()) !== 'second') await new Promise((resolve) => setTimeout(resolve, 100))
  })

  test('HTTP: TLS with a client certificate as the caller', async () => {
    const ours = authority('ours')
    const known = ours.leaf('known')
    const parts = doorNeeds()
    parts.certificates.set(fingerprint(known.cert), callerOf(['service']))
    const integrations = () => ({ db: true, stripe_webhook: false, keycloak_sync: false })
    const tls = { ...ours.leaf('server'), ca: ours.ca, optional: true }
    const server = await startHttpServer(
      { ...parts.needs, integrations },
      { host: '127.0.0.1', port: 0, tls },
    )
    const ask = (pair?: { cert: string; key: string }) =>
      new Promise<string>((resolve, reject) => {
        const secrets = pair && { cert: ours.read(pair.cert), key: ours.read(pair.key) }
        const options = { port: server.port, host: '127.0.0.1', ca: ours.read(ours.ca), ...secrets }
        const socket = connect(options, () => {
          socket.write(
            `GET /v1/subjects/sub_${alice}/summary HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
          )
        })
        let answer = ''
        socket.setEncoding('utf8')
        socket.on('data', (data) => {
          answer += data
        })
        socket.on('end', () => resolve(answer))
        socket.on('error', reject)
      })
    try {
      expect(await ask(known)).toMatch(/^HTTP\/1\.1 200/)
      expect(await ask()).toMatch(/^HTTP\/1\.1 401/)
    } finally {
      await server.close()
      parts.close()
    }
  })
})
