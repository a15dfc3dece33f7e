/** The cursor of a page; `key` names the version of the list. */
export function makeCursor(offset: number, key: string): string {
  return btoa(`${offset}.${key}`).replaceAll("=", "");
}

/** The offset of a cursor; null: it is invalid, or of another version of the list. */
export function readCursor(cursor: string, key: string): number | null {
  try {
    const text = atob(cursor);
    const offset = Number(text.slice(0, text.indexOf(".")));
    return text === `${offset}.${key}` && Number.isSafeInteger(offset) && offset > 0
      ? offset
      : null;
  } catch {
    // A client's malformed base64.
    return null;
  }
}
