/** Whether only Stripe ends or changes it: what was subscribed to, and what was bought once. */
export function isStripes({
  source,
  granted_by,
}: {
  readonly source: string
  readonly granted_by: string | null
}): boolean {
  return source === 'stripe' || (source === 'purchase' && granted_by === 'stripe')
}
