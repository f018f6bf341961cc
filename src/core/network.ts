/** Addresses that start with the same bits. */
export type Network = {
  readonly family: 'ipv4' | 'ipv6'
  readonly address: string
  readonly bits: number
}
