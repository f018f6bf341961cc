import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { create, createFileRegistry, fromBinary } from '@bufbuild/protobuf'
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflection as V1,
} from '#gen/grpc/reflection/v1/reflection_pb.ts'
import { ServerReflection as V1Alpha } from '#gen/grpc/reflection/v1alpha/reflection_pb.ts'
import { grpcDoor } from './door.ts'

type Question = ServerReflectionRequest['messageRequest']
type Door = Awaited<ReturnType<typeof grpcDoor>>

async function ask(door: Door, question: Question, version: 'v1' | 'v1alpha' = 'v1') {
  const method = (version === 'v1' ? V1 : V1Alpha).method
    .serverReflectionInfo as typeof V1.method.serverReflectionInfo
  const call = door.stream(method, '')
  const answer = new Promise<ServerReflectionResponse>((resolve, reject) => {
    call.once('data', resolve)
    call.once('error', reject)
  })
  call.write({ host: 'h', messageRequest: question })
  call.end()
  return (await answer).messageResponse
}

/** Every service that our protos say there is. */
function services(): string[] {
  const folder = join(import.meta.dirname, '../../proto/vouchsafe')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.proto'),
  )
  return files.flatMap((name) => {
    const text = readFileSync(join(folder, name), 'utf8')
    const [, packageName] = /^package (\S+);/m.exec(text) ?? []
    return [...text.matchAll(/^service (\w+) /gm)].map(([, service]) => `${packageName}.${service}`)
  })
}

test.each(['v1', 'v1alpha'] as const)('%s lists every service of the protos', async (version) => {
  await using door = await grpcDoor()
  const answer = await ask(door, { case: 'listServices', value: '' }, version)
  expect(answer.case).toBe('listServicesResponse')
  const names = answer.case === 'listServicesResponse' ? answer.value.service.map(({ name }) => name) : []
  expect(names.sort()).toEqual(
    [...services(), 'envoy.service.auth.v3.Authorization', 'grpc.health.v1.Health'].sort(),
  )
})

test.each([
  'vouchsafe.v1.DecisionService',
  'vouchsafe.v1.DecisionService.Check',
  'vouchsafe.v1.CheckRequest',
  'vouchsafe.v1.CheckRequest.entitlement',
  'vouchsafe.admin.v1.Effect',
  'vouchsafe.admin.v1.EFFECT_DENY',
  'envoy.service.auth.v3.CheckResponse',
])('the symbol %s comes with everything needed to understand it', async (symbol) => {
  await using door = await grpcDoor()
  const answer = await ask(door, { case: 'fileContainingSymbol', value: symbol })
  if (answer.case !== 'fileDescriptorResponse') throw new Error(`answered ${answer.case}`)
  const file = answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes))
  const set = create(FileDescriptorSetSchema, { file: importsFirst(file) })
  const registry = createFileRegistry(set)
  const known = [...registry].map((each) => each.typeName)
  const type = symbol.replace(/\.(Check|entitlement)$/, '').replace('EFFECT_DENY', 'Effect')
  expect(known).toContain(type)
})

test('a file comes by name, and what is unknown is NOT_FOUND', async () => {
  await using door = await grpcDoor()
  const file = await ask(door, { case: 'fileByFilename', value: 'vouchsafe/v1/decision.proto' })
  expect(file.case).toBe('fileDescriptorResponse')
  for (const question of [
    { case: 'fileByFilename', value: '/etc/passwd' },
    { case: 'fileContainingSymbol', value: '__proto__' },
    { case: 'allExtensionNumbersOfType', value: 'x' },
  ] as const) {
    expect(await ask(door, question)).toMatchObject({ case: 'errorResponse', value: { errorCode: 5 } })
  }
})

function importsFirst(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const ordered = new Set<FileDescriptorProto>()
  const add = (file: FileDescriptorProto): void => {
    for (const name of file.dependency) {
      const imported = files.find((each) => each.name === name)
      if (imported === undefined) throw new Error(`${name} did not come`)
      add(imported)
    }
    ordered.add(file)
  }
  for (const file of files) add(file)
  return [...ordered]
}
