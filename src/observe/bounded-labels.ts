const other = 'other'

/**
 * Keeps a metric's label from growing for ever: the first `max` values pass, later ones become "other".
 * Callers, custom reasons and entitlement keys are named by others, so their number is not ours to trust.
 */
export function createBoundedLabels(max: number): (value: string) => string {
  const known = new Set<string>()
  return (value) => {
    if (known.has(value)) return value
    if (known.size >= max) return other
    known.add(value)
    return value
  }
}
