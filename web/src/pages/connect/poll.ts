/** How often the page asks whether the client has connected: first, and when the person seems to do something else. */
const POLL_MS = { first: 2_000, later: 30_000 };
/** After this many questions, in about five minutes, it asks less often: each keeps the Workspace object in memory. */
const FIRST_POLLS = 150;

/** The time until the page asks again. `asked`: how often it has asked. */
export function toPollMs(asked: number): number {
  return asked < FIRST_POLLS ? POLL_MS.first : POLL_MS.later;
}
