export interface Page<Item> {
  readonly items: readonly Item[]
  /** The place that the next page begins after, if there is more. */
  readonly next: bigint | undefined
}

/** The page of the rows, of which one more than the limit was read: it tells whether there is a next page. */
export function toPage<Row extends { readonly place: bigint }>(rows: readonly Row[], limit: number): Page<Row> {
  const items = rows.slice(0, limit)
  return { items, next: rows.length > limit ? items.at(-1)?.place : undefined }
}
