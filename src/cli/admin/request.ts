import { type DescMethod, fromJson, type JsonValue, type MessageShape } from '@bufbuild/protobuf'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import type { Json } from '#core/json.ts'
import { type Input, resourceOf } from './inputs.ts'
import { readValue } from './read-value.ts'

type Given = string | boolean | readonly string[]
type Tree = { [key: string]: Json | Tree }

/** The request out of what was typed: options by flag, and the text without one. Wrong use: CommandFailed. */
export function requestOf(
  method: DescMethod,
  inputs: readonly Input[],
  given: ReadonlyMap<string, Given>,
  positional: string | undefined,
): MessageShape<DescMethod['input']> {
  // What is made may need nothing said about it.
  const subject = method.name.startsWith('Create') ? resourceOf(method.input) : undefined
  const request: Tree = subject === undefined ? {} : { [subject.name]: {} }
  const changed = new Set<string>()
  for (const input of inputs) {
    const value = givenFor(input, given, positional)
    if (value === undefined) continue
    place(request, input.path, readValue(input, value))
    if (input.mask !== undefined) changed.add(input.mask)
  }
  if (inputs.some(({ mask }) => mask !== undefined)) {
    if (changed.size === 0) throw wrongUse('Say what to change: each option given is a field that changes.')
    request.update_mask = [...changed].join(',')
  }
  try {
    return fromJson(method.input, request as JsonValue)
  } catch (error) {
    throw wrongUse(error instanceof Error ? error.message : String(error))
  }
}

/** What a command means by its name, where the message's own default would be the contrary. */
const meant: Readonly<Record<string, Given>> = { 'RestrictProductRequest.requires_entitlement': true }

function givenFor(
  { flag, name, positional }: Input,
  given: ReadonlyMap<string, Given>,
  text: string | undefined,
) {
  const value = given.get(flag) ?? meant[name]
  if (!positional || text === undefined) return value
  if (value === undefined || value === text) return text
  throw wrongUse(`"${text}" and --${flag} ${String(value)} differ: say one of them.`)
}

function place(tree: Tree, path: readonly string[], value: Json): void {
  const [name = '', ...rest] = path
  if (rest.length === 0) tree[name] = value
  else {
    tree[name] ??= {}
    place(tree[name] as Tree, rest, value)
  }
}

function wrongUse(message: string): CommandFailed {
  return new CommandFailed(message, exitCodes.usage)
}
