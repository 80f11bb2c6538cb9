import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Metrics } from '@sallyport/service'

/** Whether a request asks what the process counts about itself. */
export function asksForMetrics(path: string, { method }: IncomingMessage): boolean {
  return path === '/metrics' && (method === 'GET' || method === 'HEAD')
}

/** `/metrics` is Prometheus text (design §6). */
export async function answerMetrics(response: ServerResponse, metrics: Metrics): Promise<void> {
  const text = await metrics.metrics()
  response.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' })
  response.end(text)
}
