/** `1.2.3`, `2025.7.1`, with a pre-release or build part. */
const EXACT = /^v?\d+(?:\.\d+)*(?:[-+.]?[a-z][\w.+-]*|[-+][\w.+-]+)?$/i;

/** Whether a version names one release: no tag, no range. */
export function isExactVersion(version: string | null): boolean {
  return version !== null && EXACT.test(version.trim());
}

/** Whether a version is in `[from, fixed)`. A pre-release counts as its release. Null: from the first one. */
export function isInRange(version: string, from: string | null, fixed: string): boolean {
  return (from === null || compare(version, from) >= 0) && compare(version, fixed) < 0;
}

function compare(a: string, b: string): number {
  const [one, two] = [toNumbers(a), toNumbers(b)];
  for (let i = 0; i < Math.max(one.length, two.length); i++) {
    const difference = (one[i] ?? 0) - (two[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function toNumbers(version: string): number[] {
  const [release = ""] = version
    .trim()
    .replace(/^v/i, "")
    .split(/[-+a-z]/i);
  return release.split(".").map(Number);
}
