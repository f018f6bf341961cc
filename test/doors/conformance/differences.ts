import type { Ask, Told } from './door.ts'

/** What a door may do otherwise than Check, because of its protocol or of who reads its answers. */
export type Difference = {
  readonly text: string
  /** What it shows of an answer. */
  readonly shows?: (told: Told) => Told
  /** Whether it has a way to put a question. */
  readonly carries?: (ask: Ask) => boolean
}

/** Every sanctioned difference there is: anything else is a defect. */
export const firstReason: Difference = {
  text: 'tells only the first reason, and the tier only of what is allowed',
  shows: ({ tier, ...told }) => ({
    ...told,
    reasons: told.reasons.slice(0, 1),
    ...(told.allowed && tier !== undefined && { tier }),
  }),
}
export const silentOnAllowed: Difference = {
  text: 'tells no tier, and no reason of what is allowed',
  shows: ({ tier: _, ...told }) => (told.allowed ? { ...told, reasons: [] } : told),
}
export const hides: Difference = {
  text: 'tells no reason and no tier with a denial as 404, which hides that there is anything',
  shows: ({ tier, ...told }) => {
    if (told.status === 404) return { ...told, reasons: [] }
    return tier === undefined ? told : { ...told, tier }
  },
}
export const twoStatuses: Difference = {
  text: 'denies with 401 or 403 only',
  shows: (told) => (told.allowed || told.status === 401 ? told : { ...told, status: 403 }),
}
export const askedByPath: Difference = {
  text: 'asks for one unit, with attributes that are text of the path',
  carries: ({ quantity = 1, attributes = {} }) =>
    quantity === 1 && Object.values(attributes).every((value) => typeof value === 'string' && value !== ''),
}
