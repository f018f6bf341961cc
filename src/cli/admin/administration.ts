import type { DescMethodUnary, DescService } from '@bufbuild/protobuf'
import { type Command, Option } from 'commander'
import { type Help, readHelp, type ServiceHelp } from './help.ts'
import { type Input, inputsOf } from './inputs.ts'
import { aliases } from './names.ts'
import { isFlag, isRepeated, placeholder } from './read-value.ts'
import { requestOf } from './request.ts'
import { type RunOptions, run } from './run.ts'

/**
 * vouchsafe RESOURCE VERB, for every unary method of the administration. Names and texts are there at once; a method's
 * options come from its descriptor, which is loaded when the method is named.
 */
export function addAdministration(program: Command, help: Help = readHelp()): void {
  for (const [name, service] of Object.entries(help.services)) {
    const group = program.commands.find((each) => each.name() === name) ?? program.command(name)
    if (group.description() === '') group.description(firstSentence(service.says))
    for (const alias of aliases[name] ?? []) group.alias(alias)
    group.helpCommand(false)
    const ours = new Set<Command>()
    for (const [verb, { says }] of Object.entries(service.verbs)) {
      if (group.commands.some((each) => each.name() === verb)) continue
      ours.add(group.command(verb).description(says))
    }
    group.hook('preSubcommand', async (_, verb) => {
      if (ours.delete(verb)) await addOptions(verb, service, help)
    })
  }
}

/** Gives a verb what its method takes. */
export async function addOptions(verb: Command, service: ServiceHelp, help: Help): Promise<void> {
  const found = service.verbs[verb.name()]
  const { [service.service]: descriptor } = await import(`#gen/vouchsafe/admin/v1/${service.file}_pb.ts`)
  const method = (descriptor as DescService).method[found?.method ?? '']
  if (method?.methodKind !== 'unary') throw new Error(`There is no method for ${verb.name()}.`)
  const inputs = inputsOf(method)
  const positional = inputs.find((input) => input.positional)
  if (positional) verb.argument(`[${positional.flag}]`, help.fields[positional.name] ?? '')
  for (const input of inputs) addOption(verb, input, help.fields[input.name] ?? '')
  const pages = method.input.fields.some(({ name }) => name === 'page_token')
  if (pages) verb.option('--all', 'every page, not only one')
  verb.option('--json', 'print the answer as JSON')
  verb.action(async (...given: unknown[]) => {
    const options = verb.opts() as RunOptions & Readonly<Record<string, never>>
    const text = positional ? (given[0] as string | undefined) : undefined
    const values = new Map(
      inputs.flatMap((input) => {
        const value = options[attributeOf(input)]
        return value === undefined ? [] : [[input.flag, value] as const]
      }),
    )
    await run(method as DescMethodUnary, requestOf(method, inputs, values, text), options)
  })
}

function addOption(verb: Command, input: Input, says: string): void {
  if (isFlag(input)) {
    verb.option(`--${input.flag}`, says)
    verb.addOption(new Option(`--no-${input.flag}`, `not: ${says}`).hideHelp())
    return
  }
  const option = new Option(`--${input.flag} <${placeholder(input)}>`, says)
  if (isRepeated(input)) {
    option.argParser((text: string, all: readonly string[] = []) => [...all, text])
    option.description = `${says} Repeatable.`
  }
  verb.addOption(option)
}

function attributeOf({ flag }: Input): string {
  return new Option(`--${flag} <x>`).attributeName()
}

function firstSentence(text: string): string {
  const end = text.search(/[.:;] /)
  const sentence = (end === -1 ? text : text.slice(0, end)).replace(/\.$/, '')
  return sentence.charAt(0).toLowerCase() + sentence.slice(1)
}
