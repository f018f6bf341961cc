import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import { pathToString } from '@bufbuild/protobuf/reflect'
import { createValidator } from '@bufbuild/protovalidate'
import { type CheckRequest, CheckRequestSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { validateCheckRequest } from './check-rules.ts'
import { invalidField } from './invalid-field.ts'

const validator = createValidator()

/** Throws INVALID_FIELD for the first rule of the message's annotations that is broken. */
export function validate(schema: DescMessage, message: MessageShape<DescMessage>): void {
  if (schema === CheckRequestSchema) {
    validateCheckRequest(message as CheckRequest)
    return
  }
  const result = validator.validate(schema, message)
  if (result.kind === 'valid') return
  if (result.kind === 'error') throw result.error
  const violation = result.violations[0]
  throw invalidField(violation ? pathToString(violation.field) : '', violation?.ruleId ?? '')
}
