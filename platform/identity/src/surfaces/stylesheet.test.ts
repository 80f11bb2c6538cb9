import { describe, expect, it } from 'vitest'
import { stylesheet } from './stylesheet.ts'

/** The colours by their names, light and dark. */
const [light, dark] = [...stylesheet.matchAll(/:root \{([^}]*)\}/g)].map(([, rules = '']) =>
  Object.fromEntries([...rules.matchAll(/--([\w-]+): (#[0-9a-f]{3,6})/g)].map(([, name, colour]) => [name, colour])),
)

/** The relative luminance of a colour (WCAG 2.2). */
function luminance(colour: string): number {
  const hex = colour.length === 4 ? colour.replaceAll(/[0-9a-f]/g, '$&$&') : colour
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [less = 0, more = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (more + 0.05) / (less + 0.05)
}

describe.each([
  ['light', light],
  ['dark', dark],
])('the colours of a %s page', (_, colours = {}) => {
  it.each([
    ['ink', 'card', 7],
    ['ink', 'paper', 7],
    ['accent', 'card', 4.5],
    ['on-accent', 'accent', 4.5],
    ['muted', 'card', 4.5],
    ['muted', 'paper', 4.5],
    ['accent', 'paper', 4.5],
    ['alarm', 'alarm-paper', 4.5],
    ['alarm', 'card', 4.5],
    ['good', 'good-paper', 4.5],
    ['line', 'card', 3],
    ['line', 'paper', 3],
  ])('let %s be told from %s', (one, other, least) => {
    expect(contrast(colours[one] ?? '', colours[other] ?? '')).toBeGreaterThanOrEqual(least)
  })
})
