import type { CheckResponse } from '#gen/vouchsafe/v1/decision_pb.ts'

/** An answer as its reasons' codes: "yes GRANTED", "no NO_GRANT". */
export function said({ allowed, reasons }: Pick<CheckResponse, 'allowed' | 'reasons'>): string {
  return [allowed ? 'yes' : 'no', ...reasons.map(({ code }) => code)].join(' ')
}
