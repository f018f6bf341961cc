import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'

/** The issuer that signs tokens on a developer's machine. Its keys live in the data folder and nowhere else. */
export type DevIssuer = {
  readonly iss: string
  readonly audience: string
  /** The public half, to put into the issuer's row. */
  readonly jwks: { readonly keys: readonly JWK[] }
  /** Signs an RS256 token. `claims` may hold anything but iss, aud, sub, iat and exp. */
  readonly sign: (sub: string, claims: Readonly<Record<string, unknown>>, seconds: number) => Promise<string>
}

export const devIss = 'http://127.0.0.1/dev'
export const devAudience = 'vouchsafe-demo'

/** Opens the development issuer of a data folder; makes its key pair (RSA 2048, file mode 0600) at the first call. */
export async function openDevIssuer(dataFolder: string): Promise<DevIssuer> {
  const jwk = await keyOf(fileIn(dataFolder))
  const key = await importJWK(jwk, 'RS256')
  const { kty, n, e, kid } = jwk
  const sign: DevIssuer['sign'] = (sub, claims, seconds) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(kid !== undefined && { kid }) })
      .setIssuer(devIss)
      .setAudience(devAudience)
      .setSubject(sub)
      .setIssuedAt()
      .setExpirationTime(`${seconds}s`)
      .sign(key)
  const published = { kty, n, e, kid, use: 'sig', alg: 'RS256' } as JWK
  return { iss: devIss, audience: devAudience, jwks: { keys: [published] }, sign }
}

export function hasDevIssuer(dataFolder: string): boolean {
  return existsSync(fileIn(dataFolder))
}

function fileIn(dataFolder: string): string {
  return join(dataFolder, 'dev-issuer.json')
}

async function keyOf(file: string): Promise<JWK> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as JWK
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), kid: 'dev-1' }
  await writeFile(file, JSON.stringify(jwk), { mode: 0o600, flag: 'wx' })
  return jwk
}
