import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { framed } from './grpc-frame.ts'
import { openUnaryLane } from './grpc-lanes.ts'

export type Calls = {
  readonly call: <I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ) => Promise<MessageShape<O>>
  readonly close: () => void
}

/** Single calls over kept connections: not part of any load. */
export function openCalls(address: string, key: string): Calls {
  const lanes = new Map<string, ReturnType<typeof openUnaryLane>>()
  const laneOf = (path: string) => {
    const lane = lanes.get(path) ?? openUnaryLane({ address, path, key }, 1)
    lanes.set(path, lane)
    return lane
  }
  return {
    async call(method, request) {
      const lane = await laneOf(`/${method.parent.typeName}/${method.name}`)
      const question = framed(toBinary(method.input, create(method.input, request)))
      const bytes = await new Promise<Buffer>((resolve, reject) => {
        lane.ask(question, (answer, failure) => {
          if (answer) resolve(answer)
          else reject(new Error(`${method.name}: ${failure}`))
        })
      })
      return fromBinary(method.output, bytes)
    },
    close() {
      for (const lane of lanes.values()) lane.then((each) => each.close())
    },
  }
}
