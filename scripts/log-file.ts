import { appendFile } from "node:fs/promises";

/** A log file. A full disk loses lines and ends nothing; the console says so once, until lines can be written again. */
export class LogFile {
  readonly #path: string;
  #pending = "";
  #isWriting = false;
  #isFailing = false;

  constructor(path: string) {
    this.#path = path;
  }

  write(text: string): void {
    this.#pending += text;
    if (!this.#isWriting) void this.#writePending();
  }

  async #writePending(): Promise<void> {
    this.#isWriting = true;
    while (this.#pending !== "") {
      const text = this.#pending;
      this.#pending = "";
      try {
        await appendFile(this.#path, text, { mode: 0o600 });
        this.#isFailing = false;
      } catch (error) {
        if (!this.#isFailing) console.error(`${this.#path} cannot be written: ${String(error)}`);
        this.#isFailing = true;
      }
    }
    this.#isWriting = false;
  }
}
