import opaWasm from '@open-policy-agent/opa-wasm'
import { entrypoint } from '#core/policy.ts'
import { hostBuiltins } from './host-builtins.ts'

const pageBytes = 65_536
/** Room for the module's own constants, which grow with the rules. */
const initialPages = 32
/** A UTF-16 code unit takes at most three bytes of UTF-8. */
const bytesPerUnit = 3

type Exports = {
  readonly opa_eval: (
    reserved: 0,
    entrypoint: number,
    data: number,
    input: number,
    inputBytes: number,
    heap: number,
    format: 0,
  ) => number
}

/** One WASM instance with its own memory. After it threw, it must not be used again. */
export type Instance = {
  /** The JSON text of the result set. Throws what WASM or its host throws: strings too. */
  readonly run: (inputText: string) => string
  readonly memoryBytes: () => number
}

export type Limits = {
  readonly maxPages: number
}

/** Throws an Error saying why the module is not a policy of ours. */
export function createInstance(module: WebAssembly.Module, data: object, limits: Limits): Instance {
  requireExports(module)
  const policy = opaWasm.loadPolicySync(module, { initial: initialPages, maximum: limits.maxPages })
  const id = entrypointOf(policy.entrypoints)
  const memory = policy.mem
  refuseForeignBuiltins(policy.wasmInstance, memory)
  policy.setData(data)
  const { opa_eval: evaluate } = policy.wasmInstance.exports as unknown as Exports
  const { dataAddr, dataHeapPtr: heap } = policy
  let bytes = Buffer.from(memory.buffer)

  function run(inputText: string): string {
    const missing = heap + inputText.length * bytesPerUnit - bytes.length
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
    if (bytes.buffer !== memory.buffer) bytes = Buffer.from(memory.buffer)
    const length = bytes.write(inputText, heap, 'utf8')
    // Whatever the last evaluation left above `heap` is overwritten: the heap is reset by starting there again.
    const address = evaluate(0, id, dataAddr, heap, length, heap + length, 0)
    if (bytes.buffer !== memory.buffer) bytes = Buffer.from(memory.buffer)
    return bytes.toString('utf8', address, bytes.indexOf(0, address))
  }

  return { run, memoryBytes: () => memory.buffer.byteLength }
}

// By name: opa-wasm would silently evaluate number 0 and does not check the range of others.
function entrypointOf(entrypoints: Readonly<Record<string, number>>): number {
  const id = entrypoints[entrypoint]
  if (typeof id !== 'number') throw new Error(`it lacks the entrypoint ${entrypoint}`)
  return id
}

// opa-wasm only writes to the console where the version is absent, and opa_eval came with ABI 1.2.
function requireExports(module: WebAssembly.Module): void {
  const offered = new Set(WebAssembly.Module.exports(module).map(({ name }) => name))
  const absent = ['opa_wasm_abi_version', 'opa_eval', 'builtins', 'entrypoints'].filter(
    (name) => !offered.has(name),
  )
  if (absent.length > 0)
    throw new Error(`it is not an OPA policy of ABI 1.2 or later: no ${absent.join(', ')}`)
}

function refuseForeignBuiltins(wasm: WebAssembly.Instance, memory: WebAssembly.Memory): void {
  const { builtins, opa_json_dump: dump } = wasm.exports as unknown as {
    readonly builtins: () => number
    readonly opa_json_dump: (address: number) => number
  }
  const address = dump(builtins())
  const bytes = Buffer.from(memory.buffer)
  const wanted = Object.keys(JSON.parse(bytes.toString('utf8', address, bytes.indexOf(0, address))))
  const foreign = wanted.filter((name) => !hostBuiltins.has(name))
  if (foreign.length > 0) throw new Error(`it uses built-ins that are not allowed: ${foreign.join(', ')}`)
}
