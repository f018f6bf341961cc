import { createProduct, getProduct, listProducts, restrictProduct, updateProduct } from '#admin/products.ts'
import { ProductService } from '#gen/vouchsafe/admin/v1/product_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { adminRpcs, fieldsOf, given } from './serve.ts'

export function productRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = ProductService
  const { read, write } = adminRpcs(needs)
  return [
    write(
      method.createProduct,
      createProduct,
      (asked) => given(asked.product, 'product'),
      (product) => ({ product }),
    ),
    read(
      method.getProduct,
      getProduct,
      (asked) => asked.product,
      (product) => ({ product }),
    ),
    read(
      method.listProducts,
      listProducts,
      (asked) => asked,
      ({ items, next_page_token }) => ({ products: items, next_page_token }),
    ),
    write(
      method.updateProduct,
      updateProduct,
      (asked) => ({ document: given(asked.product, 'product'), fields: fieldsOf(asked.update_mask) }),
      (product) => ({ product }),
    ),
    write(
      method.restrictProduct,
      restrictProduct,
      (asked) => asked,
      (done) => done,
    ),
  ]
}
