import type { JsonObject } from '#core/json.ts'
import { resourceIds } from './candidates.ts'
import { actionOf, entityOf, optionalObject, searchedOf } from './entities.ts'
import type { Exchange } from './exchange.ts'
import type { AuthzenNeeds } from './parts.ts'
import { answerSearch, findFor } from './search.ts'

/** POST /access/v1/search/resource: of the ids that the catalogue knows. */
export async function searchResources(needs: AuthzenNeeds, exchange: Exchange, body: JsonObject) {
  const asked = {
    subject: entityOf(body, 'subject'),
    action: actionOf(body),
    resource: searchedOf(body, 'resource'),
    context: optionalObject(body, 'context'),
  }
  const { resource } = asked
  const find = await findFor(needs, exchange, asked, (catalogue) =>
    resourceIds(catalogue, resource.type).map((id) => ({
      name: id,
      asked: { ...asked, resource: { ...resource, id } },
    })),
  )
  const show = (id: string) => ({ type: resource.type, id })
  return answerSearch(needs, exchange, body, { kind: 'resource', asked, find, show })
}
