/** How accounts are written down, one on a line. */
export const formats = ['ndjson', 'csv'] as const
export type Format = (typeof formats)[number]
