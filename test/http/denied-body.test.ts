import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { CheckResponseSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { deniedBody } from '#http/denied-body.ts'

test('S003-49 an action that several plans would help by is suggested once', () => {
  const fix = ['buy_plan', 'buy_plan', 'start_trial'].map((action) => ({ action }))
  const { suggestedActions } = deniedBody(create(CheckResponseSchema, { denyAs: 403, fix }), undefined)
  expect(suggestedActions).toEqual(['buy_plan', 'start_trial'])
})
