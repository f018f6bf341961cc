// What we use of WebAssembly, which Node's types leave to the browser's, and of opa-wasm, whose own types
// lack the default export that its module has.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
    static exports(module: Module): { readonly name: string; readonly kind: string }[]
  }
  type Memory = { readonly buffer: ArrayBuffer; grow(pages: number): number }
  type Instance = { readonly exports: Readonly<Record<string, unknown>> }
  function compile(bytes: Uint8Array): Promise<Module>
}

declare module '@open-policy-agent/opa-wasm' {
  type LoadedPolicy = {
    readonly mem: WebAssembly.Memory
    readonly wasmInstance: WebAssembly.Instance
    readonly dataAddr: number
    readonly dataHeapPtr: number
    readonly entrypoints: Readonly<Record<string, number>>
    setData(data: object): void
  }
  const opaWasm: {
    /** Throws plain strings. */
    loadPolicySync(
      module: WebAssembly.Module,
      memory: { readonly initial: number; readonly maximum: number },
    ): LoadedPolicy
  }
  // biome-ignore lint/style/noDefaultExport: it is theirs
  export default opaWasm
}
