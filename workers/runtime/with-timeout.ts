/** As `withTimeout`, but null if the value is late. */
export async function orNull<T>(value: Promise<T>, ms: number): Promise<T | null> {
  const found = await withTimeout(value, ms);
  return found === "late" ? null : found;
}

/** The value of a promise, or `late` after `ms`. The promise goes on; its later rejection is ignored. */
export function withTimeout<T>(value: Promise<T>, ms: number): Promise<T | "late"> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve("late"), Math.max(0, ms));
    value.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
