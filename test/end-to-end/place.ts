import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importJWK, SignJWT } from 'jose'
import { loadDemo } from '#admin/demo.ts'
import { demoPeople } from '#admin/demo-people.ts'
import type { JsonObject } from '#core/json.ts'
import { devAudience, devIss, openDevIssuer } from '#main/dev-issuer.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'

export type TokenOptions = { readonly audience?: string /** ms */; readonly issuedAt?: number }

/** What outlives a server: the database with the demo tenants, and an identity provider that keeps its keys elsewhere. */
export type Place = {
  readonly database: FreshDatabase
  /** The server's own folder: it may be lost. */
  readonly data: string
  readonly jwks: JsonObject
  /** Ids by key. */
  readonly tenants: { readonly acme: string; readonly globex: string }
  /** An RS256 token. Claims: by default those of the demo person. */
  readonly token: (
    sub: string,
    claims?: Readonly<Record<string, unknown>>,
    options?: TokenOptions,
  ) => Promise<string>
  readonly remove: () => Promise<void>
}

export async function makePlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'vouchsafe-end-to-end-'))
  await chmod(folder, 0o711)
  const provider = join(folder, 'identity-provider')
  await mkdir(provider)
  const database = await freshDatabase({ max: 3 })
  const issuer = await openDevIssuer(provider)
  const jwks = issuer.jwks as unknown as JsonObject
  const tenants = await loadDemo({ sql: database.sql }, { iss: devIss, audience: devAudience, jwks })
  const jwk = JSON.parse(await readFile(join(provider, 'dev-issuer.json'), 'utf8'))

  return {
    database,
    data: join(folder, 'data'),
    jwks,
    tenants,
    async token(sub, claims = claimsOf(sub), options) {
      if (options === undefined) return issuer.sign(sub, claims, 600)
      const { audience = devAudience, issuedAt = Date.now() } = options
      return new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: jwk.kid })
        .setIssuer(devIss)
        .setAudience(audience)
        .setSubject(sub)
        .setIssuedAt(new Date(issuedAt))
        .setExpirationTime(new Date(Date.now() + 600_000))
        .sign(await importJWK(jwk, 'RS256'))
    },
    async remove() {
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function claimsOf(sub: string): Readonly<Record<string, unknown>> {
  return demoPeople.find(({ name }) => name === sub)?.claims ?? {}
}
