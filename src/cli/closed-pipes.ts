/**
 * What happens when the reader of the output goes away, as `| head -1` does and a closing terminal:
 * a command has nobody left to work for and ends; a server goes on.
 */
export function endWithReader(): void {
  process.stdout.on('error', () => process.exit())
  process.stderr.on('error', ignore)
}

export function outliveReaders(): void {
  process.stdout.removeAllListeners('error').on('error', ignore)
}

const ignore = () => {}
