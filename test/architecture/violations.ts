import { posix } from 'node:path'

export type SourceFile = { readonly path: string; readonly text: string }

/** Which modules each module may import; its own files always. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  gen: [],
  config: ['core'],
  observe: ['core'],
  policy: ['core', 'observe'],
  bundle: ['core', 'observe'],
  identity: ['core', 'observe'],
  journal: ['core', 'observe'],
  postgres: ['core', 'observe'],
  snapshot: ['core', 'observe', 'postgres'],
  decide: ['core'],
  usage: ['core', 'postgres'],
  admin: ['core', 'postgres'],
  stripe: ['core', 'postgres', 'admin'],
  rpc: ['core', 'gen', 'decide', 'usage', 'admin', 'identity', 'observe'],
  grpc: ['rpc', 'core', 'gen', 'observe'],
  http: ['rpc', 'core', 'gen', 'decide', 'observe', 'stripe', 'console'],
  console: [],
  client: ['gen'],
  cli: ['core', 'gen', 'observe', 'policy', 'bundle', 'journal', 'postgres', 'client', 'main', 'config'],
}

const longest = 250
const onlyPolicy = '@open-policy-agent/opa-wasm'
/** What reads an event without proving it, or proves it without bounding its age. */
const unproven = /\b(\w+WithoutVerification|verifyHeader(Async)?)\b/
/** Where the clock, ids and randomness are passed in. */
const pure = new Set(['core', 'decide'])
const impure: readonly [RegExp, string][] = [
  [/\bDate\.now\b/, 'Date.now'],
  [/\bnew\s+Date\s*(\(\s*\)|(?![\w(\s]))/, 'new Date()'],
  [/(?<!new\s+)(?<![\w.])Date\(/, 'Date()'],
  [/\bperformance\./, 'performance'],
  [/\bMath\.random\b/, 'Math.random'],
  [/(?<![\w.])crypto\b|['"](node:)?crypto['"]/, 'crypto'],
  [/\bTemporal\.Now\b/, 'Temporal.Now'],
]

/** Every breach of the layout in the files of src, as "path: what". Generated code is left out. */
export function violations(files: readonly SourceFile[]): readonly string[] {
  const found: string[] = []
  const edges = new Map<string, Set<string>>()
  for (const file of files.filter(({ path }) => !path.startsWith('src/gen/'))) {
    const code = withoutComments(file.text)
    const say = (what: string): number => found.push(`${file.path}: ${what}`)
    for (const target of imports(code)) {
      for (const what of importProblems(file.path, target)) say(what)
      const to = target.startsWith('#') ? moduleOfAlias(target) : undefined
      const from = moduleOf(file.path)
      if (to !== undefined && to !== from) edges.set(from, (edges.get(from) ?? new Set()).add(to))
    }
    for (const what of textProblems(file, code)) say(what)
  }
  return [...found, ...cycles(edges)]
}

function importProblems(path: string, target: string): readonly string[] {
  const from = moduleOf(path)
  if (target.split('/').includes('..')) return [`imports ${target}: no ../`]
  if (target.startsWith('./')) {
    const to = moduleOf(posix.join(posix.dirname(path), target))
    return to === from ? [] : [`imports ${target}: other modules are named with #`]
  }
  if (!target.startsWith('#')) {
    if (target === onlyPolicy && from !== 'policy') return [`imports ${onlyPolicy}: only policy may`]
    if (target === 'stripe' && !path.startsWith('src/stripe/api/'))
      return ['imports stripe: only src/stripe/api may']
    return from === 'core' ? [`imports ${target}: core imports nothing`] : []
  }
  const to = moduleOfAlias(target)
  if (from === 'main' || to === from) return []
  const allowed = mayImport[from]
  if (allowed === undefined) return [`belongs to ${from}, which is no module of the design`]
  return allowed.includes(to) ? [] : [`imports ${target}: ${from} must not import ${to}`]
}

function textProblems({ path, text }: SourceFile, code: string): readonly string[] {
  const found: string[] = []
  const lines = text.replace(/\n$/, '').split('\n').length
  if (lines > longest) found.push(`has ${lines} lines, more than ${longest}`)
  // A declaration tells what a package of others exports.
  if (!path.endsWith('.d.ts') && /\bexport\s+default\b|\bas\s+default\b/.test(code))
    found.push('has a default export')
  if (unproven.test(code)) found.push('reads events of Stripe that are not proved')
  if (/\benum\s+\w+\s*\{/.test(code)) found.push('has an enum')
  const readsEnv =
    /\bprocess\s*(\?\.|\.)\s*env\b|\bprocess\s*\[\s*['"]env|\benv\b[^}]*\}\s*(=\s*process\b|from\s+['"](node:)?process['"])/
  if (readsEnv.test(code) && path !== 'src/config.ts') found.push('reads process.env')
  if (pure.has(moduleOf(path))) {
    for (const [pattern, name] of impure) if (pattern.test(code)) found.push(`uses ${name}`)
  }
  return found
}

/** "src/core/grant.ts" → core, "src/main.ts" → main. */
function moduleOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.ts$/, '')
}

/** "#core/grant.ts" → core, "#main" → main. */
function moduleOfAlias(target: string): string {
  return target.slice(1).split('/')[0] ?? ''
}

function imports(code: string): readonly string[] {
  const patterns = [
    /(?:^|[;\n])\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/g,
    /(?:^|[;\n])\s*import\s*['"]([^'"]+)['"]/g,
    /\bimport\s*\(\s*['"`]([^'"`]+)['"`]/g,
    /\brequire\s*\(\s*['"]([^'"]+)['"]/g,
  ]
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ''))
}

/** Blanks comments and keeps strings, so that a URL in a string does not open a comment. */
function withoutComments(text: string): string {
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g
  return text.replace(token, (match) => (match.startsWith('/') ? ' ' : match))
}

function cycles(edges: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (module: string, trail: readonly string[]): void => {
    const at = trail.indexOf(module)
    if (at !== -1) {
      found.push(`modules: ${[...trail.slice(at), module].join(' → ')} is a cycle`)
      return
    }
    if (done.has(module)) return
    for (const next of edges.get(module) ?? []) visit(next, [...trail, module])
    done.add(module)
  }
  for (const module of edges.keys()) visit(module, [])
  return found
}
