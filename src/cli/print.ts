import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import { toJson } from '@bufbuild/protobuf'
import { type Value, ValueSchema } from '@bufbuild/protobuf/wkt'

/** Writes one line of text, or the message as one line of JSON. */
export function print<Desc extends DescMessage>(
  json: boolean,
  schema: Desc,
  message: MessageShape<Desc>,
  human: () => string,
): void {
  process.stdout.write(`${json ? JSON.stringify(toJson(schema, message)) : human()}\n`)
}

const colours = process.stdout.isTTY

export function green(text: string): string {
  return colours ? `\u001b[32m${text}\u001b[0m` : text
}

export function red(text: string): string {
  return colours ? `\u001b[31m${text}\u001b[0m` : text
}

export function faint(text: string): string {
  return colours ? `\u001b[2m${text}\u001b[0m` : text
}

export function bold(text: string): string {
  return colours ? `\u001b[1m${text}\u001b[0m` : text
}

/** A value as JSON text. */
export function valueText(value: Value): string {
  return JSON.stringify(toJson(ValueSchema, value))
}
