type Needs = { readonly version: string; readonly bundle: () => string | undefined }

/** What decided: our version, and the bundle's revision. */
export function provenance(needs: Needs, revision = needs.bundle()) {
  return {
    version: needs.version,
    build_commit: '',
    build_timestamp: '',
    build_hostname: '',
    ...(revision !== undefined && { bundles: { vouchsafe: { revision } } }),
  }
}
