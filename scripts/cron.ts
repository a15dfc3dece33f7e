const FIELDS = [
  { name: "minute", min: 0, max: 59, valueOf: (at: Date) => at.getUTCMinutes() },
  { name: "hour", min: 0, max: 23, valueOf: (at: Date) => at.getUTCHours() },
  { name: "day of month", min: 1, max: 31, valueOf: (at: Date) => at.getUTCDate() },
  { name: "month", min: 1, max: 12, valueOf: (at: Date) => at.getUTCMonth() + 1 },
] as const;

/**
 * Whether a cron expression fires in the UTC minute of `at`. Supports `*`, `*` with a step, numbers and comma lists;
 * the day of the week must be `*`. Throws on anything else, so that no trigger is silently ignored.
 */
export function matchesCron(expression: string, at: Date): boolean {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== 5 || parts[4] !== "*") {
    throw new Error(`the local runtime does not support the cron expression "${expression}"`);
  }
  return FIELDS.every((field, index) => {
    const part = parts[index] ?? "";
    const value = field.valueOf(at);
    const step = /^\*(?:\/([1-9]\d*))?$/.exec(part);
    if (step) return (value - field.min) % Number(step[1] ?? 1) === 0;
    if (!/^\d+(,\d+)*$/.test(part))
      throw new Error(`the local runtime does not support the cron ${field.name} "${part}"`);
    return part.split(",").some((number) => Number(number) === value);
  });
}
