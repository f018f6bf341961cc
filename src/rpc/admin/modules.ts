import { createModule, getModule, listModules, updateModule } from '#admin/modules.ts'
import { ModuleService } from '#gen/vouchsafe/admin/v1/module_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { adminRpcs, fieldsOf, given } from './serve.ts'

export function moduleRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = ModuleService
  const { read, write } = adminRpcs(needs)
  return [
    write(
      method.createModule,
      createModule,
      (asked) => given(asked.module, 'module'),
      (module) => ({ module }),
    ),
    read(
      method.getModule,
      getModule,
      (asked) => asked.module,
      (module) => ({ module }),
    ),
    read(
      method.listModules,
      listModules,
      (asked) => asked,
      ({ items, next_page_token }) => ({ modules: items, next_page_token }),
    ),
    write(
      method.updateModule,
      updateModule,
      (asked) => ({ document: given(asked.module, 'module'), fields: fieldsOf(asked.update_mask) }),
      (module) => ({ module }),
    ),
  ]
}
