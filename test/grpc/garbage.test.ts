import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ServerHttp2Stream } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { grpcDoor } from './door.ts'

setFlagsFromString('--expose-gc')
const collect: (options: { readonly type: 'minor' | 'major' }) => void = runInNewContext('gc')

/** What listens to each of the server's streams, which is what holds a call together. */
function watchCalls() {
  const listeners: WeakRef<object>[] = []
  const started = (message: unknown) => {
    const { stream } = message as { readonly stream: ServerHttp2Stream }
    const [listener] = stream.listeners('end')
    if (listener) listeners.push(new WeakRef(listener))
  }
  subscribe('http2.server.stream.finish', started)
  return {
    seen: () => listeners.length,
    alive: () => listeners.filter((each) => each.deref() !== undefined).length,
    [Symbol.dispose]: () => unsubscribe('http2.server.stream.finish', started),
  }
}

test('S003-34 a call that is over is gone with the next young objects, not with the whole heap', async () => {
  await using door = await grpcDoor()
  const ask = () =>
    door.call(DecisionService.method.check, { entitlement: 'docs', subject: {} }).catch(() => undefined)
  for (let i = 0; i < 20; i++) await ask()
  collect({ type: 'major' })
  using calls = watchCalls()
  for (let i = 0; i < 20; i++) await ask()
  for (let i = 0; i < 3; i++) {
    await sleep(20)
    collect({ type: 'minor' })
  }
  await sleep(20)
  expect(calls.seen()).toBe(20)
  // The last of a connection may still be in somebody's hands.
  expect(calls.alive()).toBeLessThanOrEqual(2)
})
