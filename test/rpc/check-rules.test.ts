import { create } from '@bufbuild/protobuf'
import { createValidator } from '@bufbuild/protovalidate'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError } from '#core/errors.ts'
import { CheckRequestSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { validateCheckRequest } from '#rpc/check-rules.ts'

const validator = createValidator()

/** Texts about a limit: just under, at, just over; in one, two and four bytes a character. */
function textsAbout(...limits: number[]) {
  const edges = limits.flatMap((limit) => [limit - 1, limit, limit + 1, 2 * limit, 2 * limit + 1])
  const unit = fc.constantFrom('a', 'é', '😀')
  const edge = fc.tuple(unit, fc.constantFrom(...edges)).map(([each, count]) => each.repeat(count))
  return fc.oneof(fc.constant(''), fc.string({ maxLength: 20 }), edge)
}

const pieces = fc.constantFrom(
  'a',
  'z9',
  '.',
  '-',
  '_',
  ':',
  'A',
  ' ',
  'é',
  '\n',
  'a'.repeat(62),
  'b'.repeat(63),
)
const entitlement = fc.oneof(
  fc.constantFrom(
    '',
    'docs_paid',
    'academy_track:k8s',
    'a:b:c',
    ':a',
    'a:',
    `${'a'.repeat(63)}:${'b'.repeat(63)}`,
  ),
  fc.array(pieces, { maxLength: 4 }).map((parts) => parts.join('')),
)
const subject = fc.option(
  fc.oneof(
    fc.constant({ subject: { case: undefined } } as const),
    textsAbout(8192).map((value) => ({ subject: { case: 'accessToken', value } }) as const),
    fc
      .record({ id: textsAbout(64), issuer: textsAbout(512), subject: textsAbout(255) })
      .map((value) => ({ subject: { case: 'principal', value } }) as const),
  ),
  { nil: undefined, freq: 8 },
)
const demand = fc.oneof(
  fc.constant({ case: undefined } as const),
  textsAbout(256).map((value) => ({ case: 'atLeast', value }) as const),
  fc.boolean().map((value) => ({ case: 'fresh', value }) as const),
  fc.bigInt({ min: -5n, max: 5n }).map((seconds) => ({ case: 'maxStaleness', value: { seconds } }) as const),
)
const request = fc.record({
  subject,
  entitlement,
  tenant: textsAbout(127),
  quantity: fc.constantFrom(0n, 1n, 9007199254740991n, 9007199254740992n, 18446744073709551615n),
  resource: fc.option(
    fc.record({
      kind: fc.constantFrom('product', 'content', 'navigation', '', 'Product'),
      id: textsAbout(127),
    }),
    { nil: undefined },
  ),
  context: fc.option(fc.record({ organization: textsAbout(127), module: textsAbout(63) }), {
    nil: undefined,
  }),
  consistency: fc.option(fc.record({ demand }), { nil: undefined }),
})
/** Otherwise valid requests with one odd part, so that each rule decides alone. */
const nearlyValid = fc
  .tuple(
    request,
    fc.constantFrom('subject', 'entitlement', 'tenant', 'quantity', 'resource', 'context', 'consistency'),
  )
  .map(([odd, part]) => ({
    subject: { subject: { case: 'accessToken', value: 't' } } as const,
    entitlement: 'docs_paid',
    ...{ [part]: odd[part as keyof typeof odd] },
  }))

test('the hand-written rules of CheckRequest refuse exactly what protovalidate refuses, and name the same field', () => {
  const seen = new Map<boolean, number>()
  fc.assert(
    fc.property(fc.oneof(request, nearlyValid), (init) => {
      // biome-ignore lint/suspicious/noExplicitAny: the generator's union is wider than the init type.
      const message = create(CheckRequestSchema, init as any)
      const expected = validator.validate(CheckRequestSchema, message)
      const found = violationOf(() => validateCheckRequest(message))
      const wanted = expected.violations?.map(({ ruleId }) => ruleId) ?? []
      seen.set(wanted.length === 0, (seen.get(wanted.length === 0) ?? 0) + 1)
      if (wanted.length === 0) expect(found).toBeUndefined()
      else expect(wanted).toContain(found)
    }),
    { numRuns: 2000 },
  )
  expect(seen.get(true)).toBeGreaterThan(100)
  expect(seen.get(false)).toBeGreaterThan(100)
})

function violationOf(work: () => void): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof AppError && error.code === 'INVALID_FIELD') return error.metadata.rule
    throw error
  }
}
