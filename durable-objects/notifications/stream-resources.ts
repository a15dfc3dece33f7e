import { readStored } from "../storage/stored-json.ts";

/** The resources that modern clients' streams are subscribed to, by name of the stream. In SQLite. */
export class StreamResources {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** One row: `limitUris` has limited its size. */
  save(stream: string, uris: string[]): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO stream_resources VALUES (?, ?)",
      stream,
      JSON.stringify(uris),
    );
  }

  list(stream: string): string[] {
    const [row] = this.#sql.exec<{ uris: string }>(
      "SELECT uris FROM stream_resources WHERE stream = ?",
      stream,
    );
    return row ? readStored<string[]>(row.uris) : [];
  }

  /** Deletes those of all streams but these: the end of a stream is not seen here when the object stops. */
  keepOnly(streams: string[]): void {
    this.#sql.exec(
      "DELETE FROM stream_resources WHERE stream NOT IN (SELECT value FROM json_each(?))",
      JSON.stringify(streams),
    );
  }
}
