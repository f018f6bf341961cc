/** How a denial is named in the audit (S001-23): by the surface of the product that was asked for. */
export type DenialKind = 'DownloadDeniedEntitlement' | 'OciPullDeniedEntitlement' | 'DeniedEntitlement'

const bySurface: Readonly<Record<string, DenialKind>> = {
  download: 'DownloadDeniedEntitlement',
  manifest: 'OciPullDeniedEntitlement',
  pull: 'OciPullDeniedEntitlement',
}

/** `resource`: what was asked about, where it was no entitlement of its own; then `entitlement` is a surface. */
export function denialKind(resource: string | undefined, entitlement: string): DenialKind {
  const named =
    resource === 'product' && Object.hasOwn(bySurface, entitlement) ? bySurface[entitlement] : undefined
  return named ?? 'DeniedEntitlement'
}
