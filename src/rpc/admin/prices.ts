import { listPriceMappings, mapPrice, unmapPrice } from '#admin/prices.ts'
import { PriceService } from '#gen/vouchsafe/admin/v1/price_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { adminRpcs, given } from './serve.ts'

export function priceRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = PriceService
  const { read, write } = adminRpcs(needs)
  return [
    write(
      method.mapPrice,
      mapPrice,
      (asked) => given(asked.mapping, 'mapping'),
      (done) => done,
    ),
    write(
      method.unmapPrice,
      unmapPrice,
      (asked) => asked.mapping,
      (done) => done,
    ),
    read(
      method.listPriceMappings,
      listPriceMappings,
      (asked) => asked,
      ({ items, next_page_token }) => ({ mappings: items, next_page_token }),
    ),
  ]
}
