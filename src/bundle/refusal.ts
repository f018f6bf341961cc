/** Why a bundle is not taken. The message is for the operator. */
export class BundleRefused extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'BundleRefused'
  }
}
