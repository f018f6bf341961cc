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
  text: 'tells only the first reason',
  shows: (told) => ({ ...told, reasons: told.reasons.slice(0, 1) }),
}
export const silentOnAllowed: Difference = {
  text: 'tells no reason of what is allowed',
  shows: (told) => (told.allowed ? { ...told, reasons: [] } : told),
}
export const hides: Difference = {
  text: 'tells no reason of a denial as 404, which hides that there is anything',
  shows: (told) => (told.status === 404 ? { ...told, reasons: [] } : told),
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
