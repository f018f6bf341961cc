// Every setting there is, and the only place that reads the environment. docs/reference/settings.md is
// generated from this table. It opens nothing and starts nothing.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { apiBase } from '#config/api-base.ts'
import { ConfigError } from '#config/config-error.ts'
import { partsAgainst, postgresUrl, urlOfParts } from '#config/database-url.ts'
import { exposureProblems } from '#config/exposure.ts'
import { flagOf, type Given, gather, type Origin } from '#config/gather.ts'
import { networks } from '#config/networks.ts'
import { address, integer, list, oneOf, path, readableFile, share, webAddress, word } from '#config/parse.ts'
import { proxyProblems } from '#config/proxy-problems.ts'
import { publicAddress } from '#config/public-address.ts'
import { Secret } from '#config/secret.ts'
import { readSecretReference } from '#config/secret-reference.ts'
import { realSecret, strongSecret } from '#config/secret-strength.ts'
import { hidden, optional, Refused, type Setting, withDefault } from '#config/setting.ts'
import { readYamlFile } from '#config/yaml-file.ts'

const milliseconds = (least: number, most: number) => integer('milliseconds', least, most)
const packaged = resolve(import.meta.dirname, '../bundles/default.tar.gz')
const bundle = (text: string): string =>
  text === 'bundles/default.tar.gz' && !existsSync(text) ? packaged : path(text)
const journal = (text: string): string => (text === 'off' ? 'off' : path(text))
const sslmode = oneOf('disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full')

