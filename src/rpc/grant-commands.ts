import type {
  By,
  GrantAnswer,
  GrantInput,
  ListAnswer,
  ListInput,
  RevokeAnswer,
  RevokeInput,
} from '#admin/grant-types.ts'

/** The admin part's commands for grants, bound to their database. */
export type GrantCommands = {
  readonly grant: (by: By, input: GrantInput) => Promise<GrantAnswer>
  readonly revoke: (by: By, input: RevokeInput) => Promise<RevokeAnswer>
  readonly list: (by: Pick<By, 'tenant' | 'delegate'>, input: ListInput) => Promise<ListAnswer>
}
