import { describe, expect, test } from 'vitest'
import { createDecisionJournal } from '#journal/decision-journal.ts'
import { entry, linesOf, memorySink, parts } from './fixtures.ts'

type Settings = Partial<Parameters<typeof createDecisionJournal>[0]>

function start(settings: Settings = {}) {
  const { sink, state } = memorySink()
  const made = parts()
  return { ...made, state, journal: createDecisionJournal({ ...made, sink, ...settings }) }
}

describe('what is kept', () => {
  const reasons = [{ code: 'GRANT' }]

  test('every denial, every fail mode, every C-7 admin override', () => {
    const { journal } = start({ sampleShare: 0 })
    expect(journal.wants({ allowed: false, reasons })).toBe(true)
    expect(journal.wants({ allowed: true, reasons, fallback: 'open' })).toBe(true)
    expect(journal.wants({ allowed: true, reasons: [...reasons, { code: 'ADMIN_OVERRIDE' }] })).toBe(true)
    expect(journal.wants({ allowed: true, reasons })).toBe(false)
    const override = { allowed: true, reasons: [{ code: 'ADMIN_OVERRIDE' }] }
    expect(journal.wants({ allowed: true, reasons }, [override])).toBe(true)
    const other = { allowed: false, reasons }
    expect(journal.wants({ allowed: true, reasons }, [other])).toBe(false)
  })

  test('a share of the other allows, one in a hundred unless said otherwise', () => {
    let drawn = 0
    const random = () => drawn
    const usual = start({ random }).journal
    expect(usual.wants({ allowed: true, reasons })).toBe(true)
    drawn = 0.0099
    expect(usual.wants({ allowed: true, reasons })).toBe(true)
    drawn = 0.01
    expect(usual.wants({ allowed: true, reasons })).toBe(false)
    drawn = 0.999
    expect(start({ random, sampleShare: 1 }).journal.wants({ allowed: true, reasons })).toBe(true)
  })
})

describe('a line', () => {
  test('has all that a replay needs', async () => {
    const { journal, state } = start()
    journal.push(entry({ duration_us: 31, trace_id: 'abc' }))
    await journal.flush()
    expect(linesOf(state.text)).toEqual([
      { ...entry(), at: '2026-11-21T12:00:00.000Z', duration_us: 31, trace_id: 'abc' },
    ])
  })

  test('is the same for an input given as text', async () => {
    const { journal, state } = start()
    journal.push(entry())
    journal.push(entry({ input: JSON.stringify(entry().input, null, 2) }))
    await journal.flush()
    const [first, second] = state.text.split('\n')
    expect(second).toBe(first)
  })

  test('masks the attributes it was told to, and says which', async () => {
    const { journal, state } = start({ maskedNames: ['email', 'a/b'] })
    const input = {
      principal: { claims: { attributes: { email: 'x@y.example' } } },
      list: [{ 'a/b': 1, c: 2 }],
    }
    journal.push(entry({ input: JSON.stringify(input) }))
    await journal.flush()
    expect(linesOf(state.text)[0]).toMatchObject({
      input: {
        principal: { claims: { attributes: { email: '[masked]' } } },
        list: [{ 'a/b': '[masked]', c: 2 }],
      },
      masked: ['/principal/claims/attributes/email', '/list/0/a~1b'],
    })
    expect(state.text).not.toContain('x@y.example')
  })

  test('masks what its parts hold, too', async () => {
    const { journal, state } = start({ maskedNames: ['email'] })
    const part = { decision_id: 'd2', question: 'docs', result: { allowed: true, reasons: [] } }
    journal.push(entry({ parts: [{ ...part, input: '{"email":"x@y.example"}' }] }))
    await journal.flush()
    expect(linesOf(state.text)[0]).toMatchObject({
      parts: [{ ...part, input: { email: '[masked]' } }],
      masked: ['/principal/claims/attributes/email', '/parts/0/input/email'],
    })
    expect(state.text).not.toContain('x@y.example')
  })

  test('V54 keeps a property named __proto__ a property', async () => {
    const { journal, state } = start({ maskedNames: ['secret'] })
    journal.push(entry({ input: '{"__proto__": {"secret": 1, "a": 2}}' }))
    await journal.flush()
    expect(state.text).toContain('"__proto__":{"secret":"[masked]","a":2}')
  })

  test('never holds a token or a key, wherever it was put', async () => {
    const { journal, state } = start()
    const token = `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.${'x'.repeat(80)}`
    const key = `vch_AbCdEfGhIjKl_${'s'.repeat(43)}000000`
    journal.push(
      entry({ input: { context: { attributes: { authorization: `Bearer ${token}`, token, key } } } }),
    )
    journal.push(entry({ principal: token, question: key }))
    await journal.flush()
    expect(state.text).not.toMatch(/eyJ|vch_/)
    expect(linesOf(state.text)).toHaveLength(2)
  })
})

describe('F48 an entry that does not fit', () => {
  test('by number is counted and dropped', async () => {
    const { journal, state, counts } = start({ maxEntries: 3 })
    for (let number = 0; number < 10; number++) journal.push(entry({ decision_id: `d${number}` }))
    await journal.flush()
    expect(linesOf(state.text).map((line) => line.decision_id)).toEqual(['d0', 'd1', 'd2'])
    expect(counts).toEqual({ 'decisions dropped': 7 })
    journal.push(entry({ decision_id: 'later' }))
    await journal.flush()
    expect(linesOf(state.text)).toHaveLength(4)
  })

  test('by size is counted and dropped', async () => {
    const { journal, state, counts } = start({ maxBytes: 10_000 })
    journal.push(entry({ input: JSON.stringify('x'.repeat(20_000)) }))
    journal.push(entry())
    await journal.flush()
    expect(linesOf(state.text)).toHaveLength(1)
    expect(counts).toEqual({ 'decisions dropped': 1 })
  })

  test('F31 by the size of an input with very many grants is counted and dropped', async () => {
    const { journal, state, counts } = start({ maxBytes: 1_000_000 })
    const grants = Array.from({ length: 5000 }, (_, i) => ({ id: `g${i}` }))
    for (let number = 0; number < 9; number++) journal.push(entry({ input: { grants } }))
    journal.push(entry())
    await journal.flush()
    expect(linesOf(state.text)).toHaveLength(1)
    expect(counts).toEqual({ 'decisions dropped': 9 })
  })

  test('because it cannot be written as JSON is counted, and the others are written', async () => {
    const { journal, state, counts } = start()
    const circular: { self?: unknown } = {}
    circular.self = circular
    journal.push(entry({ input: circular }))
    journal.push(entry({ input: '{"half":' }))
    journal.push(entry({ decision_id: 'fine' }))
    await journal.flush()
    expect(linesOf(state.text).map((line) => line.decision_id)).toEqual(['fine'])
    expect(counts).toEqual({ 'decisions dropped': 2 })
  })
})
