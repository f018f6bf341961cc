import { create, type DescFile, type DescService, type MessageShape, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { type Server, type ServerDuplexStream, status } from '@grpc/grpc-js'
import {
  type ServerReflectionRequest,
  ServerReflectionResponseSchema,
  ServerReflection as V1,
} from '#gen/grpc/reflection/v1/reflection_pb.ts'
import { ServerReflection as V1Alpha } from '#gen/grpc/reflection/v1alpha/reflection_pb.ts'
import type { Decoded } from '#rpc/pipeline.ts'
import { failureStatus } from './failure-status.ts'
import { methodDefinition } from './method-definition.ts'

type Response = MessageShape<typeof ServerReflectionResponseSchema>
type Call = ServerDuplexStream<Decoded, Response>

/** grpc.reflection, v1 and v1alpha (they are the same on the wire), over the generated descriptors. */
export function addReflectionService(
  server: Server,
  services: readonly DescService[],
  draining: AbortSignal,
): void {
  const files = new Map<string, DescFile>()
  for (const service of services) collect(files, service.file)
  const symbols = symbolsOf(files.values())

  function answer(request: ServerReflectionRequest): Response {
    const asked = request.messageRequest
    const base = { validHost: request.host, originalRequest: request }
    const found = (file: DescFile | undefined): Response => {
      if (file === undefined) return failed(base, status.NOT_FOUND, 'Not found.')
      const fileDescriptorProto = withImports(file).map((each) =>
        toBinary(FileDescriptorProtoSchema, each.proto),
      )
      return create(ServerReflectionResponseSchema, {
        ...base,
        messageResponse: { case: 'fileDescriptorResponse', value: { fileDescriptorProto } },
      })
    }
    switch (asked.case) {
      case 'listServices':
        return create(ServerReflectionResponseSchema, {
          ...base,
          messageResponse: {
            case: 'listServicesResponse',
            value: { service: services.map((service) => ({ name: service.typeName })) },
          },
        })
      case 'fileByFilename':
        return found(files.get(asked.value))
      case 'fileContainingSymbol':
        return found(symbols.get(asked.value))
      case 'fileContainingExtension':
      case 'allExtensionNumbersOfType':
        return failed(base, status.NOT_FOUND, 'There are no extensions.')
      default:
        return failed(base, status.INVALID_ARGUMENT, 'Nothing was asked.')
    }
  }

  function serve(call: Call): void {
    const end = (): void => {
      if (!call.writableEnded) call.end()
    }
    call.on('data', (decoded: Decoded) => {
      try {
        if (!call.write(answer(decoded() as ServerReflectionRequest))) call.pause()
      } catch (error) {
        call.emit('error', failureStatus(error))
      }
    })
    call.on('drain', () => call.resume())
    call.on('end', end)
    draining.addEventListener('abort', end, { once: true })
    call.once('close', () => draining.removeEventListener('abort', end))
  }

  const definition = methodDefinition(V1.method.serverReflectionInfo)
  const older = { ...definition, path: methodDefinition(V1Alpha.method.serverReflectionInfo).path }
  server.addService({ serverReflectionInfo: definition }, { serverReflectionInfo: serve })
  server.addService({ serverReflectionInfo: older }, { serverReflectionInfo: serve })
}

function failed(
  base: { readonly validHost: string; readonly originalRequest: ServerReflectionRequest },
  errorCode: number,
  errorMessage: string,
): Response {
  const value = { errorCode, errorMessage }
  return create(ServerReflectionResponseSchema, {
    ...base,
    messageResponse: {
      case: 'errorResponse',
      value: { ...value, $typeName: 'grpc.reflection.v1.ErrorResponse' },
    },
  })
}

function collect(files: Map<string, DescFile>, file: DescFile): void {
  if (files.has(file.proto.name)) return
  files.set(file.proto.name, file)
  for (const dependency of file.dependencies) collect(files, dependency)
}

function withImports(file: DescFile): DescFile[] {
  const files = new Map<string, DescFile>()
  collect(files, file)
  return [...files.values()]
}

/** Full name of each service, method, message, field, oneof, enum, enum value and extension → its file. */
function symbolsOf(files: Iterable<DescFile>): ReadonlyMap<string, DescFile> {
  const symbols = new Map<string, DescFile>()
  for (const file of files) {
    for (const service of file.services) {
      symbols.set(service.typeName, file)
      for (const method of service.methods) symbols.set(`${service.typeName}.${method.name}`, file)
    }
    addTypes(symbols, file, file)
  }
  return symbols
}

function addTypes(
  symbols: Map<string, DescFile>,
  file: DescFile,
  scope: Pick<DescFile, 'messages' | 'enums' | 'extensions'> | DescFile['messages'][number],
): void {
  const nested = 'messages' in scope ? scope.messages : scope.nestedMessages
  const enums = 'enums' in scope ? scope.enums : scope.nestedEnums
  const extensions = 'extensions' in scope ? scope.extensions : scope.nestedExtensions
  for (const each of enums) {
    symbols.set(each.typeName, file)
    const parent = each.typeName.slice(0, each.typeName.lastIndexOf('.') + 1)
    for (const value of each.values) symbols.set(parent + value.name, file)
  }
  for (const each of extensions) symbols.set(each.typeName, file)
  for (const message of nested) {
    symbols.set(message.typeName, file)
    for (const member of [...message.fields, ...message.oneofs]) {
      symbols.set(`${message.typeName}.${member.name}`, file)
    }
    addTypes(symbols, file, message)
  }
}
