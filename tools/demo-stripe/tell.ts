import type { CheckResponse } from '#gen/vouchsafe/v1/decision_pb.ts'

const line = (text = '') => void process.stdout.write(`${text}\n`)

/** What people read of it. */
export const tell = {
  line,
  step: (text: string) => line(`\n── ${text}`),
  answer(entitlement: string, { allowed, value, reasons, expiresAt, fix }: CheckResponse): void {
    const said = allowed ? 'ALLOWED' : 'DENIED '
    if (value?.kind.case === 'numberValue') {
      line(`   ${said}  ${entitlement} = ${value.kind.value}`)
      return
    }
    const [reason] = reasons
    const until = expiresAt ? ` (until ${new Date(Number(expiresAt.seconds) * 1000).toISOString()})` : ''
    line(`   ${said}  ${entitlement.padEnd(13)}  ${reason?.code}: ${reason?.text}${until}`)
    if (!allowed && fix[0]) line(`            to fix: ${fix[0].action} – ${fix[0].text}`)
  },
  took: (what: string, ms: number) => line(`   ${ms.toFixed(0)} ms ${what}`),
}
