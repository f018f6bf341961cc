import {
  type JsonObject as AnyObject,
  type DescMessage,
  fromJson,
  type JsonValue,
  type MessageShape,
  toJson,
} from '@bufbuild/protobuf'
import type { Duration, FieldMask, Timestamp, Value } from '@bufbuild/protobuf/wkt'
import type { Json, JsonObject } from '#core/json.ts'

/**
 * A message of the administration as a plain document: proto field names, times as RFC 3339 text, 64-bit numbers as
 * text, fields without presence always there. What the commands take and give.
 */
export type Document<T> = T extends Timestamp | Duration | FieldMask
  ? string
  : T extends Value
    ? Json
    : AnyObject extends T
      ? JsonObject
      : T extends bigint
        ? string
        : T extends Uint8Array
          ? string
          : T extends readonly (infer E)[]
            ? readonly Document<E>[]
            : T extends { readonly $typeName: string }
              ? Fields<T>
              : T extends object
                ? { readonly [K in keyof T]: Document<T[K]> }
                : T

type Plain<T> = Omit<T, '$typeName' | '$unknown' | OneofNames<T>>
type OneofNames<T> = { [K in keyof T]-?: T[K] extends Oneof ? K : never }[keyof T]
type Oneof = { case: string | undefined; value?: unknown }
type Fields<T> = {
  readonly [K in keyof Plain<T> as Snake<K>]: Document<Exclude<Plain<T>[K], undefined>>
} & OneofFields<T>
type OneofFields<T> = Together<
  {
    [K in OneofNames<T>]-?: T[K] extends infer U ? (U extends Oneof ? OneofField<U> : never) : never
  }[OneofNames<T>]
>
type OneofField<U extends Oneof> = U extends { case: infer C extends string; value: infer V }
  ? { readonly [K in C as Snake<K>]?: Document<V> }
  : unknown
type Together<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer I) => void
  ? I
  : unknown
type Snake<K> = K extends `${infer Head}${infer Tail}`
  ? `${Head extends Uppercase<Head> ? (Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`) : Head}${Snake<Tail>}`
  : K

export function documentOf<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
): Document<MessageShape<D>> {
  const options = { useProtoFieldName: true, alwaysEmitImplicit: true }
  return toJson(schema, message, options) as Document<MessageShape<D>>
}

/** Fails on a field that the message does not have: the command and the API differ then. */
export function messageOf<D extends DescMessage>(schema: D, document: object): MessageShape<D> {
  return fromJson(schema, document as AnyObject & JsonValue)
}
