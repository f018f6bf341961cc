import type { ReasonText } from './rule-metadata.ts'
import { type RuleModule, refuse } from './rule-module.ts'

/** reasons.json: the texts of reason and fix codes, from the METADATA of the rules that give them. */
export function reasonTexts(modules: readonly RuleModule[]): Readonly<Record<string, ReasonText>> {
  const texts = new Map<string, ReasonText>()
  for (const module of modules) {
    const { reasons, host_reasons, fixes } = module.metadata.custom ?? {}
    for (const [code, text] of Object.entries({ ...reasons, ...host_reasons, ...fixes })) {
      if (texts.has(code)) refuse(module, `${code} has a text elsewhere`)
      if (!text?.title || !text.text) refuse(module, `${code} needs a title and a text`)
      texts.set(code, { title: text.title, text: text.text })
    }
  }
  for (const module of modules) {
    for (const code of codesOf(module.syntax))
      if (!texts.has(code)) refuse(module, `${code} has no text in METADATA`)
  }
  return Object.fromEntries([...texts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

// {"code": "X", …} and {"action": "y", …} literals. GUARD_PASSED is for explanations only.
function* codesOf(node: unknown): Generator<string> {
  if (Array.isArray(node)) {
    if (node.length === 2 && ['code', 'action'].includes(node[0]?.value) && node[1]?.type === 'string') {
      if (node[1].value !== 'GUARD_PASSED') yield String(node[1].value)
    }
    for (const item of node) yield* codesOf(item)
  } else if (typeof node === 'object' && node !== null) {
    for (const child of Object.values(node)) yield* codesOf(child)
  }
}
