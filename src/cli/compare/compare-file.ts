import { connected } from '#cli/connected.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { type Format, readRecords } from '#cli/import/records.ts'
import { faint, green, red } from '#cli/print.ts'
import type { Client } from '#client/client.ts'
import type { CompareOptions } from './compare.ts'
import { type OldAnswer, readOldAnswer } from './old-answer.ts'

type Difference = {
  readonly line: number
  readonly about: string
  readonly was: boolean
  readonly is: boolean
  /** The main reason now. */
  readonly reason: string
}

type Counts = { same: number; gained: number; lost: number; failed: number }

/** As the API takes at once. */
const batch = 100

/** Asks every question of a file, and says where the answer is another one. */
export async function compareFile(file: string, format: Format, options: CompareOptions): Promise<void> {
  const most = Number(options.most)
  if (!Number.isSafeInteger(most) || most < 0) {
    throw new CommandFailed(`--most is a whole number, not "${options.most}".`, exitCodes.usage)
  }
  const counts: Counts = { same: 0, gained: 0, lost: 0, failed: 0 }
  let shown = 0
  const show = (human: string, json: object) => {
    if (++shown <= most) process.stdout.write(`${options.json ? JSON.stringify(json) : human}\n`)
  }
  const failed = (line: number, problem: string) => {
    counts.failed++
    show(`${red('?')} line ${line}  ${problem}`, { line, problem })
  }
  const differs = (each: Difference) => {
    if (each.is) counts.gained++
    else counts.lost++
    const turned = each.is ? green('+ allowed now') : red('- denied now')
    show(`${turned}  line ${each.line}  ${each.about}  ${faint(each.reason)}`, each)
  }

  await connected(async (client) => {
    let open: OldAnswer[] = []
    const ask = async () => {
      const asked = open
      open = []
      for (const [at, answer] of (await answersTo(client, asked)).entries()) {
        const old = asked[at] as OldAnswer
        if (typeof answer === 'string') failed(old.line, answer)
        else if (answer.allowed === old.allowed) counts.same++
        else {
          const { line, about, allowed: was } = old
          differs({ line, about, was, is: answer.allowed, reason: answer.reason })
        }
      }
    }
    for await (const record of readRecords(file, format, { bytes: 0, lines: 0 })) {
      if ('problem' in record) failed(record.line, record.problem)
      else {
        try {
          open.push(readOldAnswer(record.line, record.value, options))
        } catch (error) {
          failed(record.line, error instanceof Error ? error.message : String(error))
        }
      }
      if (open.length === batch) await ask()
    }
    if (open.length > 0) await ask()
  })
  report(counts, shown - most, options.json === true)
}

type Answer = { readonly allowed: boolean; readonly reason: string }

async function answersTo(client: Client, asked: readonly OldAnswer[]): Promise<readonly (Answer | string)[]> {
  const { results } = await client.batchCheck({ checks: asked.map(({ request }) => request) })
  return results.map(({ result }) => {
    if (result.case !== 'response') return result.value?.message ?? 'It was not answered.'
    return { allowed: result.value.allowed, reason: result.value.reasons[0]?.code ?? '' }
  })
}

function report({ same, gained, lost, failed }: Counts, more: number, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify({ same, gained, lost, failed })}\n`)
  else {
    if (more > 0) process.stdout.write(faint(`and ${more} more\n`))
    const asked = same + gained + lost
    process.stdout.write(`${asked} asked: ${same} the same, ${gained} gained access, ${lost} lost it\n`)
    if (failed > 0) process.stdout.write(`${failed} could not be asked\n`)
  }
  if (failed > 0) process.exitCode = exitCodes.data
  else if (gained + lost > 0) process.exitCode = exitCodes.denied
}
