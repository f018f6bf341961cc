import { faint, green, red } from '#cli/print.ts'
import type { JsonObject } from '#core/json.ts'

type Flip = {
  readonly subject: string
  readonly entitlement: string
  readonly product?: string
  readonly resource?: string
  readonly organization?: string
  readonly module?: string
  readonly allowed?: boolean
  readonly reason?: string
}

/** Who would gain and lose, of an answer's JSON. */
export function previewText(preview: JsonObject): string {
  const { gained = 0, lost = 0, compared = 0, partial = false } = preview as Readonly<Record<string, unknown>>
  const flips = (preview.flips ?? []) as unknown as readonly Flip[]
  const compare = faint(`${compared} answers compared${partial ? ', not all: there are too many' : ''}`)
  const lines = [`nothing was changed; ${gained} would gain access, ${lost} would lose it  ${compare}`]
  for (const flip of flips) lines.push(flipText(flip))
  const more = Number(gained) + Number(lost) - flips.length
  if (more > 0) lines.push(faint(`  and ${more} more`))
  return lines.join('\n')
}

function flipText(flip: Flip): string {
  const { subject, entitlement, product, resource, organization, module, allowed, reason = '' } = flip
  const what = product ? `${entitlement} of ${product}` : (resource ?? entitlement)
  const where = [organization && `in ${organization}`, module && `module ${module}`].filter(Boolean).join(' ')
  const mark = allowed ? green('+') : red('-')
  return `  ${mark} ${[subject, what, where, faint(reason)].filter((part) => part !== '').join('  ')}`
}
