// Answers questions in its own process, without a door: the real snapshot, the real bundle, the verb Check.
import { randomUUIDv7 } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { openBundle } from '#bundle/open-bundle.ts'
import { createCheck } from '#decide/check.ts'
import type { Decided } from '#decide/needs.ts'
import type { Asker, Question } from '#decide/verbs.ts'
import { createCallerAuthenticator } from '#identity/caller.ts'
import { createPrincipalResolver } from '#identity/principal.ts'
import { createTokenVerifier } from '#identity/token-verifier.ts'
import { createLogger } from '#observe/logger.ts'
import { createMetrics } from '#observe/metrics.ts'
import { loadPolicy } from '#policy/load-policy.ts'
import { openPool } from '#postgres/pool.ts'
import { startSnapshot } from '#snapshot/start-snapshot.ts'
import type { Decision, InProcessJob, InProcessReply, InProcessResult } from './in-process-job.ts'
import { verbQuestion } from './questions.ts'

type Opening = Extract<InProcessJob, { kind: 'open' }>
type Parts = {
  readonly decide: (index: number) => Decided
  readonly evaluate: (index: number) => void
  readonly count: number
}

/** Checks between two looks at the clock; the feed runs in between. */
const slice = 128

async function open(job: Opening): Promise<Parts> {
  const log = createLogger({ level: 'error', secrets: [] })
  const running = startSnapshot({
    open: () => openPool({ url: job.databaseUrl, max: 4 }),
    openListener: () => openPool({ url: job.databaseUrl, max: 1 }),
    log,
  })
  await running.ready
  const { snapshot } = running
  const metrics = createMetrics({ version: 'bench', snapshotAgeMs: snapshot.ageMs })
  const bundle = await openBundle(await readFile(job.bundle), { loadPolicy })
  let decided: Decided | undefined
  const check = createCheck({
    snapshot,
    bundle: () => bundle,
    now: Date.now,
    newId: randomUUIDv7,
    record: (each) => {
      decided = each
    },
    breathe: async () => {},
    softStalenessMs: 5000,
    hardStalenessMs: 900_000,
  })

  const caller = await createCallerAuthenticator({ snapshot, now: Date.now }).authenticate({
    authorization: `Bearer ${job.key}`,
  })
  const verifier = createTokenVerifier({ snapshot, now: Date.now, log, metrics })
  const resolver = createPrincipalResolver({ log, metrics })
  const asked: { readonly asker: Asker; readonly question: Question }[] = []
  for (const question of job.questions) {
    const token = await verifier.verify(question.token, caller.tenant)
    const view = snapshot.tenant(token.tenant)
    if (!view) throw new Error('The demo tenant is not in the snapshot.')
    asked.push({
      asker: { caller, principal: resolver.ofToken(token, view) },
      question: verbQuestion(question),
    })
  }

  const decide = (index: number): Decided => {
    const next = asked[index % asked.length]
    if (!next) throw new Error('There are no questions.')
    check(next.asker, next.question)
    if (!decided) throw new Error('The verb recorded nothing.')
    return decided
  }
  const texts = asked.map((_, index) => {
    const { input, verdict } = decide(index)
    return { text: JSON.stringify(input), id: verdict.question_id }
  })
  const evaluate = (index: number): void => {
    const { text, id } = texts[index % texts.length] ?? { text: '', id: '' }
    bundle.evaluate(text, id)
  }
  return { decide, evaluate, count: asked.length }
}

function decisions({ decide, count }: Parts): (Decision | undefined)[] {
  return Array.from({ length: count }, (_, index) => {
    const { input, verdict } = decide(index)
    return input && { input, verdict }
  })
}

async function counted(work: (index: number) => void, countMs: number): Promise<InProcessResult> {
  const startedAt = performance.now()
  const before = process.cpuUsage()
  let checks = 0
  while (performance.now() < startedAt + countMs) {
    for (let i = 0; i < slice; i++) work(checks++)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { user, system } = process.cpuUsage(before)
  return { checks, cpuMs: (user + system) / 1000, wallMs: performance.now() - startedAt }
}

let parts: Parts | undefined

async function answer(job: InProcessJob): Promise<InProcessResult> {
  if (job.kind === 'open') {
    parts = await open(job)
    return { decisions: decisions(parts) }
  }
  if (!parts) throw new Error('Open it first.')
  return counted(job.part === 'whole' ? parts.decide : parts.evaluate, job.countMs)
}

process.on('message', (job: InProcessJob) => {
  answer(job)
    .then(
      (result): InProcessReply => ({ result }),
      (error: unknown): InProcessReply => ({
        failure: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
    )
    .then((reply) => process.send?.(reply))
})
process.on('disconnect', () => process.exit())
