/** What a bundle may take at most, inflated. */
export const archiveLimits = {
  totalBytes: 64 * 1_048_576,
  fileBytes: 16 * 1_048_576,
  files: 1_000,
  ratio: 100,
} as const

export type ArchiveLimits = { readonly [key in keyof typeof archiveLimits]: number }
