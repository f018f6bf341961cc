import type { LineCounter, Node, Pair, Range } from 'yaml'
import { isMap, isScalar, isSeq } from 'yaml'

export type Step = string | number

/** "entitlements[3].requires" */
export function pathText(path: readonly Step[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  )
}

export function pathOf(text: string): readonly Step[] {
  return [...text.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index))
}

/** The line of what a path leads to, or of the nearest thing around it. */
export function lineOf(root: Node | null, path: readonly Step[], lines: LineCounter): number {
  let node: Node | null | undefined = root
  let at = offsetOf(root)
  for (const step of path) {
    if (isMap<Node, Node | null>(node)) {
      const pair: Pair<Node, Node | null> | undefined = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === step,
      )
      if (!pair) break
      at = offsetOf(pair.key)
      node = pair.value
    } else if (isSeq<Node>(node)) {
      node = node.items[Number(step)]
      if (!node) break
      at = offsetOf(node)
    } else break
  }
  return lines.linePos(at).line
}

function offsetOf(node: Node | null): number {
  return (node?.range as Range | undefined)?.[0] ?? 0
}
