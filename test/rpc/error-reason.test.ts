import { expect, test } from 'vitest'
import { failures } from '#core/errors.ts'
import { ErrorReason } from '#gen/vouchsafe/v1/error_reason_pb.ts'

test('every failure is an ErrorReason and the other way round', () => {
  const reasons = Object.keys(ErrorReason).filter((name) => name !== 'UNSPECIFIED')
  expect(reasons.sort()).toEqual(Object.keys(failures).sort())
})