// biome-ignore format: one setting a line or two reads as the table it is
export const settings = {
  configFile: optional('VOUCHSAFE_CONFIG', path, 'vouchsafe.yaml in the working folder, if there is one', 'The file with settings; not itself a key of that file.'),
  grpcAddress: withDefault('VOUCHSAFE_GRPC_ADDRESS', address, '127.0.0.1:7070', 'Where gRPC listens, as host:port; port 0 takes a free one.'),
  httpAddress: withDefault('VOUCHSAFE_HTTP_ADDRESS', address, '127.0.0.1:7071', 'Where HTTP (Connect JSON and REST) listens.'),
  opsAddress: withDefault('VOUCHSAFE_OPS_ADDRESS', address, '127.0.0.1:7072', 'Where /metrics and /health listen.'),
  tlsCert: optional('VOUCHSAFE_TLS_CERT', readableFile, 'no TLS', 'The certificate chain, a PEM file.'),
  tlsKey: optional('VOUCHSAFE_TLS_KEY', readableFile, 'no TLS', 'The private key of the certificate, a PEM file.'),
  tlsClientCa: optional('VOUCHSAFE_TLS_CLIENT_CA', readableFile, 'no client certificates', 'The authorities whose client certificates are accepted, a PEM file.'),
  data: withDefault('VOUCHSAFE_DATA', path, '.vouchsafe', 'The folder of the embedded Postgres, the operator key and the journal.'),
  secret: hidden('VOUCHSAFE_SECRET', strongSecret, 'generated for the embedded Postgres; required with DATABASE_URL', 'Signs page tokens and the disk cache; at least 32 bytes, the same on every node.'),
  secretFile: optional('VOUCHSAFE_SECRET_FILE', readableFile, 'VOUCHSAFE_SECRET', 'A file that holds the secret, instead of VOUCHSAFE_SECRET.'),
  databaseUrl: hidden('DATABASE_URL', postgresUrl, 'an embedded Postgres in VOUCHSAFE_DATA', 'The Postgres to use, as postgres://user:password@host:5432/name.'),
  databaseDirectUrl: hidden('DATABASE_DIRECT_URL', postgresUrl, 'DATABASE_URL', 'The same database past a transaction pooler, so that notifications arrive.'),
  databaseHost: optional('DATABASE_HOST', word, 'DATABASE_URL', 'With the next five, another way to write DATABASE_URL.'),
  databasePort: optional('DATABASE_PORT', integer('TCP', 1, 65_535), '5432', 'The port of the database.'),
  databaseName: optional('DATABASE_NAME', word, 'DATABASE_URL', 'The name of the database.'),
  databaseSslmode: optional('DATABASE_SSLMODE', sslmode, 'not in the URL', 'How the connection to the database is secured.'),
  databaseUser: optional('DATABASE_USER', word, 'DATABASE_URL', 'The role that logs in.'),
  databasePassword: hidden('DATABASE_PASSWORD', () => {}, 'none', 'The password of that role.'),
  databasePool: withDefault('VOUCHSAFE_DATABASE_POOL', integer('connections', 1, 1000), '10', 'How many connections are opened at most.'),
  bundle: withDefault('VOUCHSAFE_BUNDLE', bundle, 'bundles/default.tar.gz', 'The compiled policies; a replaced file is swapped in.'),
  pollIntervalMs: withDefault('VOUCHSAFE_POLL_INTERVAL_MS', milliseconds(50, 60_000), '1000', 'How often changes are looked for where no notification came.'),
  softStalenessMs: withDefault('VOUCHSAFE_SOFT_STALENESS_MS', milliseconds(100, 86_400_000), '5000', 'The age from which answers say that the snapshot is stale.'),
  hardStalenessMs: withDefault('VOUCHSAFE_HARD_STALENESS_MS', milliseconds(100, 604_800_000), '900000', 'The age from which the fail mode of an entitlement decides.'),
  bulkyChange: withDefault('VOUCHSAFE_BULKY_CHANGE', integer('rows', 1, 1_000_000_000), '1000', 'From how many rows on a change is counted, and noted in the security log.'),
  waitMs: withDefault('VOUCHSAFE_WAIT_MS', milliseconds(0, 5000), '500', 'How long a question that demands a revision waits for it.'),
  tokenCache: withDefault('VOUCHSAFE_TOKEN_CACHE', integer('tokens', 0, 10_000_000), '50000', 'How many verified tokens are remembered until they expire.'),
  journal: optional('VOUCHSAFE_JOURNAL', journal, 'journal.jsonl in VOUCHSAFE_DATA', 'The file of the decision log, or off.'),
  journalSample: withDefault('VOUCHSAFE_JOURNAL_SAMPLE', share, '0.01', 'The share of allowed decisions that is logged; denials always are.'),
  journalMask: optional('VOUCHSAFE_JOURNAL_MASK', list, 'nothing masked', 'Paths of the input to mask in the decision log, separated by commas, such as context.attributes.email.'),
  logLevel: withDefault('VOUCHSAFE_LOG_LEVEL', oneOf('error', 'warn', 'info', 'debug', 'silent'), 'info', 'The least severe messages that are logged.'),
  drainMs: withDefault('VOUCHSAFE_DRAIN_MS', milliseconds(0, 600_000), '4000', 'How long a shutdown waits for calls in flight.'),
  demo: withDefault('VOUCHSAFE_DEMO', oneOf('auto', 'on', 'off'), 'auto', 'Whether demo tenants are loaded; auto: on the embedded Postgres only.'),
  upgradeUrl: optional('VOUCHSAFE_UPGRADE_URL', webAddress, 'null in denials', 'Where denials of gateways and of /v1/access send people; {entitlement} stands for what they lack.'),
  trustedProxies: optional('VOUCHSAFE_TRUSTED_PROXIES', networks, 'nobody', 'The proxies whose word of a client counts at /forward-auth: addresses and networks, separated by commas.'),
  trustAnyProxy: withDefault('VOUCHSAFE_TRUST_ANY_PROXY', oneOf('on', 'off'), 'off', 'Whether VOUCHSAFE_TRUSTED_PROXIES may hold networks as wide as 0.0.0.0/0.'),
  testHeaders: withDefault('VOUCHSAFE_TEST_HEADERS', oneOf('on', 'off'), 'off', 'For tests, on loopback only: /forward-auth believes a trusted proxy’s x-hyops-sub, -tier and -entitlements headers without a token.'),
  opaGatewayKey: hidden('VOUCHSAFE_OPA_GATEWAY_KEY', () => {}, 'a caller’s key is demanded', 'The caller’s key by which trusted proxies ask /v1/data/vouchsafe/gateway that send none: the opa plugins of Kong and APISIX.'),
  publicUrl: optional('VOUCHSAFE_PUBLIC_URL', publicAddress, 'nothing is said of it', 'Where clients reach the HTTP server, such as https://pdp.example.com: what AuthZEN’s discovery answers with.'),
  accessRequestUrl: optional('VOUCHSAFE_ACCESS_REQUEST_URL', publicAddress, 'not in denials', 'Where a denied right can be asked for, as AuthZEN’s access requests: a service of yours.'),
  stripeSecretKey: hidden('STRIPE_SECRET_KEY', realSecret, 'not configured', 'The API key for Stripe.'),
  stripeWebhookSecret: hidden('STRIPE_WEBHOOK_SECRET', realSecret, 'webhooks are refused', 'What Stripe signs its webhooks with.'),
  stripeSecretsDir: optional('VOUCHSAFE_STRIPE_SECRETS_DIR', path, 'no files', 'The folder whose files a Stripe account may name as its secrets.'),
  stripeApiBase: optional('STRIPE_API_BASE', apiBase, 'https://api.stripe.com', 'Where the API of Stripe is: a stand-in for it, say. Plain http only on this machine.'),
  stripeRequests: optional('VOUCHSAFE_STRIPE_REQUESTS', integer('requests', 1, 10_000), '20 in test mode, 80 in live mode', 'How many requests a second this node sends to an account at Stripe at most.'),
  stripeInboxDays: withDefault('VOUCHSAFE_STRIPE_INBOX_DAYS', integer('days', 31, 3650), '60', 'How many days the inbox keeps an event of Stripe that is settled, or whose customer stands for nobody. Stripe sends one again for 30.'),
  stripeWorker: withDefault('VOUCHSAFE_STRIPE_WORKER', oneOf('on', 'off'), 'on', 'Whether this node fetches from Stripe what webhooks say has changed; webhooks are taken either way.'),
  server: optional('VOUCHSAFE_SERVER', address, 'VOUCHSAFE_GRPC_ADDRESS', 'The server the command line talks to, as host:port.'),
  serverCa: optional('VOUCHSAFE_SERVER_CA', readableFile, 'no TLS towards the server', 'The authorities that the command line trusts the server by, a PEM file.'),
  callerKey: hidden('VOUCHSAFE_KEY', () => {}, 'operator.key in VOUCHSAFE_DATA', 'The key with which the command line calls the server.'),
  opa: optional('OPA', path, 'opa on PATH, else the pinned version', 'The opa binary that compiles policies; running needs none.'),
} as const satisfies Readonly<Record<string, Setting<unknown>>>

