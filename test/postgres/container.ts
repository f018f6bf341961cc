/**
 * A Postgres in a container: only where TEST_POSTGRES_IMAGE names an image that the engine already has.
 * Undefined, with the reason told, where that is not so.
 */
export async function startContainer(): Promise<
  { readonly url: string; readonly stop: () => Promise<void> } | undefined
> {
  const image = process.env.TEST_POSTGRES_IMAGE
  if (!image) return undefined
  try {
    const { PostgreSqlContainer } = await import('@testcontainers/postgresql')
    const container = await new PostgreSqlContainer(image).start()
    return {
      url: container.getConnectionUri(),
      stop: async () => {
        await container.stop()
      },
    }
  } catch (error) {
    console.warn(`Container skipped (${String(error)}): the embedded Postgres is used.`)
    return undefined
  }
}
