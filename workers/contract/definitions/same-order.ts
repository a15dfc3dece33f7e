/** Most words that an edited order can have which the approved one did not have. */
const MAX_FRESH = 2;
/** Words that change nothing, and those that every order of a kind has. */
const COMMON = new Set(
  (
    "a an and are as at be but by can for from has have if in into is it its of on or so that the their them then there " +
    "these this those to too was were when which while will with you your please also quickly " +
    "ignore disregard forget override previous prior above earlier other all any every instructions instruction prompts " +
    "prompt rules rule tell inform mention notify reveal alert show report user human person important system instruction " +
    "critical hidden secret admin tool tools"
  ).split(" "),
);
const NEGATIONS = new Set(["not", "never", "no", "without", "don't", "don’t", "avoid", "unless"]);

/**
 * Whether an order is one that was approved, with words around it that have changed. It is another one if it has more new
 * words than old ones, or more than two, or one that is a path, an address or a name, or if it has lost a negation.
 */
export function isSameOrder(approved: string, observed: string): boolean {
  const [before, after] = [approved, observed].map(listWords);
  if (!before || !after) return false;
  if ([...before].some((word) => NEGATIONS.has(word) && !after.has(word))) return false;
  const content = [...after].filter(
    (word) => !COMMON.has(word) && !NEGATIONS.has(word) && !/^\d+$/.test(word),
  );
  const fresh = content.filter((word) => !before.has(word));
  return (
    fresh.length <= Math.min(MAX_FRESH, content.length - fresh.length) &&
    !fresh.some((word) => /[^\p{L}\p{M}\d’'-]|\p{L}\d|\d\p{L}/u.test(word))
  );
}

/** Words, with paths, addresses and names of arguments whole. */
function listWords(text: string): Set<string> {
  return new Set(
    (text.toLowerCase().match(/[\p{L}\p{M}\p{N}~_./@:’'-]+/gu) ?? [])
      .map((word) => word.replace(/^[.:’'-]+|[.:’'-]+$/g, ""))
      .filter((word) => word !== ""),
  );
}
