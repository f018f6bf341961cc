import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take longest; by default the largest ones begin, and these would be left over for one core at the end. */
const slow = [
  'stripe/model.pg',
  'audit/doctor.pg',
  'stripe/admin-cli.pg',
  'audit/command.pg',
  'audit/packs.pg',
  'stripe/work-killed-at.pg',
]

export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = slow.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
      return at === -1 ? slow.length : at
    }
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}
