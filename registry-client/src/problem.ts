/** A failure that the person reads as a sentence, without a stack. `exitCode` 2: the command line is wrong. */
export class Problem extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The code of a failed system call, such as `ENOENT`; null: it is another error. */
export function findSystemCode(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : null;
}

/** What an unexpected error says, in a sentence. */
export function toReason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
