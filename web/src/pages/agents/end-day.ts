/** An instant (epoch ms) as the value of a date input, in the user's time zone; null: empty. */
export function toDayText(at: number | null): string {
  // Sweden writes days as the input does.
  return at === null ? "" : new Date(at).toLocaleDateString("sv-SE");
}

/** The last millisecond of the day of a date input, in the user's time zone, epoch ms; null: no day. */
export function toEndOfDay(day: string): number | null {
  return day === "" ? null : new Date(`${day}T23:59:59.999`).getTime();
}
