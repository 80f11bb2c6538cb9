import { createServer, type Server } from 'node:http'
import type { pictures } from '@sallyport/contracts'
import type { Clock } from '@sallyport/kernel'
import { apodDay } from '../src/apod/apod-day.ts'

/** Stands for NASA where it cannot be reached: answers as its picture of the day does, with a record of today. */
export function createApodStub(clock: Clock): Server {
  return createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const answer = (status: number, body: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (pathname !== '/planetary/apod') answer(404, { error: { code: 'NOT_FOUND' } })
    else if (!searchParams.get('api_key')) answer(403, { error: { code: 'API_KEY_MISSING' } })
    else answer(200, recordOf(apodDay(clock.now())))
  })
}

function recordOf(day: string): pictures.ApodRecord {
  return {
    date: day,
    title: 'A Sky That Nobody Has Photographed',
    explanation: 'This record comes from a stub that stands for NASA.',
    url: 'http://localhost/picture.jpg',
    hdurl: 'http://localhost/large-picture.jpg',
    media_type: 'image',
    service_version: 'v1',
  }
}
