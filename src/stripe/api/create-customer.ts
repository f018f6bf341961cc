import type { Connection } from './connection.ts'
import { one } from './one.ts'

/** Nothing of a person is told to Stripe but what the metadata says. */
export async function createCustomer(
  { gate, stripe }: Connection,
  metadata: Readonly<Record<string, string>>,
  idempotencyKey: string,
): Promise<string> {
  const { id } = await one(gate, 'customers.create', 'customer', () =>
    stripe.customers.create({ metadata: { ...metadata } }, { idempotencyKey }),
  )
  return id
}
