import { describe, expect, test } from 'vitest'
import type { SeatPool } from '#core/tenant-view.ts'
import { gather } from '#decide/gather.ts'
import { grant, person, viewOf } from '#test/fixtures/view.ts'

const company = { id: 'company', key: 'company', path: ['company'] }
const team = { id: 'team', key: 'team', parent: 'company', path: ['company', 'team'] }
const sibling = { id: 'sibling', key: 'sibling', parent: 'company', path: ['company', 'sibling'] }
const organizations = [company, team, sibling]
const all = () => true

const reached = (view: ReturnType<typeof viewOf>, context?: typeof company) =>
  gather(view, person(), undefined, context, all, 0).reaching.map(
    ({ grant: { target }, through }) => `${target} ${through}`,
  )

describe('whose rights reach a principal', () => {
  const member = (organization: string) => ({ alice: [{ organization, role: 'member' as const }] })
  const grants = { company: [grant({ target: 'of-company' })], team: [grant({ target: 'of-team' })] }

  test('S003-2 a right of an organization reaches members of it and of all below it', () => {
    const view = viewOf({ organizations, grants, memberships: member('team') })
    expect(reached(view, team)).toEqual(['of-company organization', 'of-team organization'])
  })

  test('S003-2 a right of an organization never reaches members above it', () => {
    const view = viewOf({ organizations, grants, memberships: member('company') })
    expect(reached(view, company)).toEqual(['of-company organization'])
    expect(reached(view, team)).toEqual(['of-company organization'])
  })

  test('S000-6 a member of one organization has nothing in another on another line', () => {
    const view = viewOf({ organizations, grants, memberships: member('team') })
    expect(reached(view, sibling)).toEqual([])
  })

  test('S000-6 a grant scoped to one organization counts there and not elsewhere', () => {
    const view = viewOf({ organizations, grants: { alice: [grant({ target: 'x', scope: 'team' })] } })
    expect(reached(view, team)).toEqual(['x self'])
    expect(reached(view, sibling)).toEqual([])
    expect(reached(view)).toEqual(['x no_context'])
  })

  test('S003-27 without an organization only unscoped rights count', () => {
    const own = { alice: [grant({ target: 'mine' })], ...grants }
    const view = viewOf({ organizations, grants: own, memberships: member('team') })
    expect(reached(view)).toEqual(['mine self', 'of-company no_context', 'of-team no_context'])
  })

  test('S003-16 a pooled right reaches the holder of a seat only', () => {
    const pooled = { team: [grant({ target: 'pooled', pool: 'desk' })] }
    const world = { organizations, grants: pooled, memberships: member('team') }
    expect(reached(viewOf(world), team)).toEqual(['pooled no_seat'])
    expect(reached(viewOf({ ...world, seats: { alice: ['desk'] } }), team)).toEqual(['pooled seat'])
  })

  test('S003-47 a suspended seat gives nothing, and what is withheld from its holder stays withheld', () => {
    const held = ['own', 'kept'].map((target) => grant({ target, pool: 'desk' }))
    const denied = grant({ target: 'denied', pool: 'desk', effect: 'deny' })
    const desk: SeatPool = { id: 'desk', on_shrink: 'suspend_newest', purchases: [], held: 1, rank: () => 0 }
    const world = {
      organizations,
      grants: { team: [...held, denied] },
      memberships: member('team'),
      seats: { alice: ['desk'] },
    }
    const suspended = viewOf({ ...world, seatPools: [desk] })
    expect(reached(suspended, team)).toEqual(['own suspended_seat', 'kept suspended_seat', 'denied seat'])
    const kept = viewOf({ ...world, seatPools: [{ ...desk, on_shrink: 'keep' }] })
    expect(reached(kept, team)).toEqual(['own seat', 'kept seat', 'denied seat'])
  })

  test('S003-44 a grant of one module does not count in another', () => {
    const view = viewOf({
      grants: { alice: [grant({ target: 'x', module: 'learn' }), grant({ target: 'y' })] },
    })
    const targets = (module: string) =>
      gather(view, person(), module, undefined, all, 0).reaching.map((each) => each.grant.target)
    expect(targets('learn')).toEqual(['x', 'y'])
    expect(targets('docs')).toEqual(['y'])
  })

  test('a principal without a row holds nothing stored', () => {
    const view = viewOf({ grants: { alice: [grant({ target: 'x' })] } })
    const { subject: _subject, ...stranger } = person()
    expect(gather(view, stranger, undefined, undefined, all, 0).reaching).toEqual([])
  })

  test('C-1 where an issuer’s claims are the authority, stored rows can only take away', () => {
    const held = [
      grant({ target: 'given' }),
      grant({ target: 'denied', effect: 'deny' }),
      grant({ target: 'taken', revoked_at: 5 }),
    ]
    const view = viewOf({ grants: { alice: held } })
    const targets = (authority: 'claims' | 'both') =>
      gather(view, person({ authority }), undefined, undefined, all, 0).reaching.map(
        (each) => each.grant.target,
      )
    expect(targets('claims')).toEqual(['denied', 'taken'])
    expect(targets('both')).toEqual(['given', 'denied', 'taken'])
  })

  test('C-1 S003-11 where an issuer’s claims are the authority, a stored variant gives nothing', () => {
    const view = viewOf({ experiments: { alice: { checkout: 'b' } } })
    const variants = (authority: 'claims' | 'both') =>
      gather(view, person({ authority }), undefined, undefined, all, 0).experiments
    expect(variants('claims')).toEqual({})
    expect(variants('both')).toEqual({ checkout: 'b' })
  })
})
