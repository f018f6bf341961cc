import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { ContextSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { contextOf } from '#rpc/question.ts'

const id = '01890a5d-ac96-774b-bcce-b302099a8057'

test.each([
  [`org_${id}`, id],
  [id, id],
  ['acme', 'acme'],
  ['org_acme', 'org_acme'],
  [`org_${id}x`, `org_${id}x`],
  [`sub_${id}`, `sub_${id}`],
])('an organization is named as it is shown, by its id or by its key: %s', (organization, asked) => {
  expect(contextOf(create(ContextSchema, { organization }))).toEqual({ organization: asked, attributes: {} })
})
