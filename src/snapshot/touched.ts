/** What a change touched, for those who watch. */
export type Touched = {
  readonly subjects: Set<string>
  /** More than single subjects: the catalogue, an organization, a grant of one. */
  tenant_wide: boolean
  /** Who was touched last by a right. */
  latest?: string
}
