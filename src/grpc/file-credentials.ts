import { ServerCredentials } from '@grpc/grpc-js'
import type { Certificate, CertificateFiles } from '#rpc/certificate-files.ts'

/** TLS whose pair can be replaced while serving: connections that are up stay as they are. */
export class FileCredentials extends ServerCredentials {
  constructor(files: CertificateFiles, first: Certificate) {
    const requestCert = files.ca !== undefined
    super(
      { requestCert, rejectUnauthorized: requestCert && files.optional !== true, minVersion: 'TLSv1.2' },
      first,
    )
  }

  replace(certificate: Certificate): void {
    this.updateSecureContextOptions(certificate)
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other
  }
}
