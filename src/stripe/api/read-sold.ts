import type { Stripe } from 'stripe'
import type { Sold } from '#stripe/state.ts'

/** An object where only its id matters: Stripe gives either. */
export function idOf(reference: string | { readonly id: string } | null | undefined): string | undefined {
  return typeof reference === 'object' ? reference?.id : reference
}

/** Until the year 9999, as a database can hold: further off is never. */
const latest = 253_402_300_799

export const ms = (seconds: number): number => Math.min(seconds, latest) * 1000

/** What others wrote at Stripe, unless no database can hold it: whoever wrote that named nothing. */
export function written(text: string | null | undefined): string | undefined {
  if (!text?.isWellFormed() || text === '' || text.includes('\u0000')) return undefined
  return text
}

/** An absent time, amount or text of Stripe's is null. */
export function given<Name extends string, Value>(
  name: Name,
  value: Value | null | undefined,
): { readonly [Key in Name]?: Value } {
  return (value === null || value === undefined ? {} : { [name]: value }) as {
    readonly [Key in Name]?: Value
  }
}

export function givenMs<Name extends string>(name: Name, seconds: number | null | undefined) {
  return given(name, seconds === null || seconds === undefined ? undefined : ms(seconds))
}

/** A price that was deleted names no product. */
export function readSold(
  price: string | Stripe.Price | Stripe.DeletedPrice,
  quantity: number | null | undefined,
): Sold {
  const known =
    typeof price === 'object' && !('deleted' in price && price.deleted) ? (price as Stripe.Price) : undefined
  return {
    price: typeof price === 'object' ? price.id : price,
    product: idOf(known?.product) ?? '',
    ...given('lookup_key', written(known?.lookup_key)),
    ...given('quantity', quantity),
  }
}
