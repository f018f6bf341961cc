import { X509Certificate } from 'node:crypto'
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
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
 * The pair and the authorities, read again when a file changes. A pair that does not fit is logged and ignored:
 * the old one serves on. Throws at the start where the first pair is bad. Polled, since mounted secrets change by links.
 */
export function watchCertificateFiles(files: CertificateFiles, needs: Needs, intervalMs = pollMs) {
  const current = read(files)
  const paths = [files.cert, files.key, ...(files.ca === undefined ? [] : [files.ca])]
  const reload = (): void => {
    try {
      needs.onChange(read(files))
      needs.log.info({ cert: files.cert }, 'certificate loaded again')
    } catch (error) {
      needs.log.error({ err: error, cert: files.cert }, 'new certificate is unusable, the old one stays')
    }
  }
  for (const path of paths) watchFile(path, { interval: intervalMs, persistent: false }, reload)
  return {
    current,
    close(): void {
      for (const path of paths) unwatchFile(path, reload)
    },
  }
}

function read(files: CertificateFiles): Certificate {
  const ca = files.ca === undefined ? undefined : readFileSync(files.ca)
  const pair = { cert: readFileSync(files.cert), key: readFileSync(files.key), ...(ca && { ca }) }
  // Throws for a pair that does not fit together, and for text that is neither.
  createSecureContext(pair)
  if (new X509Certificate(pair.cert).validToDate.getTime() <= Date.now())
    throw new Error('certificate expired')
  return pair
}
