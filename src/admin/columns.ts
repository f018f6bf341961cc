import { invalid } from './invalid.ts'
import type { Columns } from './resource.ts'

const isEmpty = (value: unknown) => value === undefined || value === '' || value === 0

/** The column of the same name takes the value as it is, or its default. */
export function same(field: string): Columns {
  return (value: unknown) => (value === undefined ? {} : { [field]: value })
}

/** As `same`, but empty clears it. */
export function orNull(field: string): Columns {
  return (value: unknown) => ({ [field]: isEmpty(value) ? null : value })
}

/** As `same`, but empty means this. */
export function orElse(field: string, otherwise: unknown): Columns {
  return (value: unknown) => ({ [field]: isEmpty(value) ? otherwise : value })
}

/** As `same`, but empty is refused. */
export function stated(field: string): Columns {
  return (value: unknown) => {
    if (isEmpty(value)) throw invalid(field, `The field ${field} has to be stated.`)
    return { [field]: value }
  }
}

/** A jsonb column; absent means this. */
export function json(field: string, otherwise: unknown): Columns {
  return (value: unknown, { tx }) => {
    const kept = value ?? otherwise
    return { [field]: kept === null ? null : tx.json(kept as never) }
  }
}
