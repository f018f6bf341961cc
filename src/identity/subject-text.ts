/**
 * OpenID Connect allows a subject 255 ASCII characters. Visible ones only: no blanks, controls or look-alikes,
 * so that two subjects that look the same are the same, and none can end a header line. At most one "@".
 */
const visible = /^[\x21-\x7e]{1,255}$/

export function isSubjectText(text: unknown): text is string {
  return typeof text === 'string' && visible.test(text) && text.indexOf('@') === text.lastIndexOf('@')
}

/** An issuer as it may stand before "|" in a principal's id: visible ASCII without the bar. */
export function isIssuerText(text: unknown): text is string {
  return typeof text === 'string' && /^[\x21-\x7b\x7d\x7e]{1,512}$/.test(text)
}
