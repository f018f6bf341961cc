import type { Route, RouteTable } from '#core/route.ts'
import { createRouteTable } from './route-table.ts'
import { boolean, object, PoisonRow, type Row, text, texts, uuid } from './row.ts'
import { type OnPoison, salvage } from './salvage.ts'

/** Nothing fits: every request is denied. */
export const noRoutes: RouteTable = { size: 0, match: () => [] }

/** A key that no entitlement has: what asks for it is denied. */
const never = '!'

/**
 * The table of a tenant's routes. Without a row that cannot be read a wider route could let its requests through, so it
 * stays in its place and asks for what nobody has; where not even its place can be told, nothing passes.
 */
export function buildRoutes(rows: Iterable<Row>, onPoison: OnPoison): RouteTable {
  const routes: Route[] = []
  for (const row of rows) {
    const place = salvage('routes', onPoison, () => readPlace(row))
    if (place === undefined) return noRoutes
    const asks = salvage('routes', onPoison, () => readNeeds(row))
    routes.push({ ...place, ...(asks ?? { public: false, any_of: [], all_of: [never], context: {} }) })
  }
  return salvage('routes', onPoison, () => createRouteTable(routes)) ?? noRoutes
}

function readPlace(row: Row) {
  return {
    id: uuid(row, 'id'),
    host: text(row, 'host'),
    method: text(row, 'method'),
    pattern: text(row, 'pattern'),
  }
}

function readNeeds(row: Row) {
  const needs = { public: boolean(row, 'public'), any_of: texts(row, 'any_of'), all_of: texts(row, 'all_of') }
  if (needs.public !== (needs.any_of.length + needs.all_of.length === 0)) {
    throw new PoisonRow('public and what it needs contradict each other')
  }
  // A row of before there was this column says no.
  const partial_body = row.partial_body !== undefined && boolean(row, 'partial_body')
  return { ...needs, context: readContext(row), partial_body }
}

function readContext(row: Row): Readonly<Record<string, string>> {
  const context = object(row, 'context')
  if (!Object.values(context).every((name) => typeof name === 'string')) {
    throw new PoisonRow('context names something that is no text')
  }
  return context as Readonly<Record<string, string>>
}
