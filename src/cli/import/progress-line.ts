export type Moment = {
  /** Of the file. */
  readonly bytes: number
  readonly of: number
  readonly lines: number
  readonly added: number
  readonly rejected: number
  /** Since this run began. */
  readonly seconds: number
  /** Bytes and rights that an earlier run had done. */
  readonly before: { readonly bytes: number; readonly added: number }
}

const width = 24

/** "[######      ] 25 %  250 000 lines · 1 250 000 rights · 41 000 a second · 0:31 left · 3 rejected" */
export function progressLine(moment: Moment, bar: boolean): string {
  const { bytes, of, lines, added, rejected, seconds, before } = moment
  const share = of === 0 ? 1 : bytes / of
  const filled = Math.round(share * width)
  const rate = seconds > 0 ? (added - before.added) / seconds : 0
  const speed = seconds > 0 ? (bytes - before.bytes) / seconds : 0
  const left = speed > 0 ? clock((of - bytes) / speed) : '–'
  const parts = [
    `${grouped(lines)} lines`,
    `${grouped(added)} rights`,
    `${grouped(Math.round(rate))} a second`,
    `${left} left`,
    ...(rejected > 0 ? [`${grouped(rejected)} rejected`] : []),
  ]
  const picture = bar ? `[${'#'.repeat(filled)}${' '.repeat(width - filled)}] ` : ''
  return `${picture}${Math.floor(share * 100)} %  ${parts.join(' · ')}`
}

export function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ' ')
}

export function clock(seconds: number): string {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
