const firstMs = 1000
export const longestMs = 300_000
/** From here on the ceiling is the longest. */
export const longestFrom = 9

/**
 * How long to wait after so many failures in a row, ms: full jitter below a ceiling that doubles, on top of what Stripe
 * asked for. `random` is in [0, 1).
 */
export function backoffMs(failures: number, random: number, retryAfterMs = 0): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(Math.max(failures - 1, 0), longestFrom))
  return Math.ceil(retryAfterMs + random * ceiling)
}
