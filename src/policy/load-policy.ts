import type { Evaluate } from '#core/verdict.ts'
import { denial } from './denial.ts'
import { createInstance, type Instance, type Limits } from './instance.ts'
import { parseVerdict } from './parse-verdict.ts'

export type PolicyLimits = Limits & {
  /** An instance whose memory grew beyond this is replaced: memory never shrinks. */
  readonly keepBytes: number
  /** UTF-16 units; longer input is refused before it reaches WASM. */
  readonly maxInputLength: number
}

export type Policy = {
  readonly evaluate: Evaluate
  /** How many instances were thrown away since the start. */
  readonly replaced: () => number
  readonly memoryBytes: () => number
}

const defaultLimits: PolicyLimits = {
  maxPages: 1_024,
  keepBytes: 8 * 1_048_576,
  maxInputLength: 4 * 1_048_576,
}

/**
 * Compiles and checks a policy: ABI 1.x, the entrypoint by name, no built-in beyond the allow list.
 * Throws an Error saying why it is refused. `data` is what ships in the bundle.
 */
export async function loadPolicy(
  wasm: Uint8Array,
  data: object,
  limits: PolicyLimits = defaultLimits,
): Promise<Policy> {
  const module = await WebAssembly.compile(wasm)
  let replaced = 0
  let current: Instance | undefined = firstInstance(module, data, limits)

  function evaluate(inputText: string, questionId: string): ReturnType<Evaluate> {
    if (inputText.length > limits.maxInputLength) {
      return denial('POLICY_INPUT_LOST', questionId, { cause: 'the question is too large' })
    }
    try {
      current ??= createInstance(module, data, limits)
      const result = current.run(inputText)
      if (current.memoryBytes() > limits.keepBytes) discard()
      return parseVerdict(result, questionId)
    } catch (thrown) {
      discard()
      return denial('POLICY_FAILED', questionId, { cause: causeOf(thrown) })
    }
  }

  function discard(): void {
    current = undefined
    replaced++
  }

  return { evaluate, replaced: () => replaced, memoryBytes: () => current?.memoryBytes() ?? 0 }
}

function firstInstance(module: WebAssembly.Module, data: object, limits: Limits): Instance {
  try {
    return createInstance(module, data, limits)
  } catch (thrown) {
    throw new Error(`The policy is refused: ${causeOf(thrown)}`, { cause: thrown })
  }
}

// opa-wasm throws plain strings and bare objects.
function causeOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  const message = (thrown as { readonly message?: unknown } | null)?.message
  return typeof message === 'string' ? message : 'unknown'
}
