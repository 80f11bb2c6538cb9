import type { ServerResponse } from 'node:http'

/** Files are held in memory while they are judged: so many requests with one are read at once. */
const mostUploads = 4

/** Counts the requests with files that are under way; more than a few would fill the memory. */
export function boundUploads(): { begin(response: ServerResponse): boolean } {
  let underWay = 0
  return {
    begin(response) {
      if (underWay >= mostUploads) return false
      underWay += 1
      response.once('close', () => {
        underWay -= 1
      })
      return true
    },
  }
}
