/** In a report: a reference leads out of the definition, to the address that follows. */
export const OUTSIDE_REFERENCE = "leads to another document at";

/** Why a reference that is found nowhere in its definition is removed, with the origin to which it leads. */
export function describeLostReference(reference: unknown): string {
  const [origin] =
    typeof reference === "string"
      ? (/^[a-z]{2,10}:\/\/[\w.:[\]-]{1,200}(?=[/?#]|$)/i.exec(reference) ?? [])
      : [];
  return origin === undefined
    ? "points to no schema in this definition"
    : `${OUTSIDE_REFERENCE} ${origin}`;
}
