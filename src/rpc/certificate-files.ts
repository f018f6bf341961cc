import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { Log } from '#observe/logger.ts'

export type CertificateFiles = {
  readonly cert: string
  readonly key: string
  /** Client certificates must be signed by one of these. Absent: none are asked for. */
  readonly ca?: string
  /** With `ca`: whether a caller may come without a certificate (and use a key). Default: it may not. */
  readonly optional?: boolean
}

export type Certificate = { readonly cert: Buffer; readonly key: Buffer; readonly ca?: Buffer }

type Needs = { readonly log: Log; readonly onChange: (certificate: Certificate) => void }

const pollMs = 2000

/**
 * The pair and the authorities, used anew when a file says something else. A pair that does not fit is logged once and ignored:
 * the old one serves on. Throws at the start where the first pair is bad. Read every two seconds rather than watched:
 * mounted secrets change by links, and nothing that changes while a watch begins may be missed.
 */
export function watchCertificateFiles(files: CertificateFiles, needs: Needs, intervalMs = pollMs) {
  const current = checked(read(files))
  let seen = current
  let trouble = ''
  const reload = (): void => {
    try {
      const found = read(files)
      if (isSame(found, seen)) return
      seen = found
      needs.onChange(checked(found))
      trouble = ''
      needs.log.info({ cert: files.cert }, 'certificate loaded again')
    } catch (error) {
      // A file that is not there is no news every time.
      if (trouble === String(error)) return
      trouble = String(error)
      needs.log.error({ err: error, cert: files.cert }, 'new certificate is unusable, the old one stays')
    }
  }
  const timer = setInterval(reload, intervalMs).unref()
  return { current, close: () => clearInterval(timer) }
}

function read(files: CertificateFiles): Certificate {
  const ca = files.ca === undefined ? undefined : readFileSync(files.ca)
  return { cert: readFileSync(files.cert), key: readFileSync(files.key), ...(ca && { ca }) }
}

function isSame(one: Certificate, other: Certificate): boolean {
  const hasSameCa = one.ca === undefined || (other.ca !== undefined && one.ca.equals(other.ca))
  return one.cert.equals(other.cert) && one.key.equals(other.key) && hasSameCa
}

/** Throws for a pair that does not fit together, for one that is over, and for text that is neither. */
function checked(pair: Certificate): Certificate {
  createSecureContext(pair)
  if (new X509Certificate(pair.cert).validToDate.getTime() <= Date.now())
    throw new Error('certificate expired')
  return pair
}
