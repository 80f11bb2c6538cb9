/** The day at NASA, whose pictures of the day change at midnight in Washington, as `YYYY-MM-DD`. */
export function apodDay(now: Date): string {
  return dayInWashington.format(now)
}

// This locale writes days as ISO 8601 does.
const dayInWashington = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/New_York' })