export type SettingKey = keyof typeof settings
type Values = {
  readonly [Key in SettingKey]: (typeof settings)[Key] extends Setting<infer Value> ? Value : never
}

/** What the process runs with. `databaseUrl`, `secret` and `journal` are final; `origins` holds what was set. */
export type Config = Omit<Values, 'journal'> & {
  /** The file, or off. */
  readonly journal: string
  /** Whether any KEYCLOAK_ setting is there. They are kept for the role synchronization. */
  readonly keycloak: boolean
  /** What "env:NAME" or "file:/path" leads to; throws Refused where that is nothing, or nothing secret. */
  readonly secretOf: (reference: string) => Secret
  readonly origins: Readonly<Partial<Record<SettingKey, Origin>>>
}

export type ConfigSources = {
  /** Default: the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default: what VOUCHSAFE_CONFIG or --config names, else vouchsafe.yaml where there is one. */
  readonly file?: string
  /** Flags such as --grpc-address=127.0.0.1:0; secrets are refused there. */
  readonly argv?: readonly string[]
}

/** Throws ConfigError with every problem at once. */
export function loadConfig(from: ConfigSources = {}): Config {
  const { env = process.env, argv = [] } = from
  const file =
    from.file ?? namedFile(env, argv) ?? (existsSync('vouchsafe.yaml') ? 'vouchsafe.yaml' : undefined)
  const all = Object.values<Setting<unknown>>(settings)
  const secrets = new Set(all.filter((each) => each.secret).map((each) => each.name))
  const entries = file === undefined ? [] : readYamlFile(file)
  const names = all.map((each) => each.name)
  const gathered = gather(names, secrets, { env, entries, argv })
  const problems = [...gathered.problems]

  const origins: Partial<Record<SettingKey, Origin>> = {}
  const parsed = Object.entries<Setting<unknown>>(settings).map(([key, setting]) => {
    const given = gathered.given.get(setting.name)
    if (given !== undefined) origins[key as SettingKey] = given.origin
    return [key, readValue(setting, given, problems)]
  })
  if (problems.length > 0) throw new ConfigError(problems)

  const values = Object.fromEntries(parsed) as Values
  const keycloak = [...gathered.given.keys()].some((name) => name.startsWith('KEYCLOAK_'))
  const config: Config = {
    ...values,
    secret: values.secret ?? fileSecret(values.secretFile, problems),
    databaseUrl: values.databaseUrl ?? builtUrl(values, problems),
    journal: values.journal ?? join(values.data, 'journal.jsonl'),
    keycloak,
    secretOf: (reference) => readSecretReference(reference, { ...env, ...stripeSecrets(values) }),
    origins,
  }
  problems.push(
    ...contradictions(config),
    ...exposureProblems(config).map((each) => `${each}.`),
    ...proxyProblems(config),
  )
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

function namedFile(env: NonNullable<ConfigSources['env']>, argv: readonly string[]): string | undefined {
  const flag = flagOf(settings.configFile.name)
  const at = argv.findIndex((each) => each === flag || each.startsWith(`${flag}=`))
  const named = at === -1 ? undefined : argv[at] === flag ? argv[at + 1] : argv[at]?.slice(flag.length + 1)
  return named ?? env[settings.configFile.name]
}

function readValue(setting: Setting<unknown>, given: Given | undefined, problems: string[]): unknown {
  const text = given?.text ?? setting.fallback
  if (text === undefined) return undefined
  const where = given === undefined ? '' : ` (${given.where})`
  if (text.trim() === '') {
    problems.push(`${setting.name}${where} is empty: give it a value, or leave it out.`)
    return undefined
  }
  if (setting === settings.configFile && given?.origin === 'file') {
    problems.push(`${where.trim()}: a settings file cannot name another one.`)
  }
  try {
    return setting.parse(text)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const quoted = setting.secret ? '' : `, not ${JSON.stringify(text)}`
    problems.push(`${setting.name}${where} ${error.message}${quoted}.`)
    return undefined
  }
}

/** These may come from the settings file. */
function stripeSecrets({ stripeSecretKey, stripeWebhookSecret }: Values): Record<string, string> {
  return {
    ...(stripeSecretKey && { [settings.stripeSecretKey.name]: stripeSecretKey.reveal() }),
    ...(stripeWebhookSecret && { [settings.stripeWebhookSecret.name]: stripeWebhookSecret.reveal() }),
  }
}

function fileSecret(file: string | undefined, problems: string[]): Secret | undefined {
  if (file === undefined) return undefined
  const text = readFileSync(file, 'utf8').trim()
  try {
    strongSecret(text)
  } catch (error) {
    problems.push(`VOUCHSAFE_SECRET_FILE: the secret in it ${(error as Error).message}.`)
  }
  return new Secret(text)
}

function partsOf(values: Values | Config) {
  return {
    DATABASE_HOST: values.databaseHost,
    DATABASE_PORT: values.databasePort,
    DATABASE_NAME: values.databaseName,
    DATABASE_SSLMODE: values.databaseSslmode,
    DATABASE_USER: values.databaseUser,
    DATABASE_PASSWORD: values.databasePassword?.reveal(),
  }
}

function builtUrl(values: Values, problems: string[]): Secret | undefined {
  try {
    const url = urlOfParts(partsOf(values))
    return url === undefined ? undefined : new Secret(url)
  } catch (error) {
    problems.push(`${(error as Error).message}.`)
    return undefined
  }
}

function contradictions(config: Config): readonly string[] {
  const found: string[] = []
  const { databaseUrl, origins } = config
  if (databaseUrl !== undefined) {
    for (const name of partsAgainst(databaseUrl.reveal(), partsOf(config))) {
      found.push(`${name} says something else than DATABASE_URL: leave one of them out.`)
    }
    if (config.secret === undefined) found.push('VOUCHSAFE_SECRET is required with DATABASE_URL.')
  } else if (config.databaseDirectUrl !== undefined) {
    found.push('DATABASE_DIRECT_URL is set without DATABASE_URL.')
  }
  if (origins.secret !== undefined && origins.secretFile !== undefined) {
    found.push('VOUCHSAFE_SECRET and VOUCHSAFE_SECRET_FILE are both set: leave one of them out.')
  }
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    found.push('VOUCHSAFE_TLS_CERT and VOUCHSAFE_TLS_KEY go together: one of them is missing.')
  }
  if (config.tlsClientCa !== undefined && config.tlsCert === undefined) {
    found.push('VOUCHSAFE_TLS_CLIENT_CA is set without VOUCHSAFE_TLS_CERT.')
  }
  if (config.pollIntervalMs >= config.softStalenessMs) {
    found.push(
      'VOUCHSAFE_POLL_INTERVAL_MS is not below VOUCHSAFE_SOFT_STALENESS_MS: every answer would be stale.',
    )
  }
  if (config.softStalenessMs >= config.hardStalenessMs) {
    found.push('VOUCHSAFE_SOFT_STALENESS_MS is not below VOUCHSAFE_HARD_STALENESS_MS.')
  }
  const taken = [config.grpcAddress, config.httpAddress, config.opsAddress]
  for (const [index, { host, port }] of taken.entries()) {
    if (port !== 0 && taken.slice(0, index).some((each) => each.host === host && each.port === port)) {
      found.push(`Two of the three addresses are the same: ${host}:${port}.`)
    }
  }
  return found
}
