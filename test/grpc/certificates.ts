import { execFileSync, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Node cannot make certificates, so these tests need the openssl program. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0

/** A certificate authority in a folder of its own, which signs leaf certificates for 127.0.0.1 and localhost. */
export function authority(name: string) {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-tls-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = (leaf: string) => join(folder, leaf)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
  )
  return {
    ca: file('ca.pem'),
    file,
    read: (path: string) => readFileSync(path),
    /** Paths of a new pair. */
    leaf(cn: string) {
      const paths = { cert: file(`${cn}.pem`), key: file(`${cn}.key`) }
      const extensions = file('ext')
      writeFileSync(extensions, 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
      openssl('req', ...key, '-keyout', paths.key, '-out', file('csr'), '-subj', `/CN=${cn}`)
      const signed = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2']
      openssl('x509', '-req', '-in', file('csr'), ...signed, '-extfile', extensions, '-out', paths.cert)
      return paths
    },
  }
}

/** SHA-256 of a certificate as the snapshot keeps it: lower-case hex. */
export function fingerprint(path: string): string {
  return new X509Certificate(readFileSync(path)).fingerprint256.replaceAll(':', '').toLowerCase()
}
