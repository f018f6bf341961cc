/**
 * Text ↔ number (1, 2, …; 0 is none) for names of which there are few: modules, issuers, experiments.
 * It never forgets: it is bounded by the distinct names since the tenant was loaded. What varies by row is in a TextTable.
 */
export class Dictionary {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = ['']

  find(text: string): number {
    return this.#numbers.get(text) ?? 0
  }

  intern(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const number = this.#texts.push(text) - 1
    this.#numbers.set(text, number)
    return number
  }

  text(number: number): string {
    return this.#texts[number] ?? ''
  }
}
