import { join, win32 } from "node:path";
import { z } from "zod";
import { readTextFile, replaceFile } from "./files.ts";
import type { Machine } from "./machine.ts";
import { Problem, toReason } from "./problem.ts";

/** A place that this program has written. */
const OwnedPlace = z.object({
  root: z.string(),
  field: z.enum(["id", "name"]).nullable(),
  key: z.string(),
  /** The address of the registry that it is from. */
  registry: z.string(),
  /** The registry's names of the servers that need it. */
  servers: z.array(z.string()),
  /** What the place has, unless it was changed elsewhere. Two, if a run ended in the middle: before and after it. */
  digests: z.array(z.string()),
});
export type OwnedPlace = z.infer<typeof OwnedPlace>;

const State = z.object({
  version: z.literal(1),
  /** `path` is without symbolic links. */
  files: z.array(z.object({ path: z.string(), places: z.array(OwnedPlace) })),
});
type State = z.infer<typeof State>;

/** The folder of this program's own files. */
export function toStateFolder({ system, home, env }: Machine): string {
  const name = "mcpnest-registry-client";
  if (system === "windows")
    return win32.join(env["LOCALAPPDATA"] ?? win32.join(home, "AppData", "Local"), name);
  if (system === "macos") return join(home, "Library", "Application Support", name);
  const base = env["XDG_STATE_HOME"];
  return join(base?.startsWith("/") === true ? base : join(home, ".local", "state"), name);
}

/** What this program has written on this machine, kept in its own file. */
export class StateFile {
  readonly #path: string;
  #state: State;

  private constructor(path: string, state: State) {
    this.#path = path;
    this.#state = state;
  }

  /** Reads it. Throws a `Problem` if it cannot be understood: without it, nothing can be removed safely. */
  static async read(folder: string): Promise<StateFile> {
    const path = join(folder, "state.json");
    try {
      const { text } = await readTextFile(path, null);
      const empty = { version: 1 as const, files: [] };
      return new StateFile(path, text === null ? empty : State.parse(JSON.parse(text)));
    } catch (error) {
      const reason = error instanceof Problem ? error.message : "its content is not as expected";
      if (
        !(error instanceof Problem || error instanceof SyntaxError || error instanceof z.ZodError)
      )
        throw new Problem(`The state file ${path} cannot be read: ${toReason(error)}`);
      throw new Problem(
        `The state file ${path} cannot be used: ${reason}. Restore it, or delete it: then the servers that are written already count as yours.`,
      );
    }
  }

  /** The places of a file that this program has written, of all registries. */
  placesOf(path: string): readonly OwnedPlace[] {
    return this.#state.files.find((file) => file.path === path)?.places ?? [];
  }

  /** Stores the places of a file. */
  async save(path: string, places: OwnedPlace[]): Promise<void> {
    const others = this.#state.files.filter((file) => file.path !== path);
    const files = places.length === 0 ? others : [...others, { path, places }];
    const state = { version: 1 as const, files };
    const file = await readTextFile(this.#path, null);
    const text = `${JSON.stringify(state, null, 2)}\n`;
    if (text !== file.text) await replaceFile(file, text);
    this.#state = state;
  }
}
