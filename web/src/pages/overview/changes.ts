import type { Usage, UsagePoint } from "../../../../workers/contract/api/usage.ts";

/** The counts that are compared with the period before. */
export type CountName = "calls" | "errors" | "refused";

/**
 * Compares a count with the period before, both without their last step: the present one has not ended. Null: nothing to
 * compare with.
 */
export function toChange(usage: Usage, before: Usage | undefined, name: CountName): number | null {
  if (!before) return null;
  const [now, then] = [sumCompleteSteps(usage, name), sumCompleteSteps(before, name)];
  return then === 0 ? null : (now - then) / then;
}

function sumCompleteSteps({ series, to, stepMs }: Usage, name: CountName): number {
  const points: UsagePoint[] = series.flatMap((item) => item.points);
  return points.reduce((sum, point) => (point.at < to - stepMs ? sum + point[name] : sum), 0);
}
