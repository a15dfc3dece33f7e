import { strToU8, zipSync } from "fflate";
import type { GeneratedServer } from "../../../../../workers/contract/workshop/generated-server.ts";
import { toProjectFiles } from "../../../../../workers/contract/workshop/server-project.ts";

/** The project of a generated server as a zip archive with one folder. The file's name says whether it is proved. */
export function toProjectArchive(generated: GeneratedServer): {
  bytes: Uint8Array<ArrayBuffer>;
  fileName: string;
} {
  const { name } = generated.server;
  const files: Record<string, Uint8Array> = {};
  for (const [path, text] of Object.entries(toProjectFiles(generated)))
    files[`${name}/${path}`] = strToU8(text);
  const bytes = Uint8Array.from(zipSync(files));
  return { bytes, fileName: `${name}${generated.verdict === "passed" ? "" : "-unproved"}.zip` };
}
