import type { JsonObject } from '#core/json.ts'
import { actionNames } from './candidates.ts'
import { type Action, entityOf, optionalObject } from './entities.ts'
import type { Exchange } from './exchange.ts'
import type { AuthzenNeeds } from './parts.ts'
import { answerSearch, findFor } from './search.ts'

const none: Action = { name: '', properties: {} }

/** POST /access/v1/search/action: of the actions that the catalogue knows. An action in the request is not looked at. */
export async function searchActions(needs: AuthzenNeeds, exchange: Exchange, body: JsonObject) {
  const asked = {
    subject: entityOf(body, 'subject'),
    action: none,
    resource: entityOf(body, 'resource'),
    context: optionalObject(body, 'context'),
  }
  const { type, id } = asked.resource
  const find = await findFor(needs, exchange, asked, (catalogue) =>
    actionNames(catalogue, type, id).map((name) => ({
      name,
      asked: { ...asked, action: { ...none, name } },
    })),
  )
  return answerSearch(needs, exchange, body, { kind: 'action', asked, find, show: (name) => ({ name }) })
}
