import { type Context, type Span, type SpanOptions, type Tracer, trace } from '@opentelemetry/api'
import { afterEach, describe, expect, test } from 'vitest'
import { parseTraceparent } from '#observe/traceparent.ts'
import { createTracing } from '#observe/tracing.ts'

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const traceId = '0af7651916cd43dd8448eb211c80319c'

type Seen = { name: string; parent: string | undefined; ended: boolean; failed: boolean }

/** The smallest real provider: what an SDK would register, keeping spans in a list. */
function register(): Seen[] {
  const spans: Seen[] = []
  const startSpan = (name: string, _options?: SpanOptions, context?: Context): Span => {
    const seen: Seen = {
      name,
      parent: context === undefined ? undefined : trace.getSpanContext(context)?.traceId,
      ended: false,
      failed: false,
    }
    spans.push(seen)
    const span = trace.wrapSpanContext({ traceId, spanId: 'b7ad6b7169203331', traceFlags: 0 })
    return Object.assign(Object.create(span) as Span, {
      end: () => {
        seen.ended = true
      },
      setStatus: () => {
        seen.failed = true
      },
    })
  }
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) as unknown as Tracer })
  return spans
}

const headers = (value?: string) => ({
  header: (name: string) => (name === 'traceparent' ? value : undefined),
})

afterEach(() => trace.disable())

test('without an SDK the work is only called', () => {
  const tracing = createTracing()
  const request = {
    header: () => {
      throw new Error('looked at')
    },
  }
  expect(tracing.enabled).toBe(false)
  expect(tracing.run('grpc', 'Check', request, (span) => span ?? 'no span')).toBe('no span')
})

describe('with an SDK', () => {
  test('a verb runs in a span that is a child of the caller’s', async () => {
    const spans = register()
    const tracing = createTracing()
    expect(tracing.run('grpc', 'Check', headers(parent), () => 7)).toBe(7)
    await tracing.run('http', 'List', headers(), async () => 8)
    expect(spans.slice(1)).toEqual([
      { name: 'grpc Check', parent: traceId, ended: true, failed: false },
      { name: 'http List', parent: undefined, ended: true, failed: false },
    ])
  })

  test('a span ends with its work, also when that fails', async () => {
    const spans = register()
    const tracing = createTracing()
    let finish = (): void => undefined
    const slow = tracing.run(
      'grpc',
      'Check',
      headers(),
      () =>
        new Promise<void>((resolve) => {
          finish = resolve
        }),
    )
    expect(spans.at(-1)).toMatchObject({ ended: false })
    finish()
    await slow
    expect(spans.at(-1)).toMatchObject({ ended: true, failed: false })
    await expect(
      tracing.run('grpc', 'Check', headers(), () => Promise.reject(new Error('x'))),
    ).rejects.toThrow('x')
    expect(spans.at(-1)).toMatchObject({ ended: true, failed: true })
    const broken = (): never => {
      throw new Error('y')
    }
    expect(() => tracing.run('grpc', 'Check', headers(), broken)).toThrow('y')
    expect(spans.at(-1)).toMatchObject({ ended: true, failed: true })
  })
})

test('a well-formed traceparent is read, later versions too', () => {
  const want = { traceId, spanId: 'b7ad6b7169203331', traceFlags: 1, isRemote: true }
  expect(parseTraceparent(parent)).toEqual(want)
  expect(parseTraceparent(parent.replace(/^00/, '01').concat('-more'))).toEqual(want)
  expect(parseTraceparent(parent.replace(/01$/, '02'))).toMatchObject({ traceFlags: 0 })
})

test.each([
  '',
  'junk',
  parent.toUpperCase(),
  parent.replace(/^00/, 'ff'),
  `${parent}-more`,
  `${parent} `,
  parent.replace(traceId, '0'.repeat(32)),
  parent.replace('b7ad6b7169203331', '0'.repeat(16)),
  parent.slice(1),
  `01-${traceId}-b7ad6b7169203331-01-${'x'.repeat(1000)}`,
])('the traceparent %j starts a new trace', (text) => {
  expect(parseTraceparent(text)).toBeUndefined()
})
