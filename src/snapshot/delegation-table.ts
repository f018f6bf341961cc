import { optionalInstant, PoisonRow, type Row, uuid } from './row.ts'

type Delegation = { readonly subject: string; readonly starts_at: number; readonly ends_at: number }

/** Who may call as a delegate, and when. What a delegation reaches is asked of the database. */
export class DelegationTable {
  readonly #rows = new Map<string, Delegation>()
  readonly #ofSubject = new Map<string, Set<string>>()

  /** Throws PoisonRow; then it delegates nothing. */
  put(row: Row): void {
    this.delete(String(row.id))
    const id = uuid(row, 'id')
    const subject = uuid(row, 'subject_id')
    if (optionalInstant(row, 'revoked_at') !== undefined) return
    const starts = optionalInstant(row, 'starts_at')
    if (starts === undefined) throw new PoisonRow('starts_at is missing')
    this.#rows.set(id, {
      subject,
      starts_at: starts,
      ends_at: optionalInstant(row, 'ends_at') ?? Number.POSITIVE_INFINITY,
    })
    const of = this.#ofSubject.get(subject) ?? new Set()
    this.#ofSubject.set(subject, of.add(id))
  }

  delete(id: string): void {
    const row = this.#rows.get(id)
    if (row === undefined) return
    this.#rows.delete(id)
    const of = this.#ofSubject.get(row.subject)
    of?.delete(id)
    if (of?.size === 0) this.#ofSubject.delete(row.subject)
  }

  /** Whether the subject is a delegate at `now` (ms). */
  isLive(subject: string, now: number): boolean {
    for (const id of this.#ofSubject.get(subject) ?? []) {
      const row = this.#rows.get(id)
      if (row !== undefined && row.starts_at <= now && now < row.ends_at) return true
    }
    return false
  }
}
