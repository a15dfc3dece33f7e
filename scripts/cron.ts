const FIELDS = [
  { name: "minute", min: 0, max: 59, valueOf: (at: Date) => at.getUTCMinutes() },
  { name: "hour", min: 0, max: 23, valueOf: (at: Date) => at.getUTCHours() },
  { name: "day of month", min: 1, max: 31, valueOf: (at: Date) => at.getUTCDate() },
  { name: "month", min: 1, max: 12, valueOf: (at: Date) => at.getUTCMonth() + 1 },
] as const;

/**
 * Whether a cron expression fires in the UTC minute of `at`. It may use stars, star with a step, numbers and comma lists,
 * with a star as the day of the week; anything else throws, so that no expression is silently never fired.
 */
export function cronMatches(expression: string, at: Date): boolean {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== 5 || parts[4] !== "*") {
    throw new Error(`cron expression "${expression}" is not understood by the local runtime`);
  }
  return FIELDS.every((field, index) => {
    const part = parts[index] ?? "";
    const value = field.valueOf(at);
    const step = /^\*(?:\/([1-9]\d*))?$/.exec(part);
    if (step) return (value - field.min) % Number(step[1] ?? 1) === 0;
    if (!/^\d+(,\d+)*$/.test(part))
      throw new Error(`cron ${field.name} "${part}" is not understood by the local runtime`);
    return part.split(",").some((number) => Number(number) === value);
  });
}
